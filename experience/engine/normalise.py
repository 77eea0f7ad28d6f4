"""From a native statistic (stars, minutes, shares) to a score on 0..100 where 70 means "exactly on target".

The map is applied to the aggregate, never to single answers: it has a kink at the target, so the mean of
mapped answers is not the mapped mean. It is monotone, so the end points of an interval map exactly.
"""

from collections.abc import Mapping
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


def rating_anchors(lo: float, hi: float) -> Anchors:
    """Return the default anchors of a satisfaction rating on the scale from lo (worst) to hi (best)."""
    floor, target, ceiling = DEFAULTS.rating_anchors_pomp
    return Anchors(*(lo + (hi - lo) * share / 100.0 for share in (floor, target, ceiling)))


def native_of(score: N, anchors: Anchors) -> N:
    """Return the native value that has this score: `Anchors.score` turned round."""
    points = (0.0, DEFAULTS.target_score, 100.0)
    return like(np.interp(score, points, (anchors.floor, anchors.target, anchors.ceiling)), score)


def pomp(value: N, lo: Numbers, hi: Numbers) -> N:
    """Return the percent of the maximum possible, 100 (value - lo)/(hi - lo); lo > hi reverses it."""
    require(np.not_equal(lo, hi), "A scale needs two different ends.")
    return like(100.0 * np.subtract(value, lo) / np.subtract(hi, lo), value)


def budget_burn(availability: N, target: Numbers) -> N:
    """Return the share of the error budget used, (1-A)/(1-A_target); 1 is exactly on target."""
    require(np.less(target, 1.0), "An availability target of 100 % leaves no error budget; set it below 1.")
    return like(np.subtract(1.0, availability) / np.subtract(1.0, target), availability)


# Default anchors of section "Indicators" of docs/method.md. SLA attainment is missing on purpose: its
# target is the contract's.
DEFAULT_ANCHORS: Mapping[str, Anchors] = {
    "rating": rating_anchors(1.0, 5.0),
    "happiness": Anchors(0.0, 65.0, 90.0),
    "csat": Anchors(0.60, 0.85, 0.95),
    "effort": Anchors(3.5, 5.5, 6.5),
    "lost_time": Anchors(300.0, 120.0, 30.0),
    "sentiment": Anchors(-0.5, 0.2, 0.7),
    "apdex": Anchors(0.50, 0.85, 0.94),
    "availability": Anchors(2.0, 1.0, 0.0),
    "time_to_resolve": Anchors(2.0, 1.0, 0.5),
    "reopen_share": Anchors(0.15, 0.05, 0.01),
    "reassigned_share": Anchors(0.40, 0.15, 0.05),
    "crash_free": Anchors(0.97, 0.995, 0.999),
    "incident_rate": Anchors(1.5, 1.0, 0.8),
}
