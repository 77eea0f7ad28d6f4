"""Intervals: how sure a number can be, without a random draw.

One interval serves every bounded mean (stars, effort, happiness, sentiment, capped lost time): the
moderated Wilson interval. It moderates the variance with the organisation's pooled variance (Smyth 2004),
asks how many yes/no answers the data are worth (Korn and Graubard 1998) and puts that number into Wilson's
interval (1927). Shares use Wilson, medians order statistics, sums of scores MOVER (Zou and Donner 2008).
"""

import math
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrik, ndtr, ndtri, stdtr, stdtrit

from experience.engine.arrays import FloatArray, N, Numbers, like, require
from experience.engine.defaults import DEFAULTS


@dataclass(frozen=True, slots=True)
class Interval(Generic[N]):
    """Both ends of an interval, in the units of what was estimated."""

    low: N
    high: N


@dataclass(frozen=True, slots=True)
class Moments(Generic[N]):
    """Mean, sample variance and number of answers."""

    mean: N
    variance: N
    n: N


@dataclass(frozen=True, slots=True)
class Moderated(Generic[N]):
    """A bounded mean as a share of its scale, worth `n_star` yes/no answers."""

    share: N
    variance: N
    n_star: N
    df: N


@dataclass(frozen=True, slots=True)
class Estimate(Generic[N]):
    """A value with its interval."""

    value: N
    low: N
    high: N


def moments_of_counts(counts: ArrayLike, values: ArrayLike) -> Moments[FloatArray]:
    """Return mean, variance and n of counts per value; the last axis of `counts` runs along `values`.

    The variance divides by n-1 and is 0 for a single answer. Raises ValueError where there is no answer at
    all: a service without answers has no mean.
    """
    count = np.asarray(counts, dtype=np.float64)
    value = np.asarray(values, dtype=np.float64)
    n = count.sum(axis=-1)
    require(n > 0, "No answers: leave out services without answers, their score is None.")
    mean = count @ value / n
    squares = (count * (value - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    return Moments(mean, squares / np.maximum(n - 1.0, 1.0), n)


def pooled_variance(variances: ArrayLike, sizes: ArrayLike) -> float | None:
    """Return the pooled within-service variance sum (n-1)s2 / sum (n-1), None while nothing varies."""
    weight = np.maximum(np.asarray(sizes, dtype=np.float64) - 1.0, 0.0)
    total = float(weight.sum())
    if total == 0.0:
        return None
    return float((weight * np.asarray(variances, dtype=np.float64)).sum() / total) or None


def cold_start_variance(lo: float, hi: float) -> float:
    """Return the pooled variance assumed before there are data: 0.09 of the squared range."""
    return DEFAULTS.cold_start_variance_share * (hi - lo) ** 2


def wilson(share: N, n: Numbers, level: float = DEFAULTS.level) -> Interval[N]:
    """Return Wilson's interval of a share seen in n trials (n may be a fraction: an effective number)."""
    require(np.greater(n, 0.0), "Wilson's interval needs at least one trial.")
    return _wilson(share, n, float(ndtri(0.5 + level / 2.0)))


def _wilson(share: N, n: Numbers, quantile: Numbers) -> Interval[N]:
    spread = np.square(quantile) / n
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = np.sqrt(spread * (np.multiply(share, np.subtract(1.0, share)) + spread / 4.0)) / (1.0 + spread)
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    return Interval(like(np.minimum(low, share), share), like(np.maximum(high, share), share))


def moderate(
    mean: N,
    variance: Numbers,
    n_effective: Numbers,
    *,
    lo: float,
    hi: float,
    pooled: Numbers | None = None,
) -> Moderated[N]:
    """Return what a mean on [lo, hi] is worth once its variance is moderated by the organisation's.

    `pooled` is the organisation's within-service variance (native units squared); None takes the cold start.
    Raises ValueError for an effective n of 0 or less, a pooled variance of 0 or less, or lo >= hi.
    """
    require(hi > lo, f"The scale [{lo}, {hi}] must have its lower end first.")
    require(
        np.greater(n_effective, 0.0), "No answers: leave out services without answers, their score is None."
    )
    prior = cold_start_variance(lo, hi) if pooled is None else pooled
    require(np.greater(prior, 0.0), "The pooled variance must be positive; pass None while nothing varies.")
    moderated, df = moderated_variance(variance, n_effective, prior)
    share = np.subtract(mean, lo) / (hi - lo)
    n_star = worth(share, moderated, n_effective, width=hi - lo)
    return Moderated(like(share, mean), like(moderated, mean), like(n_star, mean), like(df, mean))


def moderated_variance(
    variance: Numbers, n_effective: Numbers, pooled: Numbers
) -> tuple[FloatArray, FloatArray]:
    """Return a variance moderated by the organisation's `pooled` one, and its degrees of freedom."""
    own_df = np.maximum(np.subtract(n_effective, 1.0), 0.0)
    df = own_df + DEFAULTS.prior_df
    return (own_df * variance + DEFAULTS.prior_df * np.asarray(pooled)) / df, df


def worth(share: Numbers, variance: Numbers, n_effective: Numbers, *, width: float) -> Numbers:
    """Return how many yes/no answers a mean is worth that stands at this share of a scale so wide."""
    extra = DEFAULTS.smoothing_answers
    smooth = (n_effective * share + extra / 2.0) / (n_effective + extra)
    return n_effective * smooth * (1.0 - smooth) * width**2 / variance


def moderated_wilson(
    mean: N,
    variance: Numbers,
    n_effective: Numbers,
    *,
    lo: float,
    hi: float,
    pooled: Numbers | None = None,
    level: float = DEFAULTS.level,
) -> Interval[N]:
    """Return the moderated Wilson interval of a mean on [lo, hi]; arguments as in `moderate`."""
    found = moderate(mean, variance, n_effective, lo=lo, hi=hi, pooled=pooled)
    return interval_of_worth(found, lo=lo, hi=hi, level=level)


def interval_of_worth(
    worth: Moderated[N], *, lo: float, hi: float, level: float = DEFAULTS.level
) -> Interval[N]:
    """Return Wilson's interval on [lo, hi] of a mean that is worth so many yes/no answers."""
    share = _wilson(worth.share, worth.n_star, stdtrit(worth.df, 0.5 + level / 2.0))
    low, high = np.multiply(hi - lo, share.low) + lo, np.multiply(hi - lo, share.high) + lo
    return Interval(like(low, worth.share), like(high, worth.share))


def p_below(
    mean: N,
    variance: Numbers,
    n_effective: Numbers,
    *,
    target: Numbers,
    lo: float,
    hi: float,
    pooled: Numbers | None = None,
    higher_is_better: bool = True,
) -> N:
    """Return the one-sided p-value of "this service is on target or better".

    In words: data this bad or worse would come up in p of all periods if the service were exactly on
    target. One minus it is the mirrored p-value for "better than target". Score test on the moderated mean;
    `target` lies strictly inside the scale.
    """
    aim = np.subtract(target, lo) / (hi - lo)
    require((aim > 0.0) & (aim < 1.0), f"The target must lie inside the scale, between {lo} and {hi}.")
    worth = moderate(mean, variance, n_effective, lo=lo, hi=hi, pooled=pooled)
    z = (worth.share - aim) / np.sqrt(aim * (1.0 - aim) / worth.n_star)
    return like(stdtr(worth.df, z if higher_is_better else -z), mean)


def p_below_share(share: N, n: Numbers, *, target: Numbers, higher_is_better: bool = True) -> N:
    """Return the one-sided p-value of "on target or better" of a share seen in n trials: Wilson's score test.

    The target lies strictly between 0 and 1; n may be a fraction.
    """
    require(np.greater(target, 0.0) & np.less(target, 1.0), "The target of a share lies between 0 and 1.")
    z = np.subtract(share, target) / np.sqrt(np.multiply(target, np.subtract(1.0, target)) / n)
    return like(ndtr(z if higher_is_better else -z), share)


def order_statistic_ranks(n: int, quantile: float, level: float = DEFAULTS.level) -> tuple[int, int] | None:
    """Return the ranks (from 1) of the values that bound a quantile, or None where n is too small.

    Distribution free: lower rank k = Binom^-1(alpha/2; n, q), upper n+1-k for the median, else
    Binom^-1(1-alpha/2; n, q)+1.
    """
    tail = (1.0 - level) / 2.0
    lower = _binomial_quantile(tail, n, quantile)
    upper = n + 1 - lower if quantile == 0.5 else _binomial_quantile(1.0 - tail, n, quantile) + 1
    return (lower, upper) if lower >= 1 and upper <= n else None


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    guess = int(np.ceil(bdtrik(probability, n, share)))
    return guess - 1 if guess > 0 and bdtr(guess - 1, n, share) >= probability else guess


def quantile_rank(n: int, quantile: float) -> int:
    """Return the rank (from 1) at which a quantile of n values sits: floor(q(n-1)) counted from 0."""
    return int(np.floor(quantile * (n - 1))) + 1


def order_statistic(
    values: ArrayLike, quantile: float = 0.5, level: float = DEFAULTS.level
) -> Estimate[float] | None:
    """Return a quantile of raw values with its distribution-free interval, None where n is too small."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    ranks = order_statistic_ranks(len(ordered), quantile, level)
    if ranks is None:
        return None
    value, low, high = (float(ordered[r - 1]) for r in (quantile_rank(len(ordered), quantile), *ranks))
    return Estimate(value, low, high)


def mover(
    values: ArrayLike, lows: ArrayLike, highs: ArrayLike, weights: ArrayLike, *, correlation: ArrayLike = 0.0
) -> Estimate[float]:
    """Return the weighted mean of some estimates with its interval by MOVER (square and add).

    `correlation` is one number for every pair of different parts or a full matrix. Weights are normalised
    to sum 1.
    """
    value, low, high, weight = (np.asarray(a, dtype=np.float64) for a in (values, lows, highs, weights))
    share = weight / weight.sum()
    matrix = _correlation_matrix(correlation, len(value))
    down, up = share * (value - low), share * (high - value)
    centre = float(share @ value)
    return Estimate(centre, centre - _root_form(down, matrix), centre + _root_form(up, matrix))


def _root_form(parts: FloatArray, matrix: FloatArray) -> float:
    return math.sqrt(max(float(parts @ matrix @ parts), 0.0))


def _correlation_matrix(correlation: ArrayLike, size: int) -> FloatArray:
    given = np.asarray(correlation, dtype=np.float64)
    if given.ndim == 2:
        return given
    return np.full((size, size), float(given)) + (1.0 - float(given)) * np.eye(size)


def mover_geometric(
    scores: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    weights: ArrayLike,
    *,
    floor: float = DEFAULTS.dimension_floor,
) -> Estimate[float]:
    """Return the weighted geometric mean of floored scores, by MOVER on the log scale, capped at 100."""
    value, low, high = (
        np.log(np.maximum(np.asarray(a, dtype=np.float64), floor)) for a in (scores, lows, highs)
    )
    estimate = mover(value, low, high, weights)
    # Of scores of 100 rounding makes 100.00000000000004.
    capped = (min(math.exp(end), 100.0) for end in (estimate.value, estimate.low, estimate.high))
    return Estimate(*capped)
