"""Comments beside ratings: one vote per respondent, on the rating's scale.

A polarity is first mapped to what people with such comments rate (isotonic regression, per language and
model version) and then blended inside the response with weight .2. As an indicator of its own it would
count people twice who write, and the unhappy write more. Unsolicited text (social, chat) is negative by
selection and is scored against its own past alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from experience.engine.arrays import FloatArray, require
from experience.engine.daycells import POLARITY_BUCKETS
from experience.engine.defaults import DEFAULTS


@dataclass(frozen=True, slots=True)
class Calibration:
    """The rating (POMP) that goes with each of equally spaced polarities from -1 to 1, never falling."""

    pomp_by_bucket: tuple[float, ...]

    def pomp_of(self, polarity: float) -> float:
        """Return the rating that goes with a polarity, between those of the two nearest buckets."""
        places = np.linspace(-1.0, 1.0, len(self.pomp_by_bucket))
        return float(np.interp(polarity, places, self.pomp_by_bucket))


def polarity_bucket(polarity: float) -> int:
    """Return the nearest of the 21 equally spaced polarities from -1 (0) to 1 (20)."""
    return round((polarity + 1.0) / 2.0 * (POLARITY_BUCKETS - 1))


# Until an organisation has 300 rated comments in a language: a convention, not a measurement. People who
# complain rate 1.6 of 5 on it, those who praise 4.8, and a comment that says neither stands at 3.4.
_ENDS = ((-1.0, 15.0), (0.0, 60.0), (1.0, 95.0))
SHIPPED_CALIBRATION = Calibration(
    tuple(np.interp(np.linspace(-1.0, 1.0, POLARITY_BUCKETS), *np.array(_ENDS).T).tolist())
)
# What a step of a comment in the day cells stands for: 21 equally spaced ratings.
STEPS = Calibration(tuple(np.linspace(0.0, 100.0, POLARITY_BUCKETS).tolist()))


def mean_squared_error(calibration: Calibration, polarities: ArrayLike, ratings_pomp: ArrayLike) -> float:
    """Return how far the curve misses ratings (POMP points squared, averaged)."""
    places = np.linspace(-1.0, 1.0, len(calibration.pomp_by_bucket))
    predicted = np.interp(np.asarray(polarities, dtype=np.float64), places, calibration.pomp_by_bucket)
    return float(np.mean((predicted - np.asarray(ratings_pomp, dtype=np.float64)) ** 2))


def calibration_of_pairs(
    polarities: ArrayLike, ratings_pomp: ArrayLike, *, least: int = DEFAULTS.least_calibration_pairs
) -> Calibration | None:
    """Return the calibration learned from pairs of polarity and rating, or None below `least` of them."""
    buckets = [polarity_bucket(polarity) for polarity in np.asarray(polarities, dtype=np.float64).tolist()]
    counts = np.bincount(buckets, minlength=POLARITY_BUCKETS)
    totals = np.bincount(buckets, weights=np.asarray(ratings_pomp), minlength=POLARITY_BUCKETS)
    return calibrate_polarity(counts, totals, least=least)


def calibrate_polarity(
    counts: ArrayLike, pomp_totals: ArrayLike, *, least: int = DEFAULTS.least_calibration_pairs
) -> Calibration | None:
    """Return the calibration learned from answers with comments, or None below `least` of them (300).

    `counts` and `pomp_totals` hold answers and summed POMP ratings per polarity bucket. Isotonic regression
    by pooling adjacent violators; a bucket nobody used takes the value between its neighbours.
    """
    count, total = np.asarray(counts, dtype=np.float64), np.asarray(pomp_totals, dtype=np.float64)
    if count.sum() < least:
        return None
    used = np.flatnonzero(count > 0.0)
    fitted = _isotonic(total[used] / count[used], count[used])
    curve = np.interp(np.arange(len(count)), used, fitted)
    return Calibration(tuple(np.clip(curve, 0.0, 100.0).tolist()))


def _isotonic(values: FloatArray, weights: FloatArray) -> FloatArray:
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, mass, length = blocks.pop()
            total = mass + block[1]
            block = ((mean * mass + block[0] * block[1]) / total, total, length + block[2])
        blocks.append(block)
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])


def counts_for_blending(*, confidence: float, words: int) -> bool:
    """Return whether a comment's polarity is sure (confidence .7) and long (4 words) enough to be blended."""
    return confidence >= DEFAULTS.least_confidence and words >= DEFAULTS.least_words


def blended(
    rating_pomp: float, calibrated_pomp: float | None, *, weight: float = DEFAULTS.sentiment_weight
) -> float:
    """Return one response's value 0..100: (1-weight) rating + weight polarity, or the rating alone."""
    require(
        0.0 <= weight <= DEFAULTS.most_sentiment_weight, "The weight of comments must lie between 0 and 0.3."
    )
    if calibrated_pomp is None:
        return rating_pomp
    return (1.0 - weight) * rating_pomp + weight * calibrated_pomp


def blended_values(
    ratings_pomp: ArrayLike, calibration: Calibration, *, weight: float = DEFAULTS.sentiment_weight
) -> FloatArray:
    """Return the value 0..100 per rating (rows) and comment: none, polarity bucket 1, 2, ..."""
    rating = np.asarray(ratings_pomp, dtype=np.float64)
    curve = (None, *calibration.pomp_by_bucket)
    return np.array([[blended(float(r), bucket, weight=weight) for bucket in curve] for r in rating])


def standardised_polarity(
    rating_counts: ArrayLike, comment_counts: ArrayLike, polarity_totals: ArrayLike
) -> float | None:
    """Return the mean polarity if everyone had commented.

    Sum over ratings of P(rating) x mean polarity at that rating. Ratings without a comment are left out of
    both sides; None when nobody commented.
    """
    ratings, comments, totals = (
        np.asarray(a, dtype=np.float64) for a in (rating_counts, comment_counts, polarity_totals)
    )
    used = comments > 0.0
    if not (ratings[used] > 0.0).any():
        return None
    return float(np.average(totals[used] / comments[used], weights=ratings[used]))
