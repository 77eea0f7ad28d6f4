"""Asking a random sample of those who did not answer: the one cure where answering depends on the experience.

Two phases: everybody who was asked, then a random sample of those among them who kept silent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from experience.engine.arrays import require
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import has_interval
from experience.engine.intervals import (
    Moderated,
    Moments,
    cold_start_variance,
    interval_of_worth,
    moderated_variance,
    moments_of_counts,
    worth,
)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The mean over all who were asked, with its interval where enough stand behind it."""

    value: float
    low: float | None
    high: float | None
    n_effective: float


@dataclass(frozen=True, slots=True)
class _Phase:
    """One phase: its share of those asked, its mean, its moderated variance, answers and their df."""

    share: float
    mean: float
    variance: float
    n: float
    df: float

    @property
    def error(self) -> float:
        """What the phase adds to the variance of the estimate."""
        return self.share**2 * self.variance / self.n


def follow_up(
    *,
    asked: int,
    first: Sequence[int],
    second: Sequence[int],
    lo: int,
    hi: int,
    pooled: float | None = None,
    level: float = DEFAULTS.level,
) -> FollowUp | None:
    """Return the mean over all asked, in native units; None below 5 answers to the follow-up.

    `first` and `second` count the answers of the first asking and of the follow-up by rating, from `lo` to
    `hi`. Mean and variance (Hansen and Hurwitz 1946; Cochran 1977, 13.6, without finite population
    correction, since a service is judged and not a list of tickets), with f = answers/asked:

        mean = f raw + (1-f) follow-up
        v = f2 s1/n1 + (1-f)2 s2/m + f(1-f) (raw - follow-up)2 / asked

    with s1, s2 moderated by the organisation's `pooled` variance as everywhere, and Wilson's interval of
    what the estimate is worth, its degrees of freedom by Satterthwaite (1946). No interval below an
    effective n of 8. It rests on those reached being like those drawn: who cannot be reached stays silent.
    """
    if sum(second) < DEFAULTS.least_respondents:
        return None
    rate = sum(first) / asked
    require(0.0 <= rate < 1.0, "Somebody who was asked must have kept silent.")
    prior = cold_start_variance(lo, hi) if pooled is None else pooled
    silent = _phase(1.0 - rate, second, lo, prior)
    phases = [silent, _phase(rate, first, lo, prior)] if rate else [silent]
    value = sum(phase.share * phase.mean for phase in phases)
    between = sum(phase.share * (phase.mean - value) ** 2 for phase in phases)
    spread = sum(phase.share * phase.variance for phase in phases) + between
    error = sum(phase.error for phase in phases) + between / asked
    df = error**2 / sum(phase.error**2 / phase.df for phase in phases)
    return _estimate(value, spread, spread / error, df, lo, hi, level)


def _phase(share: float, counts: Sequence[int], lo: int, prior: float) -> _Phase:
    found: Moments[float] = moments_of_counts(counts, range(lo, lo + len(counts)))  # type: ignore[assignment]
    variance, df = moderated_variance(found.variance, found.n, prior)
    return _Phase(share, float(found.mean), float(variance), float(found.n), float(df))


def _estimate(
    value: float, spread: float, n_effective: float, df: float, lo: int, hi: int, level: float
) -> FollowUp:
    if not has_interval(n_effective):
        return FollowUp(value, None, None, n_effective)
    share = (value - lo) / (hi - lo)
    n_star = float(worth(share, spread, n_effective, width=hi - lo))
    ends = interval_of_worth(Moderated(share, spread, n_star, df), lo=lo, hi=hi, level=level)
    return FollowUp(value, ends.low, ends.high, n_effective)


def follow_up_margin(
    *, asked: int, answered: int, reached: int, variance: float, level: float = DEFAULTS.level
) -> float:
    """Return the +-margin to expect of a follow-up that reaches so many, for planning.

    The variance of `follow_up` with one `variance` (native units squared) in both phases and no difference
    between them.
    """
    require(0 <= answered < asked and reached > 0, "Somebody must have kept silent and somebody be reached.")
    rate = answered / asked
    error = variance * (rate / asked + (1.0 - rate) ** 2 / reached)
    return float(ndtri(0.5 + level / 2.0)) * math.sqrt(error)
