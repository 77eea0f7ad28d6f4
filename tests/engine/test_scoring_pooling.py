"""Shrinking for rankings."""

import numpy as np
import pytest

from experience.engine.pooling import paule_mandel, shrink


def test_little_known_services_are_pulled_furthest() -> None:
    scores, variances = (
        np.array([40.0, 40.0, 75.0, 80.0, 85.0, 70.0]),
        np.array([4.0, 90.0, 9.0, 9.0, 9.0, 9.0]),
    )

    found = shrink(scores, variances)

    assert 40.0 < found.value[0] < found.value[1] < 75.0


def test_shrinkage_follows_its_formula() -> None:
    scores, variances = np.array([40.0, 55.0, 75.0, 80.0, 85.0]), np.array([20.0, 60.0, 9.0, 16.0, 30.0])
    fleet = paule_mandel(scores, variances)
    weights = 1.0 / (variances + fleet.between)
    mu = (weights * scores).sum() / weights.sum()
    b = fleet.between / (fleet.between + variances)

    found = shrink(scores, variances)

    assert ((scores - mu) ** 2 * weights).sum() == pytest.approx(4.0)
    assert found.value.tolist() == pytest.approx((mu + b * (scores - mu)).tolist())
    doubt = (1 - b) ** 2 / weights.sum() + 2 * (1 - b) ** 2 * (scores - mu) ** 2 / 2
    assert found.variance.tolist() == pytest.approx((b * variances + doubt).tolist())


def test_scores_that_agree_are_one_fleet() -> None:
    found = shrink([70.0, 70.5, 69.5, 70.2], [25.0] * 4)

    assert np.ptp(found.value) == pytest.approx(0.0)


def test_three_services_stay_raw() -> None:
    found = shrink([40.0, 60.0, 80.0], [1.0, 2.0, 3.0])

    assert found.value.tolist() == [40.0, 60.0, 80.0]
    assert found.variance.tolist() == [1.0, 2.0, 3.0]


def test_a_score_without_variance_is_refused() -> None:
    with pytest.raises(ValueError, match="positive variance"):
        paule_mandel([1.0, 2.0], [0.0, 1.0])
