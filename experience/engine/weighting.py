"""From those who answered back to those who were served.

An answer speaks for tickets like its own: it weighs 1 / (chance of being asked x response rate of its
class). Response rates are learned across the organisation and shrunk down a hierarchy of ticket facts,
weights are trimmed, then scaled once to the service's own split into hassle (reopened or over the time
target) and the rest. Only facts from before the answer enter: what the answer can cause, such as a later
reopening, is not a covariate. Weighting cannot mend answering that depends on the experience itself; for
that there is the tipping point.

A response class is written as one character per ticket fact in this order: repeat contact (0, 1), reopened
(0, 1), time to resolve against target (0 within, 1 up to twice, 2 beyond), site or language group, persona,
reassigned (0, 1, 2 or more). A shorter code is a coarsened class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from experience.engine.arrays import BoolArray, FloatArray, Numbers, require
from experience.engine.defaults import DEFAULTS
from experience.engine.strata import post_stratify as post_stratify
from experience.engine.strata import rake as rake
from surveys.engine.response_class import Fact, tells


@dataclass(frozen=True, slots=True)
class ClassRates:
    """Response rate per class and per coarser class; the empty code is the whole organisation."""

    by_class: Mapping[str, float]

    def of(self, response_class: str) -> float:
        """Return the response rate of a class, or of the finest coarser class that was ever asked."""
        known = (response_class[:length] for length in range(len(response_class), -1, -1))
        return next(self.by_class[code] for code in known if code in self.by_class)


@dataclass(frozen=True, slots=True)
class Weighted:
    """A weighted mean, its sample variance, the answers and what they are worth (Kish's effective n)."""

    mean: FloatArray
    variance: FloatArray
    n: FloatArray
    kish: FloatArray


class Robustness(StrEnum):
    """How large a difference in the silent would have to be for a flag to vanish."""

    ROBUST = "robust"
    FAIR = "fair"
    FRAGILE = "fragile"


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The mean over answered and silent, and how much happier the silent must be for it to reach target."""

    period_mean: float
    shift: float


def answers_by_class(asked: Mapping[str, int], answers: Mapping[str, int]) -> dict[str, float]:
    """Return the answers of each class that was asked; both count one service's resolutions per class.

    Anonymous answers are known by a coarsened class alone: they are shared out among the classes that begin
    like it, in proportion to those still silent there. Answers beyond what was asked are left out.
    """
    known = {code: float(min(answers.get(code, 0), n)) for code, n in asked.items() if n > 0}
    for coarse in sorted(answers.keys() - known.keys(), key=len, reverse=True):
        silent = {code: asked[code] - known[code] for code in known if code.startswith(coarse)}
        share = min(1.0, answers[coarse] / max(sum(silent.values()), 1.0))
        known |= {code: known[code] + share * n for code, n in silent.items()}
    return known


def class_rates(asked: Mapping[str, int], answers: Mapping[str, float]) -> ClassRates:
    """Return the response rate of every class, shrunk towards its parent (its code without the last fact).

    rate = (answers + 20 parent rate) / (asked + 20), starting from a rate of .2 with weight 20. `asked` and
    `answers` count the organisation's resolutions per class over the trailing 90 days that are at least 7
    days old. Raises ValueError for a class with more answers than it was asked.
    """
    require(
        all(answers.get(code, 0) <= n for code, n in asked.items()),
        "A class has more answers than questions.",
    )
    totals = _prefix_totals(asked), _prefix_totals(answers)
    rates: dict[str, float] = {}
    for code in sorted(totals[0] | {"": 0}, key=len):
        parent = rates[code[:-1]] if code else DEFAULTS.root_response_rate
        prior = DEFAULTS.class_prior_tickets
        rates[code] = (totals[1].get(code, 0) + prior * parent) / (totals[0].get(code, 0) + prior)
    return ClassRates(rates)


def _prefix_totals(counts: Mapping[str, float]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for code, count in counts.items():
        for length in range(len(code) + 1):
            totals[code[:length]] = totals.get(code[:length], 0) + count
    return totals


def is_hassle(response_class: str) -> bool:
    """Return whether the resolution was reopened before or late; unknown facts count as no hassle."""
    return tells(response_class, Fact.REOPENED) or tells(response_class, Fact.TIME_TO_RESOLVE)


def class_weights(rates: ArrayLike, chances: ArrayLike = 1.0) -> FloatArray:
    """Return 1/(pi rho): response rates and stored chances of being asked, both in (0, 1], broadcast."""
    share = np.asarray(rates, dtype=np.float64) * np.asarray(chances, dtype=np.float64)
    require(
        (share > 0.0) & (share <= 1.0),
        "Response rates and chances of being asked must lie above 0 and at most at 1.",
    )
    return np.asarray(1.0 / share)


def median_weight(weights: ArrayLike, answers: ArrayLike) -> FloatArray:
    """Return the median weight over answers, classes running along the last axis; all rows need an answer."""
    weight, count = _aligned(weights, answers)
    order = np.argsort(weight, axis=-1)
    ordered = np.take_along_axis(weight, order, axis=-1)
    reached = np.cumsum(np.take_along_axis(count, order, axis=-1), axis=-1)
    n = reached[..., -1:]
    require(n > 0.0, "No answers: leave out services without answers, they need no weights.")
    middle = [np.floor((n - 1.0) / 2.0), np.floor(n / 2.0)]
    pair = [
        np.take_along_axis(ordered, (reached > m).argmax(axis=-1)[..., np.newaxis], axis=-1) for m in middle
    ]
    return np.asarray((pair[0] + pair[1])[..., 0] / 2.0)


def _aligned(weights: ArrayLike, answers: ArrayLike) -> tuple[FloatArray, FloatArray]:
    weight, count = np.broadcast_arrays(
        np.asarray(weights, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    )
    return weight, count


def trim(
    weights: ArrayLike,
    answers: ArrayLike,
    *,
    factor: float = DEFAULTS.trim_factor,
    passes: int = DEFAULTS.trim_passes,
) -> FloatArray:
    """Return weights of mean 1 over answers, cut at `factor` medians with the excess given to the others.

    One weight per class (last axis) and the answers in it. At most `passes` rounds, since giving can lift
    others over the cap.
    """
    weight, count = _aligned(weights, answers)
    median = median_weight(weight, count)[..., np.newaxis]
    scale = count.sum(axis=-1, keepdims=True) / (weight * count).sum(axis=-1, keepdims=True)
    weight, cap = weight * scale, factor * median * scale
    for _ in range(passes):
        over = (weight > cap) & (count > 0.0)
        if not over.any():
            break
        excess = np.where(over, count * (weight - cap), 0.0).sum(axis=-1, keepdims=True)
        kept = np.where(over, 0.0, count * weight).sum(axis=-1, keepdims=True)
        weight = np.where(over, cap, weight * (1.0 + excess / kept))
    return np.asarray(weight)


def calibrate(
    weights: ArrayLike,
    answers: ArrayLike,
    hassle: BoolArray,
    *,
    resolved_hassle: Numbers,
    resolved_other: Numbers,
    least_answers: int = DEFAULTS.calibration_answers,
) -> FloatArray:
    """Return the weights scaled to the service's own resolutions with and without hassle.

    `hassle` marks the classes; a service with fewer than 5 answers on either side keeps its weights.
    """
    weight, count = _aligned(weights, answers)
    sides = (
        (np.asarray(hassle), np.asarray(resolved_hassle)),
        (~np.asarray(hassle), np.asarray(resolved_other)),
    )
    answered = (np.where(side, count, 0.0).sum(axis=-1) >= least_answers for side, _ in sides)
    enough = np.logical_and(*answered) & np.logical_and(*(resolved > 0 for _, resolved in sides))
    for side, resolved in sides:
        sampled = np.where(side, weight * count, 0.0).sum(axis=-1)
        factor = np.where(enough, resolved / np.where(enough, sampled, 1.0), 1.0)
        weight = np.where(side, weight * factor[..., np.newaxis], weight)
    return np.asarray(weight)


def weighted_moments(
    weights: ArrayLike, answers: ArrayLike, totals: ArrayLike, squares: ArrayLike
) -> Weighted:
    """Return the weighted mean and variance from answers, sums and sums of squares per class.

    mean = sum w y / sum w; variance = sum w (y-mean)2 / sum w x n/(n-1), 0 for one answer. Classes run
    along the last axis.
    """
    weight, count = _aligned(weights, answers)
    total, square = np.asarray(totals, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    n = count.sum(axis=-1)
    require(n > 0.0, "No answers: leave out services without answers, their score is None.")
    mass = (weight * count).sum(axis=-1)
    mean = (weight * total).sum(axis=-1) / mass
    centre = mean[..., np.newaxis]
    spread = (weight * (square - 2.0 * centre * total + centre**2 * count)).sum(axis=-1) / mass
    variance = np.maximum(spread, 0.0) * n / np.maximum(n - 1.0, 1.0)
    return Weighted(mean, variance, n, mass**2 / (weight**2 * count).sum(axis=-1))


def kish(weights: ArrayLike) -> float:
    """Return Kish's effective n of single weights, (sum w)2 / sum w2."""
    weight = np.asarray(weights, dtype=np.float64)
    return float(weight.sum() ** 2 / (weight**2).sum())


def design_effect(
    answers: int, answers_squared: int, *, correlation: float = DEFAULTS.user_correlation
) -> float:
    """Return how much people who answer often inflate the variance.

    1 + .3 (sum k2 / sum k - 1) for k answers per person: `answers` is sum k, `answers_squared` sum k2 over
    the people of the window.
    """
    require(answers > 0, "No answers: there is no design effect.")
    return 1.0 + correlation * (answers_squared / answers - 1.0)


def relative_weights(
    weights: ArrayLike, median: Numbers, *, cap: float = DEFAULTS.e_weight_cap
) -> FloatArray:
    """Return u = min(w/median, 3)/3 in (0, 1] for the weighted e-value; `median` is frozen."""
    ratio = np.asarray(weights, dtype=np.float64) / np.asarray(median, dtype=np.float64)
    return np.asarray(np.minimum(ratio, cap) / cap)


def can_weigh_early(asked: int) -> bool:
    """Return whether 200 were asked, as the weighted e-value needs; below, it goes unweighted."""
    return asked >= DEFAULTS.e_least_asked


def tipping_point(
    *, target: float, response_rate: float, raw_mean: float, weighted_mean: float
) -> TippingPoint | None:
    """Return how much happier than comparable respondents the silent must be for the flag to vanish.

    shift = (T - [f raw + (1-f) weighted]) / (1-f) with f = answers/asked, in the units of the means; None
    when everybody answered.
    """
    if response_rate >= 1.0:
        return None
    period_mean = response_rate * raw_mean + (1.0 - response_rate) * weighted_mean
    return TippingPoint(period_mean, (target - period_mean) / (1.0 - response_rate))


def robustness(shift: float, *, range_width: float) -> Robustness:
    """Return how firmly a finding stands that silent people so much happier would undo.

    Robust from 10 % of the width of the scale of `shift`, fragile below 5 %.
    """
    shift_pomp = 100.0 * shift / range_width
    if shift_pomp >= DEFAULTS.robust_tipping_pomp:
        return Robustness.ROBUST
    return Robustness.FRAGILE if shift_pomp < DEFAULTS.fragile_tipping_pomp else Robustness.FAIR


def r_indicator(rates: ArrayLike, resolved: ArrayLike) -> float:
    """Return the R-indicator 1 - 2 sd(response rate) over all tickets; 1 is representative."""
    rate, count = np.asarray(rates, dtype=np.float64), np.asarray(resolved, dtype=np.float64)
    mean = (rate * count).sum() / count.sum()
    return float(1.0 - 2.0 * np.sqrt((count * (rate - mean) ** 2).sum() / count.sum()))


def is_representative(indicator: float) -> bool:
    """Return whether an R-indicator reaches .75; below it the page warns."""
    return indicator >= DEFAULTS.least_representativity
