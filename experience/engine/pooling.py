"""Partial pooling of service scores, for ranking lists only.

Shrinking pulls a small service towards the fleet. That orders a list better than raw means, but hides the
worst small services, so flags and intervals use the raw score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from experience.engine.arrays import FloatArray, require

# The variance of a shrunk score divides by m-3.
LEAST_SERVICES = 4
_BISECTIONS = 200


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet's mean, its variance between services, and the variance of that mean."""

    mean: float
    between: float
    mean_variance: float


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Shrunk scores and their variances, in the order of the services given."""

    value: FloatArray
    variance: FloatArray


def paule_mandel(scores: ArrayLike, variances: ArrayLike) -> Fleet:
    """Return the fleet whose between-service variance explains the scatter of the scores.

    Paule and Mandel 1982: solves sum (y-mu)2/(v+tau2) = m-1 for tau2 >= 0, mu being the precision-weighted
    mean. `variances` are those of the scores (variance of an answer over effective n) and must be positive.
    """
    y, v = np.asarray(scores, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    require(v > 0.0, "Every score needs a positive variance; moderate it first.")
    low, high = 0.0, 1.0
    if _excess(y, v, 0.0) <= 0.0:
        return _fleet(y, v, 0.0)
    while _excess(y, v, high) > 0.0:
        high *= 2.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _excess(y, v, middle) > 0.0 else (low, middle)
    return _fleet(y, v, (low + high) / 2.0)


def _fleet(y: FloatArray, v: FloatArray, between: float) -> Fleet:
    weight = 1.0 / (v + between)
    return Fleet(float((weight * y).sum() / weight.sum()), between, float(1.0 / weight.sum()))


def _excess(y: FloatArray, v: FloatArray, between: float) -> float:
    mean = _fleet(y, v, between).mean
    return float(((y - mean) ** 2 / (v + between)).sum()) - (len(y) - 1)


def shrink(scores: ArrayLike, variances: ArrayLike) -> Shrunk:
    """Return every score pulled towards the mean of the fleet they form; fewer than 4 stay raw."""
    y, v = np.asarray(scores, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if len(y) < LEAST_SERVICES:
        return Shrunk(y, v)
    return shrink_into(paule_mandel(y, v), y, v, services=len(y))


def shrink_into(fleet: Fleet, scores: ArrayLike, variances: ArrayLike, *, services: int) -> Shrunk:
    """Return scores pulled towards a known fleet of at least 4 services.

    B = tau2/(tau2+v); shrunk = mu + B (y-mu); variance = B v + (1-B)2 var(mu) + 2 (1-B)2 (y-mu)2/(m-3)
    (Morris 1983).
    """
    require(services >= LEAST_SERVICES, f"A fleet to shrink into has at least {LEAST_SERVICES} services.")
    y, v = np.asarray(scores, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    own = fleet.between / (fleet.between + v)
    distance = y - fleet.mean
    doubt = (1.0 - own) ** 2 * (fleet.mean_variance + 2.0 * distance**2 / (services - 3))
    return Shrunk(fleet.mean + own * distance, own * v + doubt)
