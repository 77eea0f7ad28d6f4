"""From a native statistic (stars, minutes, shares) to a score on 0..100 where 70 means "exactly on target".

The map is applied to the aggregate, never to single answers: it has a kink at the target, so the mean of
mapped answers is not the mapped mean. It is monotone, so the end points of an interval map exactly.
"""

from dataclasses import dataclass

import numpy as np

from experience.engine.arrays import N, Numbers, like, require
from experience.engine.defaults import DEFAULTS
from experience.engine.intervals import Interval


@dataclass(frozen=True, slots=True)
class Anchors:
    """Floor (score 0), target (70) and ceiling (100) of an indicator on its native scale.

    A ceiling below the floor means that lower is better. Raises ValueError unless the three are strictly
    monotone.
    """

    floor: float
    target: float
    ceiling: float

    def __post_init__(self) -> None:
        rising = self.floor < self.target < self.ceiling
        falling = self.floor > self.target > self.ceiling
        if not (rising or falling):
            raise ValueError(
                f"Floor {self.floor}, target {self.target} and ceiling {self.ceiling} must rise or fall "
                "strictly; put the target between the other two."
            )

    @property
    def higher_is_better(self) -> bool:
        """True when the ceiling lies above the floor."""
        return self.ceiling > self.floor

    def score(self, native: N) -> N:
        """Return the score 0..100 of a native value (or an array of them)."""
        return piecewise(native, self.floor, self.target, self.ceiling)

    def score_interval(self, interval: Interval[N]) -> Interval[N]:
        """Return the interval mapped to scores, low end first also when lower is better."""
        low, high = self.score(interval.low), self.score(interval.high)
        return Interval(low, high) if self.higher_is_better else Interval(high, low)


def piecewise(
    native: N,
    floor: Numbers,
    target: Numbers,
    ceiling: Numbers,
    *,
    target_score: float = DEFAULTS.target_score,
) -> N:
    """Map a native value to 0..100: floor to 0, target to 70, ceiling to 100, straight lines between.

    All arguments broadcast. Anchors must be strictly monotone in one direction (see `Anchors`), which is
    not checked here.
    """
    x = np.asarray(native, dtype=np.float64)
    below = target_score * (x - floor) / np.subtract(target, floor)
    above = target_score + (100.0 - target_score) * (x - target) / np.subtract(ceiling, target)
    return like(np.clip(np.where(below < target_score, below, above), 0.0, 100.0), native)


def pomp(value: N, lo: Numbers, hi: Numbers) -> N:
    """Return the percent of the maximum possible, 100 (value - lo)/(hi - lo); lo > hi reverses it."""
    require(np.not_equal(lo, hi), "A scale needs two different ends.")
    return like(100.0 * np.subtract(value, lo) / np.subtract(hi, lo), value)
