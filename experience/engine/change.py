"""Change over time: whether a score moved, and whether the action moved it.

The verdict on an action is a difference in differences whose baseline ends before the period that triggered
the action. Acting on the worst-looking service and comparing with its worst month finds an "improvement" in
every fifth case where the action did nothing: regression to the mean. Controls do not remove it, the
earlier baseline does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, gammaln, stdtr, stdtrit, xlog1py, xlogy

from experience.engine.arrays import FloatArray, require
from experience.engine.defaults import DEFAULTS
from experience.engine.intervals import Estimate

_TIES = 1.0 + 1e-7


class Effect(StrEnum):
    """What can be said of an action."""

    IMPROVED = "improved"
    NO_EVIDENCE = "no_evidence"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class ActionEffect:
    """How much more a service changed than its controls, in score points.

    `detectable` is the smallest effect the design could have seen (2.8 standard errors), to be printed with
    "no evidence"; `placebo_p` the rank of the treated service among its controls.
    """

    value: float
    low: float
    high: float
    standard_error: float
    detectable: float
    placebo_p: float
    controls: int
    verdict: Effect


@dataclass(frozen=True, slots=True)
class RateRatio:
    """A rate now over a rate before with its exact interval; open above (None) without events before."""

    value: float | None
    low: float
    high: float | None
    p: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope in points per week; `phi` is how much more weeks scatter than their answers explain."""

    slope: float
    standard_error: float
    t: float
    df: int
    p: float
    phi: float


@dataclass(frozen=True, slots=True)
class EwmaPoint:
    """The smoothed value, the same in standard deviations, and whether it left the control limits."""

    level: float
    standardised: float
    drifted: bool


def did(
    treated_baseline: ArrayLike,
    treated_after: float,
    control_baselines: ArrayLike,
    control_afters: ArrayLike,
    *,
    level: float = DEFAULTS.level,
) -> ActionEffect | None:
    """Return the difference in differences of an action, or None with fewer than 8 controls.

    Baselines are the scores of the three periods before the one that triggered the action (treated: 3
    values, controls: one row of 3 each); the after period starts past a week of washout. Controls are all
    other services without an action.
    """
    baseline = np.asarray(treated_baseline, dtype=np.float64).mean()
    controls = np.asarray(control_afters, dtype=np.float64) - np.asarray(
        control_baselines, dtype=np.float64
    ).mean(-1)
    m = len(controls)
    if m < DEFAULTS.least_controls:
        return None
    change, centre = float(treated_after - baseline), float(controls.mean())
    error = float(controls.std(ddof=1) * np.sqrt(1.0 + 1.0 / m))
    as_far = int((np.abs(controls - centre) >= abs(change - centre)).sum())
    half = float(stdtrit(m - 1, 0.5 + level / 2.0)) * error
    return _described(change - centre, half, error, (1 + as_far) / (m + 1), m)


def _described(effect: float, half: float, error: float, placebo_p: float, controls: int) -> ActionEffect:
    low, high = effect - half, effect + half
    verdict = Effect.NO_EVIDENCE
    if low > 0.0 or high < 0.0:
        verdict = Effect.IMPROVED if low > 0.0 else Effect.WORSE
    detectable = DEFAULTS.power_multiple * error
    return ActionEffect(effect, low, high, error, detectable, placebo_p, controls, verdict)


def difference(one: Estimate[float], other: Estimate[float]) -> Estimate[float]:
    """Return one minus the other with its interval by MOVER (square and add, Donner and Zou 2012).

    Both intervals keep their own shape and level; the two must not share answers.
    """
    value = one.value - other.value
    down = np.hypot(one.value - one.low, other.high - other.value)
    up = np.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - float(down), value + float(up))


def rate_ratio(
    *,
    count_now: int,
    exposure_now: float,
    count_before: int,
    exposure_before: float,
    level: float = DEFAULTS.level,
) -> RateRatio | None:
    """Return the ratio of two event rates per exposure (active user-days), or None without any event.

    Exact and conditional: given both counts together, the count now is binomial with share e1/(e1+e0);
    Clopper-Pearson limits turned into ratios, p by summing what is no likelier than the observed.
    """
    require(
        min(exposure_now, exposure_before) > 0.0,
        "Both periods need some exposure, for example active user-days.",
    )
    n = count_now + count_before
    if n == 0:
        return None
    odds = exposure_before / exposure_now
    low, high = _share_limits(count_now, count_before, (1.0 - level) / 2.0)
    share = exposure_now / (exposure_now + exposure_before)
    return RateRatio(
        value=count_now / count_before * odds if count_before else None,
        low=low / (1.0 - low) * odds,
        high=high / (1.0 - high) * odds if high < 1.0 else None,
        p=_two_sided_binomial(count_now, n, share),
    )


def _share_limits(hits: int, misses: int, tail: float) -> tuple[float, float]:
    """Return Clopper and Pearson's limits of a share."""
    low = 0.0 if hits == 0 else float(betaincinv(hits, misses + 1.0, tail))
    high = 1.0 if misses == 0 else float(betaincinv(hits + 1.0, misses, 1.0 - tail))
    return low, high


def _two_sided_binomial(successes: int, n: int, share: float) -> float:
    k = np.arange(n + 1.0)
    chance = np.exp(
        gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0) + xlogy(k, share) + xlog1py(n - k, -share)
    )
    return min(1.0, float(chance[chance <= chance[successes] * _TIES].sum()))


def trend(means: ArrayLike, sizes: ArrayLike, *, answer_variance: float) -> Trend | None:
    """Return the slope over consecutive weekly means, or None with fewer than 8 weeks.

    Weighted least squares with weight n/variance of an answer. The variance is inflated by phi = max(1,
    residual mean square), since weeks scatter more than their answers explain; t with m-2 degrees of
    freedom. A week without answers is passed as size 0 and left out.
    """
    mean, n = np.asarray(means, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    week, mean, weight = np.arange(len(n))[n > 0.0], mean[n > 0.0], n[n > 0.0] / answer_variance
    if len(mean) < DEFAULTS.least_trend_points:
        return None
    centred = week - np.average(week, weights=weight)
    spread = float((weight * centred**2).sum())
    slope = float((weight * centred * mean).sum()) / spread
    residual = mean - np.average(mean, weights=weight) - slope * centred
    df = len(mean) - 2
    phi = max(1.0, float((weight * residual**2).sum()) / df)
    error = float(np.sqrt(phi / spread))
    return Trend(slope, error, slope / error, df, 2.0 * float(stdtr(df, -abs(slope) / error)), phi)


def ewma(
    standardised: Sequence[float] | FloatArray,
    *,
    smoothing: float = DEFAULTS.ewma_lambda,
    limit: float = DEFAULTS.ewma_limit,
) -> list[EwmaPoint]:
    """Return the moving average (EWMA) of points that have mean 0 and variance 1 while nothing drifts.

    z_t = lam x_t + (1-lam) z_(t-1); var_t = lam/(2-lam) (1-(1-lam)^(2t)). With lam .2 and limit 2.86 a
    false alarm comes once in about 370 points.
    """
    points: list[EwmaPoint] = []
    level = 0.0
    for step, point in enumerate(standardised, start=1):
        level = smoothing * point + (1.0 - smoothing) * level
        variance = smoothing / (2.0 - smoothing) * (1.0 - (1.0 - smoothing) ** (2 * step))
        distance = level / float(np.sqrt(variance))
        points.append(EwmaPoint(level, distance, abs(distance) > limit))
    return points
