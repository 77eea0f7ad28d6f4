"""Scores from native values: direction, end points, other scales."""

import numpy as np
import pytest

from experience.engine.intervals import Interval
from experience.engine.normalise import Anchors, piecewise, pomp
from experience.selectors.agreements import scale_of
from experience.services.library import declared_indicators

DECLARED = {key: scale_of(indicator).anchors for key, indicator in declared_indicators().items()}
RATING, LOST_TIME = DECLARED["rating"], DECLARED["lost_time"]


@pytest.mark.parametrize("name", DECLARED)
def test_the_target_scores_seventy_and_the_ends_zero_and_hundred(name: str) -> None:
    anchors = DECLARED[name]

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
    "points", [(2.0, 2.0, 3.0), (2.0, 4.0, 3.0), (3.0, 1.0, 2.0), (1.0, 2.0, float("nan"))]
)
def test_anchors_out_of_order_are_refused(points: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="put the target between"):
        Anchors(*points)


def test_a_reversed_scale_counts_from_its_other_end() -> None:
    assert pomp(1.0, 7.0, 1.0) == 100.0
