"""Writes who and what is in the demo: users, services with aliases and SLAs, and the survey with its rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from experience.demo.moving import FIRST_DENSE_DAY, FIRST_SOUND_DAY, move_to
from experience.demo.story import (
    HOUR_COST,
    PEOPLE,
    SAMPLE_NOTE,
    SAMPLES,
    SOURCE,
    Sample,
    SignIn,
    sample_of_category,
)
from experience.demo.tickets import service_name
from experience.models import Sla
from surveys.models import (
    BusinessService,
    FollowUpReceiver,
    SendingRule,
    ServiceAlias,
    ServiceUserCount,
    Survey,
    SurveyVersion,
    User,
)
from surveys.services.default_survey import create_default_survey

# This desk asks more often than the default does: a week of rest, and a third of those who rest.
REST_DAYS = 7
RESTING_SHARE = 0.30
RESTING_SHARE_AFTER_FAILURE = 0.60
QUARTER_CAP = 12
RULE_NUMBER = 2
# The log's people live nowhere, and whoever starts the demo at night wants to see its mail.
AT_ALL_HOURS = {
    "counts_working_time": False,
    "quiet_from": None,
    "quiet_until": None,
    "survey_rest_days": 0,
    "extra_rest_days": 0,
}
# Hears when somebody answers that it was not solved.
DESK = {"name": "IT Service Desk", "email": "service-desk@example.test"}


def first_sound_day(now: datetime) -> date:
    """Return the first day, moved, from which on the log's SLA flags can be believed."""
    return FIRST_SOUND_DAY + move_to(now.date())


def write_catalogue(categories: Iterable[str], *, now: datetime) -> None:
    """Create what is missing of the demo's users, desk, survey, services, aliases, SLAs and user counts."""
    FollowUpReceiver.objects.get_or_create(assignment_group="", defaults=DESK)
    users = {person.username: _user(person) for person in PEOPLE}
    version = _survey(now)
    services = {sample.key: _service(sample, users, version) for sample in SAMPLES}
    for sample in SAMPLES:
        if sample.sla_target is not None:
            Sla.objects.get_or_create(
                service=services[sample.key],
                valid_from=first_sound_day(now),
                defaults={"target_share": sample.sla_target},
            )
        ServiceUserCount.objects.get_or_create(
            service=services[sample.key],
            valid_from=FIRST_DENSE_DAY + move_to(now.date()),
            defaults={"user_count": sample.user_count},
        )
    for category in sorted(set(categories)):
        ServiceAlias.objects.get_or_create(
            source=SOURCE,
            name=service_name(category),
            defaults={"service": services[sample_of_category(category).key]},
        )


def _user(person: SignIn) -> User:
    user, is_new = User.objects.get_or_create(
        username=person.username, defaults={"first_name": person.name, "role": person.role}
    )
    if is_new:
        user.set_password(person.password or None)
        user.save()
    return user


def _survey(now: datetime) -> SurveyVersion:
    version = create_default_survey(now=now)
    write_rule(version.survey, now)
    return version


def write_rule(survey: Survey, now: datetime) -> None:
    """Create the rule by which the demo's desk asks, where it is missing."""
    SendingRule.objects.get_or_create(
        survey=survey,
        number=RULE_NUMBER,
        defaults={
            "created_at": now,
            **AT_ALL_HOURS,
            "rest_days": REST_DAYS,
            "resting_share": RESTING_SHARE,
            "resting_share_after_failure": RESTING_SHARE_AFTER_FAILURE,
            "quarter_cap": QUARTER_CAP,
        },
    )


def _service(sample: Sample, users: dict[str, User], version: SurveyVersion) -> BusinessService:
    return BusinessService.objects.get_or_create(
        key=sample.key,
        defaults={
            "name": sample.name,
            "description": SAMPLE_NOTE,
            "value_stream": sample.value_stream,
            "owner": users[sample.owner.username],
            "supplier": sample.supplier,
            "survey": version.survey,
            "hour_cost": HOUR_COST,
            "is_sample": True,
        },
    )[0]
