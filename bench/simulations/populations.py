"""Invented services: J-shaped stars from a latent N(a, 1.25) cut at four points.

Means are percent of maximum possible (POMP). The target lies at POMP 70 and 3 POMP are worth 5 score points
below it, as with the default rating anchors.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from experience.engine.arrays import FloatArray
from experience.engine.intervals import Interval, Moments, moderated_wilson, moments_of_counts, p_below

POMP = np.array([0.0, 25.0, 50.0, 75.0, 100.0])
CUTS = np.array([-2.3, -1.7, -1.1, -0.1])
SPREAD = 1.25
TARGET = 70.0
MATERIAL_POMP = 3.0
SCORE_PER_POMP = 5.0 / MATERIAL_POMP


def star_chances(latent: FloatArray) -> FloatArray:
    """Return the chance of each star for latent means, stars along a new last axis."""
    below = ndtr((CUTS - latent[..., np.newaxis]) / SPREAD)
    ends = [np.zeros((*latent.shape, 1)), below, np.ones((*latent.shape, 1))]
    return np.diff(np.concatenate(ends, axis=-1), axis=-1)


_LATENT = np.linspace(-3.5, 4.5, 2001)
_MEANS = star_chances(_LATENT) @ POMP


def chances_at(true_means: FloatArray) -> FloatArray:
    """Return the chance of each star for services with these true means."""
    return star_chances(np.interp(true_means, _MEANS, _LATENT))


def variance_at(true_mean: float) -> float:
    """Return the variance of one answer in a service with this true mean."""
    chances = chances_at(np.array(true_mean))
    return float(chances @ POMP**2 - (chances @ POMP) ** 2)


def answers_of(
    rng: np.random.Generator, sizes: int | NDArray[np.int64], true_means: FloatArray
) -> NDArray[np.int64]:
    """Return the count of each star in samples of these sizes."""
    return rng.multinomial(sizes, chances_at(true_means))


def rated(counts: NDArray[np.int64]) -> Moments[FloatArray]:
    """Return the moments of star counts in POMP."""
    return moments_of_counts(counts, POMP)


def interval_of(found: Moments[FloatArray], pooled: float) -> Interval[FloatArray]:
    """Return the moderated Wilson interval of POMP means."""
    return moderated_wilson(found.mean, found.variance, found.n, lo=0.0, hi=100.0, pooled=pooled)


def p_of(found: Moments[FloatArray], pooled: float | FloatArray) -> FloatArray:
    """Return the p-value of "on target or better"."""
    return p_below(found.mean, found.variance, found.n, target=TARGET, lo=0.0, hi=100.0, pooled=pooled)
