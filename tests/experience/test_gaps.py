"""Gaps open on evidence, close on the estimate, and every step is an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms
from experience.models import Gap, GapEvent, NightlyRun
from experience.selectors.subjects import Subject
from experience.services.agreements import publish, write_draft
from experience.services.early_lane import early_e_values
from experience.services.evidence import refresh_changed_days
from experience.services.gap_actions import acknowledge_gap, dismiss_gap
from experience.services.judge import judge_day, refresh, replay
from experience.services.starter import starter_terms
from surveys.models import BusinessService, Resolution, Ticket, User
from surveys.services.changes import mark_changed
from tests.experience.scenes import LAST_YEAR, agreed, answered
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


def test_answers_of_a_month_are_never_held_against_the_target_of_the_next(
    printing: BusinessService,
) -> None:
    day = NOW.replace(month=5, day=28)
    subject = Subject(None, printing.pk)
    answered(printing, [4] * 60, resolved_at=day)
    refresh_changed_days(now=NOW)
    before = early_e_values({subject}, as_of=day.date(), now=NOW)
    harder = replace(
        starter_terms(TODAY), indicators=(AgreedIndicator("rating", target=4.8),), weights=(("X", 1.0),)
    )
    publish(write_draft(harder, by=None), by=None, now=NOW)

    assert early_e_values({subject}, as_of=TODAY, now=NOW) == before


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


def test_a_reading_follows_every_result_and_ends_with_the_first_that_no_longer_says_so(
    printing: BusinessService,
) -> None:
    answered(printing, UNHAPPY, made_sla=False)
    refresh(now=NOW)
    judge_day(TODAY, now=NOW)
    people = Gap.objects.get().affected_people

    answered(printing, UNHAPPY, made_sla=False)
    refresh(now=NOW)
    assert Gap.objects.get().affected_people > people

    Ticket.objects.update(made_sla=True)
    mark_changed(set(Resolution.objects.values_list("service_id", "resolved_on")))
    refresh(now=NOW)
    steps = list(GapEvent.objects.values_list("kind", "to_state"))
    assert steps == [("red_on_both", "open"), ("red_on_both", "closed"), ("watermelon", "open")]


def test_a_day_is_judged_once_and_taken_over_when_its_judge_died(printing: BusinessService) -> None:
    assert judge_day(TODAY, now=NOW)
    assert not judge_day(TODAY, now=NOW)

    NightlyRun.objects.update(finished_at=None)

    assert not judge_day(TODAY, now=NOW + timedelta(minutes=30))
    assert judge_day(TODAY, now=NOW + timedelta(minutes=61))


def test_a_day_that_a_wrong_clock_judged_is_judged_again_in_its_time(printing: BusinessService) -> None:
    ahead = NOW + timedelta(days=1)
    judge_day(ahead.date(), now=ahead)

    assert judge_day(ahead.date(), now=ahead - timedelta(hours=8))
    assert not judge_day(ahead.date(), now=ahead - timedelta(hours=7))


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


def test_a_monday_without_a_worker_is_made_up_for_as_of_its_evidence(printing: BusinessService) -> None:
    answered(printing, UNHAPPY, resolved_at=NOW - timedelta(days=20))
    refresh(now=NOW - timedelta(days=1))
    sunday, tuesday = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    judge_day(sunday, now=NOW - timedelta(days=1))
    answered(printing, HAPPY * 5, resolved_at=NOW + timedelta(days=1))

    judge_day(tuesday, now=NOW + timedelta(days=1, hours=12))
    judge_day(tuesday + timedelta(days=1), now=NOW + timedelta(days=2))

    gap = Gap.objects.get()
    assert (gap.state, gap.evaluated_on, gap.weeks_at_target) == ("open", TODAY, 0)


def test_a_gap_that_opened_after_a_missed_monday_is_not_judged_by_it(printing: BusinessService) -> None:
    judge_day(TODAY - timedelta(days=1), now=NOW - timedelta(days=1))
    answered(printing, HAPPY, resolved_at=NOW - timedelta(days=20))
    answered(printing, [1] * 90, resolved_at=NOW + timedelta(days=1))

    judge_day(TODAY + timedelta(days=1), now=NOW + timedelta(days=1, hours=12))

    gap = Gap.objects.get()
    assert (gap.state, gap.evaluated_on) == ("open", None)


def test_a_gap_of_a_retired_service_is_left_unverified_on_the_next_monday(printing: BusinessService) -> None:
    other = BusinessServiceFactory.create()
    for service in (printing, other):
        answered(service, UNHAPPY)
    refresh(now=NOW)
    BusinessService.objects.filter(pk=printing.pk).update(lifecycle=BusinessService.Lifecycle.RETIRED)

    judge_day(TODAY, now=NOW)

    found = Gap.objects.get(service=printing)
    assert (found.state, found.closed_on) == ("unverified", TODAY)
    assert found.events.last().reason.startswith("Nothing watches this any more")
    assert Gap.objects.get(service=other).state == "open"


def test_a_month_is_closed_once_with_discard_bh(printing: BusinessService) -> None:
    middling = [5] * 9 + [4] * 8 + [3] * 6 + [2] * 3
    answered(printing, middling, resolved_at=NOW.replace(month=5, day=4))
    refresh(now=NOW - timedelta(days=20))
    assert not Gap.objects.exists()

    day = date(2026, 6, 8)
    judge_day(day, now=datetime.combine(day, time(22), UTC))

    assert list(Gap.objects.values_list("lane", flat=True)) == ["close"]


def test_a_gap_changes_its_kind_when_the_sla_turned_two_weeks_in_a_row(printing: BusinessService) -> None:
    answered(printing, UNHAPPY)
    refresh(now=NOW)
    answered(printing, UNHAPPY, made_sla=False)
    refresh(now=NOW)

    judge_day(TODAY, now=NOW)
    after_one_week = Gap.objects.get().kind
    judge_day(TODAY + timedelta(days=7), now=NOW + timedelta(days=7))

    assert (after_one_week, Gap.objects.get().kind) == ("watermelon", "red_on_both")
    assert list(GapEvent.objects.values_list("from_state", "to_state", "kind")) == [
        ("", "open", "watermelon"),
        ("open", "open", "red_on_both"),
    ]


def test_what_was_dismissed_opens_again_only_on_new_evidence_after_it_was_at_target(
    printing: BusinessService, owner: User
) -> None:
    first = date(2026, 3, 2)
    for week in range(13):
        monday = datetime.combine(first + timedelta(weeks=week), time(9), UTC)
        answered(printing, UNHAPPY[::2] if week < 5 or week > 9 else HAPPY[::2], resolved_at=monday)
    refresh_changed_days(now=NOW)

    replay(first, first + timedelta(weeks=2))
    dismiss_gap(Gap.objects.get(), by=owner, reason="One team moved house", now=NOW)
    replay(first + timedelta(weeks=2, days=1), first + timedelta(weeks=5))
    while_it_went_on = list(Gap.objects.values_list("state", flat=True))
    replay(first + timedelta(weeks=5, days=1), first + timedelta(weeks=13))

    assert while_it_went_on == ["dismissed"]
    assert list(Gap.objects.order_by("pk").values_list("state", flat=True)) == ["closed", "open"]


def test_an_over_strict_sla_that_somebody_took_in_hand_ends_when_the_sla_is_met(
    printing: BusinessService, owner: User
) -> None:
    answered(printing, HAPPY, made_sla=False)
    refresh(now=NOW)
    judge_day(TODAY, now=NOW)
    acknowledge_gap(Gap.objects.get(), by=owner, now=NOW)

    judge_day(TODAY + timedelta(days=7), now=NOW + timedelta(days=7))
    while_missed = Gap.objects.get().state
    answered(printing, HAPPY * 6, resolved_at=NOW)
    refresh(now=NOW + timedelta(days=8))
    judge_day(TODAY + timedelta(days=14), now=NOW + timedelta(days=14))

    assert (while_missed, Gap.objects.get().state) == ("acknowledged", "closed")


def test_an_over_strict_sla_that_somebody_dismissed_is_not_raised_again_while_it_is_missed(
    printing: BusinessService, owner: User
) -> None:
    answered(printing, HAPPY, made_sla=False)
    refresh(now=NOW)
    judge_day(TODAY, now=NOW)
    dismiss_gap(Gap.objects.get(), by=owner, reason="We renegotiate it", now=NOW)
    answered(printing, [3] * 15, made_sla=False)
    refresh(now=NOW)

    judge_day(TODAY + timedelta(days=7), now=NOW + timedelta(days=7))

    assert list(Gap.objects.values_list("kind", "state")) == [("over_strict", "dismissed")]


def test_extra_agreements_are_a_family_of_their_own_when_a_month_closes(printing: BusinessService) -> None:
    terms = AgreementTerms(
        key="oslo",
        name="Oslo",
        valid_from=LAST_YEAR,
        ambition="Oslo works.",
        is_primary=False,
        services=(printing.key,),
        weights=(("X", 1.0),),
        indicators=(AgreedIndicator("rating"),),
    )
    publish(write_draft(terms, by=None), by=None, now=NOW)
    answered(printing, [5] * 9 + [4] * 8 + [3] * 6 + [2] * 3, resolved_at=NOW.replace(month=5, day=4))
    refresh(now=NOW - timedelta(days=20))

    day = date(2026, 6, 8)
    judge_day(day, now=datetime.combine(day, time(22), UTC))

    found = Gap.objects.values_list("agreement__key", "service__key", "lane", "state")
    assert set(found) == {
        (None, "printing", "close", "open"),
        ("oslo", "printing", "close", "open"),
    }
