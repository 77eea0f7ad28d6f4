"""Blend indicators into dimensions and dimensions into one XLA score, keeping the number explainable.

Within a dimension (X, O, T, S): weighted arithmetic mean. Across dimensions: weighted geometric mean with
each dimension floored at 10, so that a poor experience is not bought back by good operations. What each
dimension costs or gives is shown exactly (log-mean divisia index, Ang 2004). Since even the geometric mean
lets X = 50 pass when all else is perfect, a status veto follows: never green while the experience is red. A
missing part is renormalised away and shows in the coverage.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtr, ndtri

from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import UNJUDGED, Experience
from experience.engine.intervals import Estimate, mover, mover_geometric

_Z95 = 1.96
EXPERIENCE_DIMENSION = "X"


@dataclass(frozen=True, slots=True)
class Score:
    """A score 0..100 with its evidence.

    `low` and `high` are None while too little is known for an interval; a census (all tickets, all minutes)
    has both equal to the value and `n_effective` None. `coverage` is the weight measured over the weight
    agreed.
    """

    value: float
    low: float | None
    high: float | None
    coverage: float
    n_effective: float | None

    @property
    def has_interval(self) -> bool:
        """True when both ends are known."""
        return self.low is not None and self.high is not None

    @classmethod
    def census(cls, value: float) -> "Score":
        """Return a score that was counted in full and needs no interval."""
        return cls(value, value, value, 1.0, None)


@dataclass(frozen=True, slots=True)
class Composite:
    """An XLA score with what each dimension adds to the target score of 70; the parts sum to value - 70."""

    score: Score
    contributions: Mapping[str, float]
    partial: bool


class Colour(StrEnum):
    """The status of an agreement, worst first."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


_WORST_FIRST = (Colour.RED, Colour.AMBER, Colour.GREEN)


@dataclass(frozen=True, slots=True)
class BasketChange:
    """The change of a score over the dimensions that both periods have; `dimensions` names them."""

    previous: float
    current: float
    change: float
    dimensions: tuple[str, ...]


def coverage(available: Mapping[str, object | None], weights: Mapping[str, float]) -> float:
    """Return the weight of the parts that are not None over the weight of all parts."""
    total = sum(weights.values())
    return sum(w for name, w in weights.items() if available.get(name) is not None) / total


def dimension_score(
    indicators: Mapping[str, Score | None], weights: Mapping[str, float], *, correlation: float = 0.0
) -> Score | None:
    """Return the weighted mean of a dimension's indicators with its MOVER interval, None without any.

    `correlation` between indicators: 0.5 within X (the same people answer), else 0. An indicator that is
    still collecting (no interval) waits outside until it has one, unless no indicator has. The effective n
    is that of the weakest indicator.
    """
    ready = {
        name: score
        for name, score in indicators.items()
        if score is not None and weights.get(name, 0.0) > 0.0
    }
    with_interval = {name: score for name, score in ready.items() if score.has_interval}
    used = with_interval or ready
    if not used:
        return None
    part = coverage(used, {name: w for name, w in weights.items() if w > 0.0})
    sizes = [score.n_effective for score in used.values() if score.n_effective is not None]
    n_effective = min(sizes) if sizes else None
    if not with_interval:
        return Score(
            _mean({name: s.value for name, s in used.items()}, weights), None, None, part, n_effective
        )
    found = mover(*_columns(used, weights), correlation=correlation)
    return Score(found.value, found.low, found.high, part, n_effective)


def _mean(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    total = sum(weights[name] for name in values)
    return sum(weights[name] * value for name, value in values.items()) / total


def _columns(
    scores: Mapping[str, Score], weights: Mapping[str, float]
) -> tuple[list[float], list[float], list[float], list[float]]:
    rows = [
        (s.value, s.value if s.low is None else s.low, s.value if s.high is None else s.high, weights[name])
        for name, s in scores.items()
    ]
    value, low, high, weight = (list(column) for column in zip(*rows, strict=True))
    return value, low, high, weight


def geometric_mean(
    values: Mapping[str, float], weights: Mapping[str, float], *, floor: float = DEFAULTS.dimension_floor
) -> float:
    """Return exp(sum w ln max(value, floor) / sum w); weights of absent names are left out.

    Rounding never takes it out of the range of its values: three scores of 100 are 100.
    """
    floored = {name: max(value, floor) for name, value in values.items()}
    total = sum(weights[name] for name in values)
    mean = math.exp(sum(weights[name] * math.log(value) for name, value in floored.items()) / total)
    return min(max(mean, min(floored.values())), max(floored.values()))


def contributions(
    values: Mapping[str, float],
    weights: Mapping[str, float],
    *,
    floor: float = DEFAULTS.dimension_floor,
    target: float = DEFAULTS.target_score,
) -> dict[str, float]:
    """Return what each dimension adds to the distance from target; the parts sum exactly to XLA - target.

    c = L(XLA, target) (w/W) ln(max(S, floor)/target) with the logarithmic mean L(a, b) = (a-b)/ln(a/b),
    L(a, a) = a.
    """
    total = sum(weights[name] for name in values)
    logs = {name: weights[name] / total * math.log(max(v, floor) / target) for name, v in values.items()}
    distance = math.fsum(logs.values())
    log_mean = target * math.expm1(distance) / distance if distance else target
    return {name: log_mean * part for name, part in logs.items()}


def composite(dimensions: Mapping[str, Score | None], weights: Mapping[str, float]) -> Composite | None:
    """Return the XLA over its dimensions, or None when it may not be published.

    It needs the experience dimension X and at least 60 % of the agreed weight; below 90 % it is partial.
    Without an interval in X or any other dimension there is none for the XLA. The effective n is that of X.
    """
    present = {
        name: score
        for name, score in dimensions.items()
        if score is not None and weights.get(name, 0.0) > 0.0
    }
    share = coverage(present, weights)
    experience = present.get(EXPERIENCE_DIMENSION)
    if experience is None or share < DEFAULTS.least_coverage:
        return None
    values = {name: score.value for name, score in present.items()}
    estimate = _composite_estimate(present, weights)
    value = estimate.value if estimate else geometric_mean(values, weights)
    low, high = (estimate.low, estimate.high) if estimate else (None, None)
    score = Score(value, low, high, share, experience.n_effective)
    return Composite(score, contributions(values, weights), share < DEFAULTS.full_coverage)


def _composite_estimate(present: Mapping[str, Score], weights: Mapping[str, float]) -> Estimate[float] | None:
    if not all(score.has_interval for score in present.values()):
        return None
    return mover_geometric(*_columns(present, weights))


def xla_colour(blend: Composite, experience: Experience) -> Colour | None:
    """Return the XLA's colour: the worse of its own interval's and its experience's.

    Red when the whole interval lies below 70, green when all of it is at or above, else amber. None while
    the experience is hidden or still collecting.
    """
    if blend.score.low is None or blend.score.high is None or experience in UNJUDGED:
        return None
    own = interval_colour(blend.score.low, blend.score.high)
    return min(own, _experience_colour(experience), key=_WORST_FIRST.index)


def is_confirmed(n_effective: float | None) -> bool:
    """Return whether a blended score may be called confirmed: from an effective n of 30, or without any."""
    return n_effective is None or n_effective >= DEFAULTS.least_n_for_confirmed


def interval_colour(low: float, high: float, *, target: float = DEFAULTS.target_score) -> Colour:
    """Return red when the interval ends below target, green when it starts at or above, else amber."""
    if high < target:
        return Colour.RED
    return Colour.GREEN if low >= target else Colour.AMBER


def _experience_colour(experience: Experience) -> Colour:
    if experience is Experience.LIKELY_RED:
        return Colour.RED
    return Colour.GREEN if experience is Experience.LIKELY_GREEN else Colour.AMBER


def p_below_from_interval(value: float, high: float, *, target: float = DEFAULTS.target_score) -> float:
    """Return the one-sided p-value of "on target or better" from the upper end of a 95 % interval.

    For a dimension of several indicators: Phi((S-70)/sigma) with sigma = (high - S)/1.96.
    """
    spread = (high - value) / _Z95
    if spread <= 0.0:
        return 0.0 if value < target else 1.0
    return float(ndtr((value - target) / spread))


def variance_from_interval(value: float, high: float) -> float:
    """Return the variance of a score from the upper end of its 95 % interval: ((high - value)/1.96)2."""
    return float(((high - value) / _Z95) ** 2)


def upper_end(value: float, high: float, *, level: float) -> float:
    """Return the upper end of the one-sided interval of this level, from that of the 95 % interval."""
    return float(value + ndtri(level) * (high - value) / _Z95)


def matched_change(
    previous: Mapping[str, float | None], current: Mapping[str, float | None], weights: Mapping[str, float]
) -> BasketChange | None:
    """Return the change over the dimensions present in both periods, or None when they share none.

    A trend over a changed basket mixes what happened with what was measured; this leaves the second out.
    """
    before, after = matched_basket(previous, current)
    if not before:
        return None
    old, new = geometric_mean(before, weights), geometric_mean(after, weights)
    return BasketChange(old, new, new - old, tuple(before))


def matched_basket(
    previous: Mapping[str, float | None], current: Mapping[str, float | None]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return both periods restricted to the parts (indicators or dimensions) that both have."""
    before = {name: v for name, v in previous.items() if v is not None and current.get(name) is not None}
    after = {name: v for name in before if (v := current[name]) is not None}
    return before, after


def carried_forward(score: Score) -> Score:
    """Return an O or T score (never X) that rests on old data, with its interval widened by half."""
    if score.low is None or score.high is None:
        return score
    stretch = DEFAULTS.stale_width_factor
    low = max(0.0, score.value - stretch * (score.value - score.low))
    high = min(100.0, score.value + stretch * (score.high - score.value))
    return Score(score.value, low, high, score.coverage, score.n_effective)
