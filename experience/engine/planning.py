"""How many answers it takes: for planning, never for judging."""

import math

from scipy.special import stdtrit

from experience.engine.arrays import require
from experience.engine.defaults import DEFAULTS


def detectable_shortfall(n_effective: float, variance: float, *, power: float = DEFAULTS.power) -> float:
    """Return the shortfall below target that this many answers would reveal four times in five.

    (t_.95 + t_power) sqrt(variance/n): the normal approximation of the one-sided test of
    `intervals.p_below`.
    """
    require(n_effective > 0.0, "No answers would reveal nothing; ask for at least one.")
    df = max(n_effective - 1.0, 0.0) + DEFAULTS.prior_df
    quantiles = float(stdtrit(df, 1.0 - DEFAULTS.alpha)) + float(stdtrit(df, power))
    return quantiles * math.sqrt(variance / n_effective)


def answers_to_reveal(shortfall: float, variance: float, *, most: int = 10_000) -> int | None:
    """Return how many answers reveal this shortfall below target four times in five; None beyond `most`."""
    require(shortfall > 0.0, "Only a rating below target has a shortfall to reveal.")
    if detectable_shortfall(float(most), variance) > shortfall:
        return None
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        enough = detectable_shortfall(float(middle), variance) <= shortfall
        low, high = (low, middle) if enough else (middle + 1, high)
    return high
