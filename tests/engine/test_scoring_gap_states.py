"""The life of a gap, step by step."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from experience.engine.gap_states import (
    Evidence,
    Gap,
    GapKind,
    GapState,
    Lane,
    acknowledge,
    dismiss,
    period_closed,
    refresh,
    weekly,
)
from experience.engine.sla import Sla

MONDAY = date(2024, 3, 4)
BAD = Evidence(today=MONDAY, sla=Sla.GREEN, score=60.0, n_effective=25.0)
PROVEN = replace(BAD, e_value=20.0)
SUSPECT = Gap(GapKind.WATERMELON, GapState.SUSPECTED, MONDAY)
OPEN = Gap(GapKind.WATERMELON, GapState.OPEN, MONDAY, opened_on=MONDAY, lane=Lane.EARLY)


def evaluated(gap: Gap, weeks: int, closing_score: float | None, sla: Sla = Sla.GREEN) -> Gap:
    """Return the gap after its weekly evaluation so many weeks after it opened."""
    evidence = replace(BAD, today=MONDAY + timedelta(weeks=weeks), sla=sla)
    found = weekly(gap, evidence, p_below=0.01, closing_score=closing_score)
    assert found is not None
    return found


def test_an_e_value_of_twenty_opens_a_watermelon_at_once() -> None:
    assert refresh(None, PROVEN) == OPEN


def test_a_discovery_at_period_close_opens_one() -> None:
    found = refresh(None, replace(BAD, discovered=True))

    assert found == replace(OPEN, lane=Lane.CLOSE)


@pytest.mark.parametrize(
    "lack",
    [
        {"e_value": 19.99},
        {"e_value": None},
        {"n_effective": 9.9},
        {"score": 65.1},
        {"score": None},
        {"sla": Sla.AMBER},
        {"sla": Sla.RED},
        {"sla": Sla.UNKNOWN},
    ],
    ids=lambda lack: "-".join(f"{k}={v}" for k, v in lack.items()),
)
def test_nothing_opens_without(lack: dict[str, object]) -> None:
    assert refresh(None, replace(PROVEN, **lack)) is None


def test_without_an_sla_a_blind_spot_opens() -> None:
    found = refresh(None, replace(PROVEN, sla=Sla.NONE))

    assert found is not None
    assert found.kind is GapKind.BLIND_SPOT


def test_a_suspicion_that_is_confirmed_keeps_its_first_day() -> None:
    later = MONDAY + timedelta(days=9)

    found = refresh(SUSPECT, replace(PROVEN, today=later))

    assert found == replace(OPEN, first_seen_on=MONDAY, opened_on=later)


@pytest.mark.parametrize("state", [GapState.CLOSED, GapState.UNVERIFIED])
def test_a_finished_gap_gives_way_to_a_new_one(state: GapState) -> None:
    later = MONDAY + timedelta(days=60)

    found = refresh(replace(OPEN, state=state), replace(PROVEN, today=later))

    assert found == replace(OPEN, first_seen_on=later, opened_on=later)


def test_a_dismissed_gap_is_not_raised_again_while_it_lasts() -> None:
    dismissed = dismiss(OPEN)

    assert refresh(dismissed, PROVEN) == dismissed
    assert evaluated(dismissed, 1, 60.0).state is GapState.DISMISSED


def test_a_dismissed_gap_ends_once_the_service_is_back_at_target() -> None:
    dismissed = dismiss(OPEN)

    once = evaluated(dismissed, 1, 71.0)
    twice = evaluated(once, 2, 71.0)

    assert (once.state, twice.state) == (GapState.DISMISSED, GapState.CLOSED)


def test_a_low_weekly_p_value_is_only_a_suspicion() -> None:
    assert weekly(None, BAD, p_below=0.049, closing_score=60.0) == SUSPECT


@pytest.mark.parametrize(
    ("change", "p"),
    [
        ({}, 0.05),
        ({}, None),
        ({"score": 66.0}, 0.01),
        ({"sla": Sla.AMBER}, 0.01),
        ({"n_effective": 9.0}, 0.01),
    ],
    ids=["p", "no p", "small gap", "SLA amber", "few answers"],
)
def test_nothing_is_suspected_without(change: dict[str, object], p: float | None) -> None:
    assert weekly(None, replace(BAD, **change), p_below=p, closing_score=60.0) is None


def test_a_suspicion_that_passes_is_closed_without_having_opened() -> None:
    found = weekly(SUSPECT, BAD, p_below=0.2, closing_score=60.0)

    assert found == replace(SUSPECT, state=GapState.CLOSED)


def test_a_lasting_suspicion_stays_one() -> None:
    assert weekly(SUSPECT, BAD, p_below=0.01, closing_score=60.0) == SUSPECT


def test_two_weeks_at_target_close_a_gap() -> None:
    once = evaluated(OPEN, 1, 70.0)
    twice = evaluated(once, 2, 70.0)

    assert (once.state, twice.state) == (GapState.RECOVERED, GapState.CLOSED)


def test_one_week_below_target_starts_the_count_again() -> None:
    gap = evaluated(evaluated(evaluated(OPEN, 1, 75.0), 2, 69.9), 3, 75.0)

    assert gap.state is GapState.RECOVERED


def test_a_week_without_answers_leaves_recovery_where_it_was() -> None:
    gap = evaluated(evaluated(evaluated(OPEN, 1, 75.0), 2, None), 3, 75.0)

    assert gap.state is GapState.CLOSED


def test_a_failed_recovery_returns_to_who_had_it_in_hand() -> None:
    in_hand = acknowledge(OPEN)

    back = evaluated(evaluated(in_hand, 1, 75.0), 2, 60.0)

    assert back.state is GapState.ACKNOWLEDGED


def test_a_failed_recovery_of_a_new_gap_is_open_again() -> None:
    assert evaluated(evaluated(OPEN, 1, 75.0), 2, 60.0).state is GapState.OPEN


def test_a_gap_stays_open_for_five_working_days() -> None:
    opened_on = MONDAY + timedelta(
        days=9
    )  # a Wednesday: the second evaluation comes after three working days
    gap = replace(OPEN, opened_on=opened_on, weeks_at_target=1)

    early = evaluated(gap, 2, 75.0)
    later = evaluated(early, 3, 75.0)

    assert (early.state, later.state) == (GapState.RECOVERED, GapState.CLOSED)


def test_five_working_days_are_enough() -> None:
    assert evaluated(replace(OPEN, weeks_at_target=1), 1, 75.0).state is GapState.CLOSED


def test_ten_effective_answers_are_enough() -> None:
    found = refresh(None, replace(PROVEN, n_effective=10.0))

    assert found is not None
    assert found.state is GapState.OPEN


def test_two_weeks_of_a_red_sla_make_it_red_on_both() -> None:
    once = evaluated(OPEN, 1, 60.0, Sla.RED)
    twice = evaluated(once, 2, 60.0, Sla.RED)

    assert (once.kind, twice.kind) == (GapKind.WATERMELON, GapKind.RED_ON_BOTH)


@pytest.mark.parametrize("between", [Sla.AMBER, Sla.GREEN])
def test_the_two_red_weeks_must_follow_each_other(between: Sla) -> None:
    gap = evaluated(evaluated(evaluated(OPEN, 1, 60.0, Sla.RED), 2, 60.0, between), 3, 60.0, Sla.RED)

    assert gap.kind is GapKind.WATERMELON


def test_an_sla_green_again_for_two_weeks_makes_it_a_watermelon_again() -> None:
    red = replace(OPEN, kind=GapKind.RED_ON_BOTH)

    gap = evaluated(evaluated(red, 1, 60.0), 2, 60.0)

    assert gap.kind is GapKind.WATERMELON


def test_an_amber_sla_keeps_an_open_gap() -> None:
    assert evaluated(OPEN, 1, 60.0, Sla.AMBER) == OPEN


def test_two_periods_with_few_answers_leave_it_unverified() -> None:
    once = period_closed(OPEN, new_answers=4)
    twice = period_closed(once, new_answers=0)

    assert (once.state, twice.state) == (GapState.OPEN, GapState.UNVERIFIED)


def test_five_answers_in_a_period_start_the_count_again() -> None:
    gap = period_closed(period_closed(period_closed(OPEN, new_answers=4), new_answers=5), new_answers=4)

    assert gap.state is GapState.OPEN


def test_a_dismissed_gap_is_not_lost_to_thin_periods() -> None:
    dismissed = replace(OPEN, state=GapState.DISMISSED)

    assert period_closed(period_closed(dismissed, new_answers=0), new_answers=0) == dismissed


def test_a_closed_gap_stays_closed_at_period_end() -> None:
    closed = replace(OPEN, state=GapState.CLOSED, thin_periods=1)

    assert period_closed(closed, new_answers=0) == closed


@pytest.mark.parametrize("state", [GapState.SUSPECTED, GapState.CLOSED, GapState.ACKNOWLEDGED])
def test_only_a_new_gap_is_taken_in_hand(state: GapState) -> None:
    with pytest.raises(ValueError, match="Only a new gap"):
        acknowledge(replace(OPEN, state=state))


@pytest.mark.parametrize("state", [GapState.CLOSED, GapState.DISMISSED, GapState.UNVERIFIED])
def test_a_gap_that_is_over_cannot_be_dismissed(state: GapState) -> None:
    with pytest.raises(ValueError, match="nothing to dismiss"):
        dismiss(replace(OPEN, state=state))
