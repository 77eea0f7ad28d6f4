"""How each survey asks now, in the shape the pure rules take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.utils.timezone import get_default_timezone

from surveys.engine.eligibility import Reason, Rule
from surveys.engine.working_time import (
    QuietHours,
    Timing,
    WorkingWeek,
    after_working_days,
    survey_due_at,
    when_not_quiet,
)
from surveys.engine.zones import named_zone
from surveys.models import BusinessService, Person, SamplingShare, SendingRule, Survey, SurveyVersion, Ticket

# Reminding on the last day would hurry people more than it helps them.
LEAST_TIME_AFTER_REMINDER = timedelta(days=1)
LEAST_TIME_OPEN = timedelta(days=1)
MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True)
class Plan:
    """How a survey asks: one of its versions by one of its sending rules."""

    version: SurveyVersion
    sending: SendingRule
    rule: Rule
    timing: Timing
    week: WorkingWeek

    def due_at(self, resolved_at: datetime, *, kind: str, zone: ZoneInfo) -> datetime:
        """Return when the survey about a ticket of this kind is due."""
        is_request = kind == Ticket.Kind.REQUEST
        return survey_due_at(resolved_at, is_request=is_request, timing=self.timing, zone=zone)

    def closes_at(self, due_at: datetime, resolved_at: datetime, *, maturity: timedelta) -> datetime:
        """Return when the survey closes: never after the results of the day of resolution are final."""
        closes_at = min(due_at + timedelta(days=self.version.open_days), resolved_at + maturity)
        return max(closes_at, due_at + LEAST_TIME_OPEN)

    def remind_at(self, due_at: datetime, closes_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when to remind, or None when no reminder is wanted or too little time would be left."""
        if not self.version.reminder_days:
            return None
        moment = after_working_days(due_at, self.version.reminder_days, self.week, zone)
        moment = when_not_quiet(moment, self.timing.quiet, zone)
        return moment if moment + LEAST_TIME_AFTER_REMINDER <= closes_at else None


def days_until_closed(delay_minutes: int, open_days: int) -> int:
    """Return how many days after a resolution its survey may still be open; XLA_MATURITY_DAYS limits it."""
    return ceil(delay_minutes / MINUTES_PER_DAY) + open_days


def plans_in_force(surveys: Iterable[Survey]) -> dict[int, Plan]:
    """Return by survey how it asks now: its newest published version by its newest rule."""
    newest = {version.survey_id: version for version in SurveyVersion.objects.published()}
    rules = {rule.survey_id: rule for rule in SendingRule.objects.order_by("number")}
    usable = [survey.pk for survey in surveys if survey.pk in newest and survey.pk in rules]
    return {key: plan(newest[key], rules[key]) for key in usable}


def plan(version: SurveyVersion, sending: SendingRule) -> Plan:
    """Return how a version asks by a rule, stored or not."""
    week = _week(sending)
    timing = Timing(
        delay=timedelta(minutes=sending.delay_minutes),
        week=week if sending.counts_working_time else None,
        requests_wait_for_morning=sending.requests_wait_for_morning,
        quiet=quiet_hours(sending),
    )
    return Plan(version, sending, _rule(sending), timing, week)


def quiet_hours(sending: SendingRule) -> QuietHours | None:
    """Return the hours in which the rule mails nobody."""
    if sending.quiet_from is None or sending.quiet_until is None:
        return None
    return QuietHours(sending.quiet_from, sending.quiet_until)


def zone_of(person: Person | None, service: BusinessService) -> ZoneInfo:
    """Return the time zone a person lives by: their own, else the service's, else the organisation's."""
    own = named_zone(person.time_zone) if person else None
    return own or named_zone(service.time_zone) or ZoneInfo(str(get_default_timezone()))


def service_shares() -> dict[int, float]:
    """Return by service the share of resolutions to ask about, where one is set."""
    return dict(SamplingShare.objects.values_list("service_id", "share"))


def _week(sending: SendingRule) -> WorkingWeek:
    days = frozenset(int(digit) for digit in sending.working_days)
    return WorkingWeek(days, sending.works_from, sending.works_until)


def _rule(sending: SendingRule) -> Rule:
    return Rule(
        rest=timedelta(days=sending.rest_days),
        survey_rest=timedelta(days=sending.survey_rest_days),
        extra_rest=timedelta(days=sending.extra_rest_days),
        share=sending.share,
        resting_share=sending.resting_share,
        resting_share_after_failure=sending.resting_share_after_failure,
        quarter_cap=sending.quarter_cap,
        siblings_asked=sending.siblings_asked,
        kinds=frozenset(sending.kinds),
        groups=_folded(sending.groups),
        groups_left_out=_folded(sending.groups_left_out),
        automatic_codes=tuple(sending.automatic_codes),
        automatic_resolvers=_folded(sending.automatic_resolvers),
        duplicate_codes=tuple(sending.duplicate_codes),
        order=tuple(Reason(name) for name in sending.exclusion_order),
    )


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)
