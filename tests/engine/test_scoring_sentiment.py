"""Comments beside ratings."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from experience.engine.sentiment import (
    blended,
    blended_values,
    calibrate_polarity,
    counts_for_blending,
    standardised_polarity,
)
from surveys.engine.contradictions import Contradiction, contradiction


def test_the_calibration_is_an_isotonic_regression() -> None:
    rng = np.random.default_rng(9)
    counts = rng.integers(1, 60, 21)
    means = np.clip(np.linspace(20.0, 90.0, 21) + rng.normal(0.0, 15.0, 21), 0.0, 100.0)
    fitted = IsotonicRegression().fit_transform(np.arange(21), means, sample_weight=counts)

    found = calibrate_polarity(counts, counts * means)

    assert found is not None
    assert found.pomp_by_bucket == pytest.approx(fitted.tolist())


def test_an_unused_bucket_lies_between_its_neighbours() -> None:
    found = calibrate_polarity([200, 0, 0, 200], [200 * 20.0, 0, 0, 200 * 80.0])

    assert found is not None
    assert found.pomp_by_bucket == pytest.approx((20.0, 40.0, 60.0, 80.0))


@pytest.mark.parametrize(("pairs", "learned"), [(299, False), (300, True)])
def test_a_calibration_needs_three_hundred_pairs(pairs: int, learned: bool) -> None:
    found = calibrate_polarity([pairs - 100, 100], [50.0 * (pairs - 100), 9000.0])

    assert (found is not None) is learned


def test_a_rating_without_comment_stands_alone() -> None:
    assert blended(75.0, None) == 75.0


def test_comments_never_weigh_more_than_three_tenths() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 0\.3"):
        blended(75.0, 20.0, weight=0.31)


def test_every_cell_of_rating_and_polarity_has_its_value() -> None:
    calibration = calibrate_polarity([200, 200], [200 * 30.0, 200 * 80.0])
    assert calibration is not None

    values = blended_values([0.0, 100.0], calibration)

    assert values.tolist() == [
        [0.0, pytest.approx(6.0), pytest.approx(16.0)],
        [100.0, pytest.approx(86.0), pytest.approx(96.0)],
    ]


@pytest.mark.parametrize(("confidence", "words", "used"), [(0.7, 4, True), (0.69, 4, False), (0.9, 3, False)])
def test_only_sure_and_long_comments_are_blended(confidence: float, words: int, used: bool) -> None:
    assert counts_for_blending(confidence=confidence, words=words) is used


@pytest.mark.parametrize(
    ("rating", "polarity", "confidence", "expected"),
    [
        (75.0, -0.5, 0.7, Contradiction.HAPPY_RATING_NEGATIVE_TEXT),
        (25.0, 0.5, 0.7, Contradiction.UNHAPPY_RATING_POSITIVE_TEXT),
        (75.0, -0.49, 0.9, None),
        (50.0, -0.9, 0.9, None),
        (50.0, 0.9, 0.9, None),
        (100.0, -0.9, 0.69, None),
    ],
)
def test_opposite_rating_and_comment_contradict(
    rating: float, polarity: float, confidence: float, expected: Contradiction | None
) -> None:
    assert contradiction(rating, polarity, confidence=confidence) is expected


def test_comments_are_standardised_to_everyones_ratings() -> None:
    found = standardised_polarity([10, 90], [10, 10], [-8.0, 6.0])

    assert found == pytest.approx(0.1 * -0.8 + 0.9 * 0.6)


def test_without_comments_there_is_no_polarity() -> None:
    assert standardised_polarity([10, 90], [0, 0], [0.0, 0.0]) is None
