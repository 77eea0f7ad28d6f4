"""What goes with the rating: how much of its variance each operational fact explains.

An association, never a cause.

The share of a driver is its LMG value: the gain in R2 averaged over all orders in which predictors can
enter (Shapley value; Lindeman, Merenda and Gold 1980). Everything is computed from sums of cross-products
per day, so raw rows are not needed; intervals resample days. Reasons ticked in the survey are no drivers:
which list is shown depends on the rating.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from experience.engine.arrays import FloatArray, require
from experience.engine.defaults import DEFAULTS

# Keeps facts that never vary or always go together solvable; changes R2 by less than 1e-9.
_RIDGE = 1e-10


@dataclass(frozen=True, slots=True)
class Driver:
    """A fact's share of the explained variance with its interval; tied when that overlaps the one above."""

    name: str
    explained: float
    share: float
    low: float
    high: float
    tied_with_previous: bool


@dataclass(frozen=True, slots=True)
class Drivers:
    """Drivers, strongest first, with the R2 they divide and the adjusted R2 that must stand beside it."""

    drivers: tuple[Driver, ...]
    r2: float
    adjusted_r2: float
    n: int


@dataclass(frozen=True, slots=True)
class Pull:
    """How far tickets with a fact pull the mean down: their share times how much lower they are rated."""

    share: float
    difference: float
    pull: float


def lmg(covariance: ArrayLike, groups: Sequence[Sequence[int]]) -> FloatArray:
    """Return the LMG value of every group of predictors, last axis; they sum to R2.

    `covariance` (..., k, k) holds the predictors and, last, the rating; `groups` the columns of each
    predictor. At most 10 groups: 2^p regressions are solved.
    """
    require(
        len(groups) <= DEFAULTS.most_predictors,
        f"At most {DEFAULTS.most_predictors} drivers can be compared.",
    )
    matrix = np.asarray(covariance, dtype=np.float64)
    size = len(groups)
    r2 = [
        _r2(matrix, [c for g in range(size) if chosen >> g & 1 for c in groups[g]])
        for chosen in range(1 << size)
    ]
    return np.stack([_shapley(r2, group, size) for group in range(size)], axis=-1)


def _r2(matrix: FloatArray, columns: list[int]) -> FloatArray:
    total = matrix[..., -1, -1]
    if not columns:
        return np.zeros_like(total)
    spread = np.sqrt(np.diagonal(matrix, axis1=-2, axis2=-1)[..., columns])
    spread = np.where(spread > 0.0, spread, 1.0)
    inner = matrix[..., columns, :][..., columns] / (spread[..., :, np.newaxis] * spread[..., np.newaxis, :])
    inner[..., range(len(columns)), range(len(columns))] = 1.0 + _RIDGE
    outer = matrix[..., columns, -1] / spread
    return np.asarray((outer * np.linalg.solve(inner, outer[..., np.newaxis])[..., 0]).sum(axis=-1) / total)


def _shapley(r2: Sequence[FloatArray], group: int, size: int) -> FloatArray:
    value = np.zeros_like(r2[0])
    for others in range(1 << size):
        if not others >> group & 1:
            before = others.bit_count()
            weight = math.factorial(before) * math.factorial(size - 1 - before) / math.factorial(size)
            value = value + weight * (r2[others | 1 << group] - r2[others])
    return value


def drivers(
    cross_products: ArrayLike, groups: Mapping[str, Sequence[int]], *, seed: int, resamples: int = 200
) -> Drivers | None:
    """Return the drivers of a rating, or None below 200 answers or 20 per predictor column.

    `cross_products` (days, k, k) holds A'A per day for A = (1, predictors, rating); `groups` names the
    columns of A that make up each predictor (column 0 is the constant). Intervals are the 95 % range over
    resampled days; `seed` fixes the draw.
    """
    days = np.asarray(cross_products, dtype=np.float64)
    whole = days.sum(axis=0)
    n, columns = round(float(whole[0, 0])), sum(len(group) for group in groups.values())
    if n < max(DEFAULTS.least_n_for_drivers, DEFAULTS.answers_per_predictor * columns):
        return None
    shifted = [[c - 1 for c in group] for group in groups.values()]
    covariance = _covariance(whole)
    if covariance[-1, -1] <= 0.0:
        return None
    explained = lmg(covariance, shifted)
    r2 = float(explained.sum())
    if r2 <= 0.0:
        return None
    drawn = _resampled_shares(days, shifted, seed, resamples)
    adjusted = 1.0 - (1.0 - r2) * (n - 1) / (n - columns - 1)
    return Drivers(_ranked(tuple(groups), explained, drawn), r2, adjusted, n)


def _covariance(cross: FloatArray) -> FloatArray:
    n = cross[..., :1, :1]
    mean = cross[..., :1, 1:] / n
    return np.asarray(cross[..., 1:, 1:] / n - np.swapaxes(mean, -1, -2) * mean)


def _resampled_shares(
    days: FloatArray, groups: Sequence[Sequence[int]], seed: int, resamples: int
) -> FloatArray:
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(days), np.full(len(days), 1.0 / len(days)), size=resamples)
    cross = np.einsum("rd,dij->rij", times.astype(np.float64), days)
    covariance = _covariance(cross[cross[:, 0, 0] > 0.0])
    values = lmg(covariance[covariance[:, -1, -1] > 0.0], groups)
    r2 = values.sum(axis=-1, keepdims=True)
    usable = r2[:, 0] > 0.0
    return np.asarray(values[usable] / r2[usable])


def _ranked(names: Sequence[str], explained: FloatArray, drawn: FloatArray) -> tuple[Driver, ...]:
    tail = 100.0 * (1.0 - DEFAULTS.level) / 2.0
    low, high = np.percentile(drawn, [tail, 100.0 - tail], axis=0)
    share = explained / explained.sum()
    ranked: list[Driver] = []
    for i in np.argsort(-share, kind="stable"):
        tied = bool(ranked) and bool(high[i] >= ranked[-1].low)
        ends = float(min(low[i], share[i])), float(max(high[i], share[i]))
        ranked.append(Driver(names[i], float(explained[i]), float(share[i]), *ends, tied))
    return tuple(ranked)


def pull(*, tickets_with: int, mean_with: float, tickets_without: int, mean_without: float) -> Pull | None:
    """Return how far tickets with a fact pull the mean rating down, or None when one side is empty.

    9 % of tickets, rated 1.4 lower, pull the mean down by .13: this, not a share of variance, speaks about
    the gap.
    """
    if not tickets_with or not tickets_without:
        return None
    share = tickets_with / (tickets_with + tickets_without)
    difference = mean_without - mean_with
    return Pull(share, difference, share * difference)


def reason_weight(*, share: float, mean_score: float, target: float = DEFAULTS.target_score) -> float:
    """Return how much a ticked reason weighs: share of answers x distance of their mean from target."""
    return share * (target - mean_score)
