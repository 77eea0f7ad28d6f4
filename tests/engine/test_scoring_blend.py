"""Blending: what may be published, what the parts add, and when the veto holds."""

import math

import pytest

from experience.engine.blend import (
    Colour,
    Composite,
    Score,
    carried_forward,
    composite,
    contributions,
    coverage,
    dimension_score,
    interval_colour,
    is_confirmed,
    matched_change,
    p_below_from_interval,
    xla_colour,
)
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import Experience

WEIGHTS = DEFAULTS.weights()


def sampled(value: float, half: float = 5.0, n: float = 40.0) -> Score:
    return Score(value, value - half, value + half, 1.0, n)


def blend_of(x: Score | None, o: Score | None, t: Score | None) -> Composite | None:
    return composite({"X": x, "O": o, "T": t}, WEIGHTS)


def published(x: Score, o: Score | None = None, t: Score | None = None) -> Composite:
    found = blend_of(x, o or Score.census(95.0), t or Score.census(98.0))
    assert found is not None
    return found


def test_poor_experience_is_not_bought_back() -> None:
    found = published(Score.census(50.0))

    arithmetic = 0.5 * 50 + 0.25 * 95 + 0.25 * 98
    assert arithmetic > 70.0
    assert found.score.value == pytest.approx(69.5, abs=0.05)


def test_each_contribution_says_what_a_dimension_costs() -> None:
    found = published(Score.census(45.0))

    assert found.contributions["X"] == pytest.approx(-15.006, abs=0.001)
    assert sum(found.contributions.values()) == pytest.approx(found.score.value - 70.0)


def test_contributions_at_the_target_are_zero() -> None:
    assert contributions({"X": 70.0, "O": 70.0}, WEIGHTS) == {"X": 0.0, "O": 0.0}


def test_a_dimension_near_zero_counts_as_ten() -> None:
    assert published(Score.census(0.0)).score.value == published(Score.census(10.0)).score.value


def test_full_marks_everywhere_are_exactly_100() -> None:
    weights = {"X": 0.5, "O": 0.25, "T": 0.25}

    bare = composite({name: Score(100.0, None, None, 1.0, 4.0) for name in weights}, weights)
    certain = composite({name: Score(100.0, 100.0, 100.0, 1.0, 4.0) for name in weights}, weights)

    assert bare is not None
    assert certain is not None
    assert bare.score.value == 100.0
    assert (certain.score.low, certain.score.value, certain.score.high) == (100.0, 100.0, 100.0)


def test_without_experience_nothing_is_published() -> None:
    heavy = {"X": 0.2, "O": 0.4, "T": 0.4}

    found = composite({"X": None, "O": Score.census(90.0), "T": Score.census(90.0)}, heavy)

    assert found is None


def test_experience_alone_is_too_little_coverage() -> None:
    assert blend_of(sampled(80.0), None, None) is None


@pytest.mark.parametrize(
    ("t", "partial", "share"),
    [(Score.census(98.0), False, 1.0), (None, True, 0.75)],
    ids=["whole", "T missing"],
)
def test_a_missing_dimension_makes_the_result_partial(t: Score | None, partial: bool, share: float) -> None:
    found = blend_of(sampled(80.0), Score.census(90.0), t)

    assert found is not None
    assert (found.partial, found.score.coverage) == (partial, share)


def test_coverage_counts_agreed_weight() -> None:
    assert coverage({"X": 1.0, "O": None}, {"X": 0.5, "O": 0.3, "T": 0.2}) == pytest.approx(0.5)


def test_a_dimension_of_weight_zero_is_display_only() -> None:
    found = composite({"X": sampled(80.0), "S": sampled(10.0)}, {"X": 1.0, "S": 0.0})

    assert found is not None
    assert found.score.value == pytest.approx(80.0)


def test_the_interval_of_the_blend_is_that_of_its_uncertain_part() -> None:
    found = composite({"X": sampled(60.0, 8.0), "O": Score.census(60.0)}, {"X": 0.5, "O": 0.5})

    assert found is not None
    assert found.score.low == pytest.approx(60.0 * math.sqrt(52.0 / 60.0))
    assert found.score.high == pytest.approx(60.0 * math.sqrt(68.0 / 60.0))
    assert found.score.n_effective == 40.0


def test_indicators_of_the_same_people_are_held_correlated() -> None:
    parts = {"rating": sampled(60.0, 6.0), "effort": sampled(70.0, 6.0)}

    alone, together = (dimension_score(parts, {"rating": 1, "effort": 1}, correlation=r) for r in (0.0, 0.5))

    assert alone is not None
    assert together is not None
    assert alone.value == together.value == 65.0
    assert alone.low == pytest.approx(65.0 - math.sqrt(18.0))
    assert together.low == pytest.approx(65.0 - math.sqrt(27.0))


def test_a_collecting_indicator_waits_outside() -> None:
    parts = {"rating": sampled(60.0), "lost_time": Score(20.0, None, None, 1.0, 5.0)}

    found = dimension_score(parts, {"rating": 0.8, "lost_time": 0.2})

    assert found == Score(60.0, 55.0, 65.0, 0.8, 40.0)


def test_a_dimension_that_only_collects_has_no_interval() -> None:
    found = dimension_score({"rating": Score(60.0, None, None, 1.0, 6.0)}, {"rating": 1.0})

    assert found == Score(60.0, None, None, 1.0, 6.0)


def test_a_dimension_without_indicators_is_none() -> None:
    assert dimension_score({"rating": None}, {"rating": 1.0}) is None
    assert dimension_score({}, {}) is None


def test_the_weakest_indicator_sets_the_effective_n() -> None:
    parts = {"rating": sampled(60.0, n=40.0), "effort": sampled(70.0, n=12.0), "reopened": Score.census(80.0)}

    found = dimension_score(parts, dict.fromkeys(parts, 1.0))

    assert found is not None
    assert found.n_effective == 12.0


@pytest.mark.parametrize(
    ("low", "high", "colour"),
    [
        (60.0, 69.9, Colour.RED),
        (60.0, 70.0, Colour.AMBER),
        (69.9, 90.0, Colour.AMBER),
        (70.0, 90.0, Colour.GREEN),
    ],
)
def test_the_colour_is_the_evidence(low: float, high: float, colour: Colour) -> None:
    assert interval_colour(low, high) is colour


@pytest.mark.parametrize(
    ("experience", "colour"),
    [
        (Experience.LIKELY_RED, Colour.RED),
        (Experience.LEAN_RED, Colour.AMBER),
        (Experience.LEAN_GREEN, Colour.AMBER),
        (Experience.LIKELY_GREEN, Colour.GREEN),
        (Experience.COLLECTING, None),
        (Experience.HIDDEN, None),
        (Experience.MISSING, None),
    ],
)
def test_a_green_blend_is_never_greener_than_its_experience(
    experience: Experience, colour: Colour | None
) -> None:
    blend = published(sampled(85.0, 4.0))

    assert xla_colour(blend, experience) is colour


def test_a_red_blend_stays_red_under_fine_experience() -> None:
    blend = published(sampled(75.0, 2.0), Score.census(20.0), Score.census(20.0))

    assert xla_colour(blend, Experience.LIKELY_GREEN) is Colour.RED


def test_thirty_answers_confirm_a_status() -> None:
    assert [is_confirmed(n) for n in (29.0, 30.0, None)] == [False, True, True]


def test_a_blend_without_interval_has_no_colour() -> None:
    blend = published(Score(85.0, None, None, 1.0, 6.0))

    assert xla_colour(blend, Experience.LIKELY_GREEN) is None


def test_the_change_over_a_changed_basket_leaves_out_what_came_or_went() -> None:
    previous: dict[str, float | None] = {"X": 72.0, "O": 88.0, "T": 95.0}
    current: dict[str, float | None] = {"X": 70.0, "O": 86.0, "T": None}

    found = matched_change(previous, current, WEIGHTS)

    assert found is not None
    assert found.dimensions == ("X", "O")
    assert found.change == pytest.approx(-2.009, abs=0.001)


def test_baskets_with_nothing_in_common_have_no_change() -> None:
    assert matched_change({"X": 72.0, "T": None}, {"X": None, "T": 80.0}, WEIGHTS) is None


def test_a_blended_dimension_is_tested_by_its_upper_end() -> None:
    assert p_below_from_interval(61.0, 61.0 + 1.96 * 5.0) == pytest.approx(0.0359303, abs=1e-6)  # Phi(-1.8)
    assert p_below_from_interval(60.0, 60.0) == 0.0
    assert p_below_from_interval(100.0, 100.0) == 1.0


def test_old_data_widen_their_interval_by_half() -> None:
    found = carried_forward(Score(90.0, 80.0, 98.0, 1.0, 50.0))

    assert (found.value, found.low, found.high) == (90.0, 75.0, 100.0)


def test_nine_tenths_of_the_weight_are_not_partial() -> None:
    dimensions = {"X": sampled(80.0), "O": Score.census(90.0), "T": None}

    found = composite(dimensions, {"X": 0.5, "O": 0.4, "T": 0.1})

    assert found is not None
    assert not found.partial
