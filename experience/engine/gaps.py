"""The tests behind the watermelon (SLA green, people unhappy), and the words for what they find.

Two lanes. The early lane bets against "on target" (e-value); it may be looked at after every answer and
still raises a false alarm in at most 5 % of service-months (Ville). The close lane tests once per period
and corrects for many services (Benjamini and Hochberg on the p-values that are not already above one half;
Zhao, Small and Su 2019). Both look at people's answers alone, never at the blended score, which contains
the SLA side of the melon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from experience.engine.arrays import BoolArray, FloatArray, require
from experience.engine.defaults import DEFAULTS
from experience.engine.sla import Sla
from experience.engine.sla import sla_status as sla_status

# e^690 is near the largest float; nobody reads an e-value beyond it.
_LARGEST_LOG = 690.0
_ROUNDING = 1e-12


class Experience(StrEnum):
    """What people's answers say so far; only the two likely states are findings."""

    MISSING = "missing"
    HIDDEN = "hidden"
    COLLECTING = "collecting"
    LIKELY_RED = "likely_red"
    LEAN_RED = "lean_red"
    LEAN_GREEN = "lean_green"
    LIKELY_GREEN = "likely_green"


# States in which nothing is said about the experience yet.
UNJUDGED = frozenset({Experience.MISSING, Experience.HIDDEN, Experience.COLLECTING})
# On which side of the target it is, and in which states that is a finding.
BELOW = frozenset({Experience.LEAN_RED, Experience.LIKELY_RED})
ON_TARGET = frozenset({Experience.LEAN_GREEN, Experience.LIKELY_GREEN})
SURE = frozenset({Experience.LIKELY_RED, Experience.LIKELY_GREEN})


class Verdict(StrEnum):
    """SLA and experience read together."""

    WATERMELON = "watermelon"
    POSSIBLE_WATERMELON = "possible_watermelon"
    HEALTHY = "healthy"
    RED_ON_BOTH = "red_on_both"
    OVER_STRICT = "over_strict"
    BLIND_SPOT = "blind_spot"
    UNCLEAR = "unclear"
    TOO_FEW_ANSWERS = "too_few_answers"


@dataclass(frozen=True, slots=True)
class Severity:
    """The order of the gap list, not a test: points below target x people, hours lost beyond target."""

    user_points: float
    confident_user_points: float
    lost_hours: float | None


def experience_state(
    score: float | None,
    p_below_target: float | None,
    *,
    n_effective: float,
    respondents: int,
    target: float = DEFAULTS.target_score,
) -> Experience:
    """Return what the experience score says, given its one-sided p-value and the people behind it.

    Missing without answers, hidden below 5 respondents, collecting below an effective n of 10 (an interval
    is shown from 8), likely red when p < .05 and at least 5 points below target, likely green when 1-p <
    .05, else leaning to the side of the estimate.
    """
    if respondents == 0:
        return Experience.MISSING
    if respondents < DEFAULTS.least_respondents:
        return Experience.HIDDEN
    if score is None or p_below_target is None or n_effective < DEFAULTS.least_n_for_flag:
        return Experience.COLLECTING
    if p_below_target < DEFAULTS.alpha and is_material(score, target=target):
        return Experience.LIKELY_RED
    if 1.0 - p_below_target < DEFAULTS.alpha:
        return Experience.LIKELY_GREEN
    return Experience.LEAN_RED if score < target else Experience.LEAN_GREEN


def is_material(score: float, *, target: float = DEFAULTS.target_score) -> bool:
    """Return whether a score lies at least 5 points below target: less is not worth a flag, however sure."""
    return target - score >= DEFAULTS.material_gap - _ROUNDING


def has_interval(n_effective: float) -> bool:
    """Return whether the effective n reaches 8: below it only the count of answers is shown."""
    return n_effective >= DEFAULTS.least_n_for_interval


def classify(
    sla: Sla, experience: Experience, *, gap_is_open: bool, gap_is_suspected: bool = False
) -> Verdict:
    """Return the verdict on a service from its SLA, its experience and its gap (see `gap_states`).

    Only an open, confirmed gap is a watermelon; a low p-value alone is a possible one. An amber SLA keeps
    an open gap and opens none. Without an SLA an experience below target is a blind spot.
    """
    if gap_is_open:
        return _OPEN_GAP[sla]
    if experience in UNJUDGED:
        return Verdict.TOO_FEW_ANSWERS
    if experience is Experience.LIKELY_RED or (gap_is_suspected and experience is Experience.LEAN_RED):
        return _BELOW_TARGET[sla]
    if sla is Sla.RED:
        return Verdict.OVER_STRICT if experience is Experience.LIKELY_GREEN else Verdict.UNCLEAR
    return Verdict.UNCLEAR if experience is Experience.LEAN_RED else Verdict.HEALTHY


_OPEN_GAP = {
    Sla.GREEN: Verdict.WATERMELON,
    Sla.AMBER: Verdict.WATERMELON,
    Sla.RED: Verdict.RED_ON_BOTH,
    Sla.NONE: Verdict.BLIND_SPOT,
    Sla.UNKNOWN: Verdict.WATERMELON,
}
_BELOW_TARGET = {
    Sla.GREEN: Verdict.POSSIBLE_WATERMELON,
    Sla.AMBER: Verdict.UNCLEAR,
    Sla.RED: Verdict.RED_ON_BOTH,
    Sla.NONE: Verdict.BLIND_SPOT,
    Sla.UNKNOWN: Verdict.UNCLEAR,
}


def log_e_value(
    counts: ArrayLike, values: ArrayLike, target: ArrayLike, *, relative_weights: ArrayLike | None = None
) -> FloatArray:
    """Return the natural logarithm of the betting e-value against "the mean is at target or better".

    Unweighted: `counts` (..., scores). Weighted: `counts` (..., classes, scores) and `relative_weights`
    (..., classes) in (0, 1], see `weighting.relative_weights`. `values` holds the value 0..1 of each score,
    `target` the target 0..1, one or one per service. E = mean over the grid of the product over answers of
    1 + g/(1-T) u (T-y), so it depends only on counts: order-free, mergeable, exact at any n.
    """
    count = np.asarray(counts, dtype=np.float64)
    aim = np.asarray(target, dtype=np.float64)
    value = np.asarray(values, dtype=np.float64)
    require((aim > 0.0) & (aim < 1.0), "The target of an e-value must lie strictly between 0 and 1.")
    require((value >= 0.0) & (value <= 1.0), "The values of an e-value must lie between 0 and 1.")
    grid = np.asarray(DEFAULTS.e_grid if relative_weights is None else DEFAULTS.e_grid_weighted)
    miss = (aim[..., np.newaxis] - value) / (1.0 - aim[..., np.newaxis])
    if relative_weights is not None:
        miss = np.asarray(relative_weights, dtype=np.float64)[..., np.newaxis] * miss[..., np.newaxis, :]
    axes = -1 if relative_weights is None else (-2, -1)
    wealth = np.stack([(count * np.log1p(g * miss)).sum(axis=axes) for g in grid])
    return np.asarray(np.logaddexp.reduce(wealth, axis=0) - np.log(len(grid)))


def e_value(
    counts: ArrayLike, values: ArrayLike, target: ArrayLike, *, relative_weights: ArrayLike | None = None
) -> FloatArray:
    """Return the betting e-value (see `log_e_value`), capped at e^690; 20 or more opens a gap.

    It reads "a 20:1 bet against being on target has paid off"; it is never the odds that the service is bad.
    """
    return np.exp(
        np.minimum(log_e_value(counts, values, target, relative_weights=relative_weights), _LARGEST_LOG)
    )


def adjusted_bh(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini-Hochberg adjusted p-values: a discovery at rate q is one that is at most q."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    raw = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted


def discard_bh(
    p_values: Sequence[float] | FloatArray,
    *,
    rate: float = DEFAULTS.discovery_rate,
    tau: float = DEFAULTS.discard_above,
) -> BoolArray:
    """Return which p-values are discoveries at false discovery rate `rate`.

    Keeps those at most `tau`, divides them by it and applies Benjamini-Hochberg: services well above target
    pile up near 1 and would only waste power.
    """
    p = np.asarray(p_values, dtype=np.float64)
    found = np.zeros(p.shape, dtype=np.bool_)
    kept = p <= tau
    found[kept] = adjusted_bh(p[kept] / tau) <= rate
    return found


def severity(
    *,
    shrunk_score: float,
    upper90: float,
    affected_users: int,
    tickets: int | None = None,
    mean_lost_minutes: float | None = None,
    target_lost_minutes: float | None = None,
    target: float = DEFAULTS.target_score,
) -> Severity:
    """Return how bad a gap is for ordering the list.

    `upper90` is the upper end of the one-sided 90 % interval of the score; `affected_users` the distinct
    people with a ticket or an outage in the period. Lost hours are those beyond the target, None when lost
    time is not asked.
    """
    return Severity(
        max(0.0, target - shrunk_score) * affected_users,
        max(0.0, target - upper90) * affected_users,
        _lost_hours(tickets, mean_lost_minutes, target_lost_minutes),
    )


def _lost_hours(
    tickets: int | None, mean_minutes: float | None, target_minutes: float | None
) -> float | None:
    if tickets is None or mean_minutes is None or target_minutes is None:
        return None
    return tickets * max(0.0, mean_minutes - target_minutes) / 60.0
