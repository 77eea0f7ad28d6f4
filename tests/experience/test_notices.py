"""Owners are told once about a new gap and get one digest a week."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from experience.models import Gap, NightlyRun
from experience.services.judge import refresh
from experience.services.notices import send_weekly_digests, tell_owners
from experience.tasks import run_nightly
from surveys.models import BusinessService, Message, User
from tests.experience.factories import gap as gap_of
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
UNHAPPY = [1] * 20 + [2] * 10 + [4] * 10


@pytest.fixture
def watermelon(service: BusinessService) -> Gap:
    from surveys.services.default_survey import create_default_survey

    service.survey = create_default_survey(now=NOW).survey
    service.save()
    agreed(service)
    answered(service, UNHAPPY)
    refresh(now=NOW)
    return Gap.objects.get()


def test_owner_and_team_are_told_once_and_nobody_else(
    watermelon: Gap, owner: User, teammate: User, stranger: User
) -> None:
    tell_owners(today=TODAY, now=NOW)
    tell_owners(today=TODAY, now=NOW + timedelta(hours=1))

    mails = Message.objects.filter(kind="notice")
    assert {mail.recipient for mail in mails} == {owner.email, teammate.email}
    assert mails.count() == 2


def test_the_mail_says_what_and_where(watermelon: Gap) -> None:
    tell_owners(today=TODAY, now=NOW)

    mail = Message.objects.filter(kind="notice").first()
    assert mail is not None
    assert mail.subject == "Watermelon: E-mail"
    assert "SLA met, users unhappy." in mail.text
    assert "Users rate it 2.0 of 5" in mail.text
    assert "/services/e-mail/" in mail.text
    assert "/services/e-mail/" in mail.html


def test_a_gap_from_a_loaded_history_is_no_news(watermelon: Gap) -> None:
    Gap.objects.update(opened_on=TODAY - timedelta(days=10))

    assert tell_owners(today=TODAY, now=NOW) == 0
    assert not Message.objects.filter(kind="notice").exists()


def test_a_fragile_gap_is_shown_and_not_mailed(watermelon: Gap) -> None:
    m = watermelon.last_measurement
    assert m is not None
    m.results["tipping_point"] = 0.1
    m.save()

    assert tell_owners(today=TODAY, now=NOW) == 0


def test_a_fragile_gap_stands_in_no_digest(watermelon: Gap) -> None:
    m = watermelon.last_measurement
    assert m is not None
    m.results["tipping_point"] = 0.1
    m.save()

    assert send_weekly_digests(monday=TODAY, now=NOW) == 0


def test_a_gap_that_other_answers_than_the_rating_make_is_mailed(watermelon: Gap) -> None:
    m = watermelon.last_measurement
    assert m is not None
    m.results["tipping_point"] = -0.1
    m.save()

    assert tell_owners(today=TODAY, now=NOW) == 2


def test_a_mail_warns_where_those_who_answer_are_unlike_the_others(watermelon: Gap) -> None:
    Gap.objects.update(explanation={**watermelon.explanation, "representativity": 0.7})

    tell_owners(today=TODAY, now=NOW)

    assert "(representativity 0.70 of 1;" in Message.objects.filter(kind="notice")[0].text


def test_a_suspicion_is_not_mailed(watermelon: Gap) -> None:
    Gap.objects.update(state="suspected", lane="", opened_on=None)

    assert tell_owners(today=TODAY, now=NOW) == 0


def test_one_digest_a_week_for_each_owner_with_something_to_look_at(
    watermelon: Gap, owner: User, teammate: User, stranger: User
) -> None:
    assert send_weekly_digests(monday=TODAY, now=NOW) == 2
    assert send_weekly_digests(monday=TODAY, now=NOW) == 0

    mail = Message.objects.get(recipient=owner.email)
    assert mail.subject == "Your services in week 2026-W22: 1 to look at"
    assert "Watermelon, New" in mail.text


def test_what_happened_on_a_monday_stands_in_one_digest(watermelon: Gap, owner: User) -> None:
    watermelon.state, watermelon.closed_on = Gap.State.CLOSED, TODAY
    watermelon.save()

    digests = [send_weekly_digests(monday=TODAY + timedelta(weeks=week), now=NOW) for week in (0, 1)]

    assert digests == [2, 0]


@time_machine.travel(NOW, tick=False)
def test_the_digest_waits_until_its_monday_is_judged(watermelon: Gap) -> None:
    NightlyRun.objects.create(day=TODAY, started_at=NOW)  # somebody else is at it

    run_nightly()
    assert not Message.objects.filter(subject__startswith="Your services").exists()

    NightlyRun.objects.update(finished_at=NOW)
    run_nightly()
    assert Message.objects.filter(subject__startswith="Your services").count() == 2


def digests() -> list[str]:
    """Return the weeks of the digests put into the outbox so far, in order."""
    subjects = Message.objects.filter(subject__startswith="Your services").order_by("pk")
    return sorted({subject.split()[4].rstrip(":") for subject in subjects.values_list("subject", flat=True)})


def night_of(day: date) -> None:
    """Let the nightly run of a day happen at noon."""
    with time_machine.travel(datetime.combine(day, time(12), UTC), tick=False):
        run_nightly()


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        (1, ["2026-W22"]),  # Monday alone
        (6, ["2026-W22"]),  # until Sunday
        (9, ["2026-W23"]),  # over a second Monday
    ],
)
def test_a_missed_digest_is_sent_late_once_and_the_newest_alone(
    watermelon: Gap, down: int, expected: list[str]
) -> None:
    assert TODAY.weekday() == 0
    night_of(TODAY - timedelta(days=1))

    back = TODAY + timedelta(days=down)
    night_of(back)
    night_of(back)

    assert digests() == expected


def test_who_has_a_gap_only_since_the_late_digest_waits_for_the_next(
    watermelon: Gap, owner: User, stranger: User
) -> None:
    night_of(TODAY - timedelta(days=1))
    night_of(TODAY + timedelta(days=1))
    theirs = BusinessServiceFactory.create(owner=stranger)
    gap_of(theirs)

    night_of(TODAY + timedelta(days=2))

    assert not Message.objects.filter(subject__startswith="Your services", recipient=stranger.email).exists()


@pytest.mark.parametrize("nights", [[], [-1, 0]])
def test_a_monday_that_nobody_missed_brings_no_late_digest(watermelon: Gap, nights: list[int]) -> None:
    for night in nights:
        NightlyRun.objects.create(
            day=TODAY + timedelta(days=night), started_at=NOW, finished_at=NOW
        )  # as after loading a history

    night_of(TODAY + timedelta(days=1))

    assert digests() == []


def test_a_week_without_gaps_brings_no_mail(db: None) -> None:
    assert send_weekly_digests(monday=TODAY, now=NOW) == 0
