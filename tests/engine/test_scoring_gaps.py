"""Tests for gaps: what the SLA says, what people say, and what both say together."""

import numpy as np
import pytest

from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import (
    Experience,
    Severity,
    Verdict,
    classify,
    discard_bh,
    e_value,
    experience_state,
    has_interval,
    log_e_value,
    severity,
)
from experience.engine.sla import Sla, attainment, sla_status

STARS = (0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    ("attained", "target", "status"),
    [
        (0.95, 0.95, Sla.GREEN),
        (0.9499, 0.95, Sla.AMBER),
        (0.92, 0.95, Sla.AMBER),
        (0.9199, 0.95, Sla.RED),
        (None, 0.95, Sla.UNKNOWN),
        (0.99, None, Sla.NONE),
        (None, None, Sla.NONE),
    ],
)
def test_the_sla_is_green_at_target_and_amber_three_points_below(
    attained: float | None, target: float | None, status: Sla
) -> None:
    assert sla_status(attained, target) is status


def test_no_closed_tickets_have_no_attainment() -> None:
    assert attainment(0, 0) is None
    assert attainment(19, 20) == 0.95


@pytest.mark.parametrize(
    ("score", "p", "n", "people", "state"),
    [
        (None, None, 0.0, 0, Experience.MISSING),
        (40.0, 0.001, 12.0, 4, Experience.HIDDEN),
        (40.0, 0.001, 9.9, 9, Experience.COLLECTING),
        (40.0, 0.001, 10.0, 10, Experience.LIKELY_RED),
        (65.0, 0.049, 300.0, 300, Experience.LIKELY_RED),
        (65.1, 0.001, 300.0, 300, Experience.LEAN_RED),
        (60.0, 0.05, 30.0, 30, Experience.LEAN_RED),
        (69.9, 0.5, 30.0, 30, Experience.LEAN_RED),
        (70.0, 0.5, 30.0, 30, Experience.LEAN_GREEN),
        (80.0, 0.94, 30.0, 30, Experience.LEAN_GREEN),
        (80.0, 0.951, 30.0, 30, Experience.LIKELY_GREEN),
    ],
)
def test_only_proof_makes_a_likely_state(
    score: float | None, p: float | None, n: float, people: int, state: Experience
) -> None:
    assert experience_state(score, p, n_effective=n, respondents=people) is state


def test_an_interval_is_shown_from_eight_answers() -> None:
    assert [has_interval(n) for n in (7.9, 8.0)] == [False, True]


LIKELY_RED, LEAN_RED = Experience.LIKELY_RED, Experience.LEAN_RED
LEAN_GREEN, LIKELY_GREEN = Experience.LEAN_GREEN, Experience.LIKELY_GREEN
COLLECTING = Experience.COLLECTING

# (SLA, experience, gap): gap is "open", "suspected" or None.
VERDICTS = {
    (Sla.GREEN, LIKELY_RED, "open"): Verdict.WATERMELON,
    (Sla.GREEN, LEAN_GREEN, "open"): Verdict.WATERMELON,
    (Sla.GREEN, COLLECTING, "open"): Verdict.WATERMELON,
    (Sla.GREEN, LIKELY_RED, None): Verdict.POSSIBLE_WATERMELON,
    (Sla.GREEN, LEAN_RED, "suspected"): Verdict.POSSIBLE_WATERMELON,
    (Sla.GREEN, LEAN_RED, None): Verdict.UNCLEAR,
    (Sla.GREEN, LEAN_GREEN, None): Verdict.HEALTHY,
    (Sla.GREEN, LEAN_GREEN, "suspected"): Verdict.HEALTHY,
    (Sla.GREEN, LIKELY_GREEN, None): Verdict.HEALTHY,
    (Sla.GREEN, COLLECTING, None): Verdict.TOO_FEW_ANSWERS,
    (Sla.GREEN, Experience.HIDDEN, None): Verdict.TOO_FEW_ANSWERS,
    (Sla.GREEN, Experience.MISSING, None): Verdict.TOO_FEW_ANSWERS,
    (Sla.AMBER, LIKELY_RED, "open"): Verdict.WATERMELON,
    (Sla.AMBER, LIKELY_RED, None): Verdict.UNCLEAR,
    (Sla.AMBER, LEAN_RED, None): Verdict.UNCLEAR,
    (Sla.AMBER, LIKELY_GREEN, None): Verdict.HEALTHY,
    (Sla.RED, LIKELY_RED, "open"): Verdict.RED_ON_BOTH,
    (Sla.RED, LIKELY_RED, None): Verdict.RED_ON_BOTH,
    (Sla.RED, LEAN_RED, None): Verdict.UNCLEAR,
    (Sla.RED, LEAN_GREEN, None): Verdict.UNCLEAR,
    (Sla.RED, LIKELY_GREEN, None): Verdict.OVER_STRICT,
    (Sla.NONE, LIKELY_RED, "open"): Verdict.BLIND_SPOT,
    (Sla.NONE, LIKELY_RED, None): Verdict.BLIND_SPOT,
    (Sla.NONE, LEAN_RED, None): Verdict.UNCLEAR,
    (Sla.NONE, LIKELY_GREEN, None): Verdict.HEALTHY,
    (Sla.UNKNOWN, LIKELY_RED, "open"): Verdict.WATERMELON,
    (Sla.UNKNOWN, LIKELY_RED, None): Verdict.UNCLEAR,
    (Sla.UNKNOWN, LIKELY_GREEN, None): Verdict.HEALTHY,
}


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: "-".join(str(part) for part in case))
def test_sla_and_experience_together_give_one_verdict(case: tuple[Sla, Experience, str | None]) -> None:
    sla, experience, gap = case

    found = classify(sla, experience, gap_is_open=gap == "open", gap_is_suspected=gap == "suspected")

    assert found is VERDICTS[case]


def wealth(answers: list[tuple[float, float]], target: float, grid: tuple[float, ...]) -> float:
    """Bet answer by answer: (value, relative weight) each."""
    total = 0.0
    for g in grid:
        purse = 1.0
        for value, u in answers:
            purse *= 1.0 + g / (1.0 - target) * u * (target - value)
        total += purse
    return total / len(grid)


def test_a_weighted_e_value_is_the_purse_of_betting_answer_by_answer() -> None:
    counts = [[3, 1, 0, 2, 4], [2, 2, 1, 0, 1]]
    weights = [1 / 3, 0.8]
    answers = [
        (STARS[k], weights[h])
        for h, row in enumerate(counts)
        for k, count in enumerate(row)
        for _ in range(count)
    ]

    found = e_value(counts, STARS, 0.8, relative_weights=weights)

    assert float(found) == pytest.approx(wealth(answers, 0.8, DEFAULTS.e_grid_weighted))


def test_weights_of_one_bet_on_the_weighted_grid() -> None:
    found = e_value([[1, 0, 0, 0, 2]], STARS, 0.8, relative_weights=[1.0])

    answers = [(0.0, 1.0), (1.0, 1.0), (1.0, 1.0)]
    assert float(found) == pytest.approx(wealth(answers, 0.8, (0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 0.98)))


def test_many_services_bet_at_once_each_on_its_own_target() -> None:
    counts = np.array([[6, 5, 6, 9, 10], [0, 0, 0, 0, 0], [0, 0, 1, 3, 9]])
    targets = np.array([0.8, 0.8, 0.6])

    together = e_value(counts, STARS, targets)

    alone = [float(e_value(row, STARS, target)) for row, target in zip(counts, targets, strict=True)]
    assert together.tolist() == pytest.approx(alone)
    assert together[1] == pytest.approx(1.0)


def test_a_very_long_bet_stays_a_number() -> None:
    assert np.isfinite(float(e_value([5000, 0, 0, 0, 0], STARS, 0.8)))
    assert float(log_e_value([5000, 0, 0, 0, 0], STARS, 0.8)) > 5000.0


def test_a_bet_on_a_scale_of_100_is_refused() -> None:
    with pytest.raises(ValueError, match="values of an e-value"):
        log_e_value([1, 0, 0, 0, 2], [100 * star for star in STARS], 0.8)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_bet_against_the_end_of_the_scale_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        e_value([1, 0, 0, 0, 0], STARS, target)


def test_services_far_above_target_do_not_cost_power() -> None:
    family = [0.004, 0.012] + [0.97] * 60

    found = discard_bh(family)

    assert found.tolist() == [True, True] + [False] * 60


@pytest.mark.parametrize("family", [[], [0.6], [0.9, 0.99]], ids=["empty", "one fine", "all fine"])
def test_a_family_without_low_p_values_has_no_discovery(family: list[float]) -> None:
    assert not discard_bh(family).any()


def test_severity_never_counts_points_above_target() -> None:
    found = severity(shrunk_score=74.0, upper90=90.0, affected_users=500)

    assert found == Severity(0.0, 0.0, None)


@pytest.mark.parametrize(("minutes", "hours"), [(150.0, 20.0), (90.0, 0.0)])
def test_lost_hours_are_those_beyond_the_target(minutes: float, hours: float) -> None:
    found = severity(
        shrunk_score=60.0,
        upper90=66.0,
        affected_users=10,
        tickets=40,
        mean_lost_minutes=minutes,
        target_lost_minutes=120.0,
    )

    assert found == Severity(100.0, 40.0, hours)


def test_a_p_value_of_one_half_is_kept_and_divided_and_one_above_is_not() -> None:
    assert discard_bh([0.02, 0.5, 0.5]).tolist() == [False, False, False]
    assert discard_bh([0.02, 0.51, 0.51]).tolist() == [True, False, False]
    assert discard_bh([0.06]).tolist() == [False]
