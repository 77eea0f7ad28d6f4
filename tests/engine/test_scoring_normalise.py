"""Scores from native values: direction, end points, other scales."""

import numpy as np
import pytest

from experience.engine.intervals import Interval
from experience.engine.native import happiness_groups, pomp_values, top_box_share
from experience.engine.normalise import (
    DEFAULT_ANCHORS,
    Anchors,
    budget_burn,
    native_of,
    piecewise,
    pomp,
    rating_anchors,
)

RATING = rating_anchors(1.0, 5.0)
LOST_TIME = DEFAULT_ANCHORS["lost_time"]


@pytest.mark.parametrize("name", DEFAULT_ANCHORS)
def test_the_target_scores_seventy_and_the_ends_zero_and_hundred(name: str) -> None:
    anchors = DEFAULT_ANCHORS[name]

    scores = [anchors.score(x) for x in (anchors.floor, anchors.target, anchors.ceiling)]

    assert scores == pytest.approx([0.0, 70.0, 100.0])


@pytest.mark.parametrize(
    ("native", "score"),
    [(600.0, 0.0), (300.0, 0.0), (210.0, 35.0), (120.0, 70.0), (75.0, 85.0), (30.0, 100.0), (0.0, 100.0)],
)
def test_less_lost_time_scores_more(native: float, score: float) -> None:
    assert LOST_TIME.score(native) == pytest.approx(score)


def test_an_interval_of_lost_time_turns_round() -> None:
    scores = LOST_TIME.score_interval(Interval(75.0, 210.0))

    assert (scores.low, scores.high) == pytest.approx((35.0, 85.0))


def test_an_interval_of_ratings_keeps_its_direction() -> None:
    scores = RATING.score_interval(Interval(3.35, 4.55))

    assert (scores.low, scores.high) == pytest.approx((35.0, 85.0))


def test_a_thousand_services_score_like_each_alone() -> None:
    means = np.linspace(1.0, 5.0, 1000)

    together = RATING.score(means)

    assert together.tolist() == [RATING.score(float(mean)) for mean in means]


def test_each_service_may_have_its_own_anchors() -> None:
    scores = piecewise(
        np.array([4.2, 120.0]), np.array([2.5, 300.0]), np.array([4.2, 120.0]), np.array([4.9, 30.0])
    )

    assert scores.tolist() == pytest.approx([70.0, 70.0])


@pytest.mark.parametrize(
    ("lo", "hi", "anchors"),
    [(1.0, 5.0, (2.5, 4.2, 4.9)), (0.0, 10.0, (3.75, 8.0, 9.75)), (1.0, 7.0, (3.25, 5.8, 6.85))],
    ids=["stars", "eleven points", "seven points"],
)
def test_other_rating_scales_get_the_same_target_in_percent(
    lo: float, hi: float, anchors: tuple[float, ...]
) -> None:
    found = rating_anchors(lo, hi)

    assert (found.floor, found.target, found.ceiling) == pytest.approx(anchors)


@pytest.mark.parametrize(
    "points", [(2.0, 2.0, 3.0), (2.0, 4.0, 3.0), (3.0, 1.0, 2.0), (1.0, 2.0, float("nan"))]
)
def test_anchors_out_of_order_are_refused(points: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="put the target between"):
        Anchors(*points)


@pytest.mark.parametrize("score", [0.0, 20.0, 70.0, 85.0, 100.0])
def test_a_score_can_be_said_in_native_units_again(score: float) -> None:
    assert LOST_TIME.score(native_of(score, LOST_TIME)) == pytest.approx(score)


def test_a_reversed_scale_counts_from_its_other_end() -> None:
    assert pomp(1.0, 7.0, 1.0) == 100.0
    assert pomp_values(7.0, 1.0, 7).tolist() == pytest.approx([1.0, 5 / 6, 4 / 6, 0.5, 2 / 6, 1 / 6, 0.0])


def test_an_availability_target_of_one_leaves_no_budget_and_is_refused() -> None:
    with pytest.raises(ValueError, match="below 1"):
        budget_burn(0.999, 1.0)


def test_happiness_groups_need_eleven_counts() -> None:
    with pytest.raises(ValueError, match="one entry per answer"):
        happiness_groups([1, 2, 3])


def test_no_answers_have_no_top_box_share() -> None:
    assert top_box_share([0, 0, 0, 0, 0]) is None
