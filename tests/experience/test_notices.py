"""Owners are told once about a new gap and get one digest a week."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from experience.models import Gap, NightlyRun
from experience.services.judge import refresh
from experience.services.notices import send_weekly_digests, tell_owners
from experience.tasks import run_nightly
from surveys.models import BusinessService, Message, User
from tests.experience.scenes import agreed, answered
from tests.factories import NOW

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


def test_a_week_without_gaps_brings_no_mail(db: None) -> None:
    assert send_weekly_digests(monday=TODAY, now=NOW) == 0
