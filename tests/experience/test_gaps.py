"""Gaps open on evidence, close on the estimate, and every step is an event."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from experience.models import Gap, GapEvent, NightlyRun
from experience.services.judge import judge_day, refresh, replay
from surveys.models import BusinessService
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
UNHAPPY, HAPPY = [1] * 20 + [2] * 10 + [4] * 10, [5] * 30 + [4] * 10


@pytest.fixture
def printing() -> BusinessService:
    service = BusinessServiceFactory.create(key="printing")
    agreed(service)
    return service


def test_an_unhappy_service_with_a_green_sla_is_a_confirmed_watermelon(printing: BusinessService) -> None:
    answered(printing, UNHAPPY)

    refresh(now=NOW)

    gap = Gap.objects.get()
    assert (gap.kind, gap.state, gap.lane, gap.opened_on) == ("watermelon", "open", "early", TODAY)
    assert gap.evidence["e_value"] >= 20
    assert (gap.affected_people, gap.user_points > 0) == (40, True)
    assert list(gap.events.values_list("from_state", "to_state")) == [("", "open")]


def test_a_happy_service_has_no_gap(printing: BusinessService) -> None:
    answered(printing, HAPPY)

    refresh(now=NOW)
    judge_day(TODAY, now=NOW)

    assert not Gap.objects.exists()


def test_few_bad_answers_open_nothing(printing: BusinessService) -> None:
    answered(printing, [1, 1, 1, 2, 2, 1, 1])

    refresh(now=NOW)
    judge_day(TODAY, now=NOW)

    assert not Gap.objects.exists()


def test_without_an_sla_it_is_a_blind_spot() -> None:
    service = BusinessServiceFactory.create()
    agreed(service, sla_target=None)
    answered(service, UNHAPPY)

    refresh(now=NOW)

    assert Gap.objects.get().kind == "blind_spot"


def test_a_missed_sla_with_happy_people_reads_over_strict(printing: BusinessService) -> None:
    answered(printing, HAPPY, made_sla=False)

    refresh(now=NOW)
    judge_day(TODAY, now=NOW)

    gap = Gap.objects.get()
    assert (gap.kind, gap.state, gap.is_reading) == ("over_strict", "open", True)


def test_a_missed_sla_with_unhappy_people_reads_red_on_both_until_it_no_longer_does(
    printing: BusinessService,
) -> None:
    answered(printing, UNHAPPY, made_sla=False)
    refresh(now=NOW)
    judge_day(TODAY, now=NOW)
    assert Gap.objects.get().kind == "red_on_both"

    later = NOW + timedelta(days=35)
    judge_day(later.date(), now=later)

    assert Gap.objects.get().state == "closed"


def test_a_day_is_judged_once_and_taken_over_when_its_judge_died(printing: BusinessService) -> None:
    assert judge_day(TODAY, now=NOW)
    assert not judge_day(TODAY, now=NOW)

    NightlyRun.objects.update(finished_at=None)

    assert not judge_day(TODAY, now=NOW + timedelta(minutes=30))
    assert judge_day(TODAY, now=NOW + timedelta(minutes=61))


def test_a_gap_closes_after_two_weekly_evaluations_at_target(printing: BusinessService) -> None:
    for week in range(8):
        monday = datetime.combine(date(2026, 4, 6) + timedelta(weeks=week), time(9), UTC)
        answered(printing, UNHAPPY if week < 3 else HAPPY, resolved_at=monday)
    refresh(now=NOW)
    Gap.objects.all().delete()

    replay(date(2026, 4, 6), TODAY)

    steps = list(GapEvent.objects.values_list("to_state", flat=True))
    assert steps == ["open", "recovered", "closed"]
    assert Gap.objects.get().state == "closed"


def test_a_month_is_closed_once_with_discard_bh(printing: BusinessService) -> None:
    middling = [5] * 9 + [4] * 8 + [3] * 6 + [2] * 3
    answered(printing, middling, resolved_at=NOW.replace(month=5, day=4))
    refresh(now=NOW - timedelta(days=20))
    assert not Gap.objects.exists()

    day = date(2026, 6, 8)
    judge_day(day, now=datetime.combine(day, time(22), UTC))

    assert list(Gap.objects.values_list("lane", flat=True)) == ["close"]
