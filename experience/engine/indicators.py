"""From the cells of a window to each indicator's native value with its interval, for all services at once.

Arrays run over services; a service without data for an indicator holds NaN, never 0. Answers are weighted
back to all tickets (weighting.py); ticket facts and signals are counted in full or, where they are a sample
of a process, carry the interval of their statistic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.change import RateRatio, rate_ratio
from experience.engine.daycells import FIXED_POINT, POLARITY_BUCKETS, Down, LostTime, Rate, Sums
from experience.engine.evidence import MOST_RATING, RATING_SCALES, Evidence, ratings_of
from experience.engine.histogram import bucket_values
from experience.engine.intervals import (
    moderated_wilson,
    order_statistic_ranks,
    p_below,
    p_below_share,
    quantile_rank,
    wilson,
)
from experience.engine.normalise import Anchors, pomp
from experience.engine.sentiment import STEPS, blended_values
from experience.engine.unsolicited import Unsolicited, against_the_past
from experience.engine.weighting import (
    ClassRates,
    Weighted,
    calibrate,
    class_weights,
    design_effect,
    trim,
    weighted_moments,
)

_TWO_SIDED = 1.959964  # standard errors of a 95 % interval
MINUTES_IN: Mapping[str, float] = {"h": 60.0, "d": 1440.0}
# Of satisfied, tolerating and frustrated requests, as their buckets run: their mean is the Apdex.
APDEX_VALUES = (1.0, 0.5, 0.0)


@dataclass(frozen=True, slots=True)
class Terms:
    """One indicator as agreed: where its value comes from, its scale, its anchors and its weight."""

    key: str
    name: str
    stream: str
    statistic: str
    measure: str
    unit: str
    low: float
    high: float
    anchors: Anchors
    weight: float


@dataclass(frozen=True, slots=True)
class Parameters:
    """What was estimated across the organisation: response rate per class, pooled variance per measure.

    `asked` is the number of asked resolutions behind the rates, `median_weight` the median over their
    answers, `comment_weight` the weight of comments inside the rating.
    """

    rates: ClassRates
    pooled_variance: Mapping[str, float]
    asked: int = 0
    median_weight: float | None = None
    comment_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Native:
    """Native values, 95 % intervals, evidence and one-sided p of "on target or better"; NaN is none."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: FloatArray
    n_effective: FloatArray
    p_below: FloatArray
    raw: FloatArray


def native(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    """Return the native values of one indicator for every service of the batch."""
    return _STATISTICS[terms.statistic](terms, evidence, parameters)


def _weighted_answers(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    moments = _answer_sums(terms, evidence, parameters)
    answered = moments[0].sum(axis=1) > 0
    result = _nothing(evidence.services)
    if not answered.any():
        return result
    count, total, squares = (array[answered] for array in moments)
    weights = _answer_weights(count, evidence, answered, parameters)
    weighted = weighted_moments(weights, count, total, squares)
    _place(result, answered, weighted, _effective(weighted, evidence, answered), terms, parameters)
    result.raw[answered] = _as_answered(terms, evidence)[answered] / count.sum(axis=1)
    return result


def _as_answered(terms: Terms, evidence: Evidence) -> FloatArray:
    """Return the sum of the answers as given per service, without what comments say."""
    return np.asarray(_answer_sums(terms, evidence, None)[1].sum(axis=1), dtype=np.float64)


def _answer_sums(
    terms: Terms, evidence: Evidence, parameters: Parameters | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return answers, sum of values and sum of squares per service and stratum, in native units.

    With parameters a mean rating is blended with what comments say.
    """
    cells = evidence.of(terms.measure)
    if terms.measure in RATING_SCALES:
        values = answer_values(terms, ratings_of(cells["bucket"]))
        if parameters is not None and is_blended(terms):
            values = _blended_answers(terms, cells["bucket"], parameters.comment_weight)
        sums = (cells["n"], cells["n"] * values, cells["n"] * values**2)
    else:
        cells, unit = cells[cells["bucket"] == LostTime.CAPPED], FIXED_POINT.get(terms.measure, 1.0)
        sums = (cells["n"], cells["total"] / unit, cells["total_squares"] / unit**2)
    count, total, squares = (evidence.per_stratum(cells, amounts) for amounts in sums)
    return count, total, squares


def is_blended(terms: Terms) -> bool:
    """Say whether comments count in this indicator: in the mean of the satisfaction answers alone."""
    return terms.statistic == "weighted_mean" and terms.measure == "satisfaction"


def _blended_answers(terms: Terms, buckets: NDArray[Any], weight: float) -> FloatArray:
    """Return rating and comment together on the native scale; without a comment it is the rating."""
    worst, best = RATING_SCALES[terms.measure]
    ratings = pomp(np.arange(worst, best + 1, dtype=np.float64), worst, best)
    together = blended_values(ratings, STEPS, weight=weight)
    chosen = together[ratings_of(buckets) - worst, buckets % (POLARITY_BUCKETS + 1)]
    return np.asarray(worst + (best - worst) * chosen / 100.0, dtype=np.float64)


def answer_values(terms: Terms, ratings: NDArray[Any]) -> FloatArray:
    """Return what answers to a rating question are worth on the indicator's native scale.

    A mean takes them as they are; happiness takes 9-10 as 100, 7-8 as 0 and 0-6 as -100; a top-box share
    takes the best two answers as 1.
    """
    if terms.statistic == "happiness":
        worth = np.array([happiness_value(rating) for rating in range(MOST_RATING + 1)])
        return np.asarray(worth[ratings], dtype=np.float64)
    if terms.statistic == "top_box":
        return np.asarray(ratings >= RATING_SCALES[terms.measure][1] - 1, dtype=np.float64)
    return np.asarray(ratings, dtype=np.float64)


def happiness_value(answer: int) -> float:
    """Return what one 0..10 answer is worth: 100 from 9, 0 from 7, else -100; the mean is the happiness."""
    return 100.0 if answer >= 9 else 0.0 if answer >= 7 else -100.0


def rating_terms(terms: Sequence[Terms]) -> Terms | None:
    """Return the indicator that stands for the rating: one that counts before one that is only shown, a mean
    before another statistic of the same answers; None where no rating question is agreed.
    """
    found = [term for term in terms if term.measure in RATING_SCALES]
    return min(found, key=lambda t: (t.weight <= 0, t.statistic != "weighted_mean"), default=None)


def _answer_weights(
    count: FloatArray, evidence: Evidence, answered: BoolArray, parameters: Parameters
) -> FloatArray:
    rates = [parameters.rates.of(code) for code, _ in evidence.strata]
    chances = [chance for _, chance in evidence.strata]
    weights = trim(np.broadcast_to(class_weights(rates, chances), count.shape), count)
    resolved = evidence.resolved[answered]
    hassle = evidence.hassle > 0
    return calibrate(
        weights,
        count,
        hassle,
        resolved_hassle=resolved[:, hassle].sum(axis=1),
        resolved_other=resolved[:, ~hassle].sum(axis=1),
    )


def _effective(weighted: Weighted, evidence: Evidence, answered: BoolArray) -> FloatArray:
    people = [person for person, has in zip(evidence.people, answered, strict=True) if has]
    effects = [design_effect(p.answers, p.answers_squared) if p.answers else 1.0 for p in people]
    return np.asarray(weighted.kish / np.array(effects), dtype=np.float64)


def _place(
    result: Native,
    where: BoolArray,
    found: Weighted,
    n_effective: FloatArray,
    terms: Terms,
    parameters: Parameters,
) -> None:
    """Write the mean, its interval and its p-value into the rows `where`.

    Wilson's for a share of answers, whose variance follows from the share; moderated for any other mean.
    """
    result.value[where], result.n[where], result.n_effective[where] = found.mean, found.n, n_effective
    if is_share_of_answers(terms):
        _place_share(result, where, found.mean, n_effective, terms.anchors)
    else:
        _place_mean(result, where, found, n_effective, terms, parameters)


def is_share_of_answers(terms: Terms) -> bool:
    """Say whether each answer counts as 0 or 1: top boxes, and yes or no."""
    return terms.statistic == "top_box" or terms.measure == "solved"


def _place_share(
    result: Native, where: BoolArray, share: FloatArray, n_effective: FloatArray, anchors: Anchors
) -> None:
    # Weighting by fractions may round a share of 1 up.
    known = np.clip(share, 0.0, 1.0)
    interval = wilson(known, n_effective)
    result.low[where], result.high[where] = interval.low, interval.high
    result.p_below[where] = p_below_share(
        known, n_effective, target=anchors.target, higher_is_better=anchors.higher_is_better
    )


def _place_mean(
    result: Native,
    where: BoolArray,
    found: Weighted,
    n_effective: FloatArray,
    terms: Terms,
    parameters: Parameters,
) -> None:
    is_mean = terms.statistic == "weighted_mean"
    pooled = parameters.pooled_variance.get(terms.measure) if is_mean else None
    lo, hi = terms.low, terms.high
    interval = moderated_wilson(found.mean, found.variance, n_effective, lo=lo, hi=hi, pooled=pooled)
    result.low[where], result.high[where] = interval.low, interval.high
    result.p_below[where] = p_below(
        found.mean,
        found.variance,
        n_effective,
        target=terms.anchors.target,
        lo=lo,
        hi=hi,
        pooled=pooled,
        higher_is_better=terms.anchors.higher_is_better,
    )


def _share(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    result, known, n, hits = _totals(terms, evidence)
    share = hits[known] / n[known]
    interval = wilson(share, n[known])
    result.value[known], result.low[known], result.high[known] = share, interval.low, interval.high
    result.n_effective[known] = n[known]
    return result


def _ratio(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    """Return sum over count: a fact counted in full, whose interval is itself."""
    result, known, n, total = _totals(terms, evidence)
    for column in (result.value, result.low, result.high):
        column[known] = total[known] / n[known]
    return result


def _sample_mean(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    cells, unit = evidence.of(terms.measure), FIXED_POINT.get(terms.measure, 1.0)
    sums = (cells["n"], cells["total"] / unit, cells["total_squares"] / unit**2)
    return _of_sample(terms, evidence, parameters, sums)


def _of_sample(
    terms: Terms, evidence: Evidence, parameters: Parameters, sums: Sequence[NDArray[Any]]
) -> Native:
    """Return the mean of what a process happened to send, with the interval of a bounded mean.

    `sums` are n, sum and sum of squares of each cell.
    """
    n, total, squares = (evidence.per_service(evidence.of(terms.measure), amounts) for amounts in sums)
    result, known = _nothing(evidence.services), n > 0
    if known.any():
        n, mean = n[known], total[known] / n[known]
        variance = np.maximum(squares[known] / n - mean**2, 0.0) * n / np.maximum(n - 1.0, 1.0)
        _place(result, known, Weighted(mean, variance, n, n), n, terms, parameters)
    return result


def _totals(terms: Terms, evidence: Evidence) -> tuple[Native, BoolArray, FloatArray, FloatArray]:
    """Return an empty result with its n filled in, where there is any, n and the sum in native units."""
    cells = evidence.of(terms.measure)
    n = evidence.per_service(cells, cells["n"])
    total = evidence.per_service(cells, cells["total"] / FIXED_POINT.get(terms.measure, 1.0))
    result, known = _nothing(evidence.services), n > 0
    result.n[known] = n[known]
    return result, known, n, total


def _median(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    result = _nothing(evidence.services)
    cells = evidence.of(terms.measure)
    n = evidence.per_service(cells, cells["n"])
    reached = np.cumsum(cells["n"])
    before = np.concatenate([[0.0], np.cumsum(n)[:-1]])
    known = n > 0
    result.n[known] = result.n_effective[known] = n[known]
    values = bucket_values(cells["bucket"]) / MINUTES_IN.get(terms.unit, 1.0)
    for column, ranks in zip((result.value, result.low, result.high), _median_ranks(n), strict=True):
        has_rank = ranks > 0
        column[has_rank] = values[np.searchsorted(reached, before[has_rank] + ranks[has_rank])]
    return result


def _median_ranks(n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return for each n the ranks (from 1) of the median and its limits; 0 where there is none."""
    sizes, place = np.unique(n.astype(np.int64), return_inverse=True)
    limits = [(order_statistic_ranks(size, 0.5) if size else None) or (0, 0) for size in sizes.tolist()]
    ranks = [
        (quantile_rank(size, 0.5) if size else 0, *ends)
        for size, ends in zip(sizes.tolist(), limits, strict=True)
    ]
    median, low, high = np.array(ranks, dtype=np.float64).reshape(-1, 3)[place].T
    return median, low, high


def _apdex(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    cells = evidence.of(terms.measure)
    worth = np.array(APDEX_VALUES)[cells["bucket"]]
    result = _of_sample(terms, evidence, parameters, [cells["n"] * worth**power for power in (0, 1, 2)])
    result.raw[:] = result.value
    return result


def _availability(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    return _watched_share(evidence, lambda down: 1.0 - down, Down.UNPLANNED)


def _planned_downtime(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    return _watched_share(evidence, lambda down: down, Down.PLANNED)


def _watched_share(evidence: Evidence, share: Callable[[FloatArray], FloatArray], kind: Down) -> Native:
    """Return a share of the time watched, from the part of it that was down for this reason."""
    cells = evidence.of("downtime")
    cells = cells[cells["bucket"] == kind]
    down = evidence.per_service(cells, cells["total"])
    result = _nothing(evidence.services)
    known = evidence.seconds > 0
    for column in (result.value, result.low, result.high):
        column[known] = np.clip(share(down[known] / evidence.seconds[known]), 0.0, 1.0)
    return result


def _rate_ratio(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    """Return incidents per user-day now against before; missing without users or without any before."""
    cells = evidence.of(terms.measure)
    now, before = (cells[cells["bucket"] == bucket] for bucket in (Rate.NOW, Rate.BEFORE))
    sums = (evidence.per_service(part, part[name]) for part in (now, before) for name in ("n", "total"))
    result = _nothing(evidence.services)
    for service, (count_now, exposure_now, count_before, exposure_before) in enumerate(
        zip(*(column.tolist() for column in sums), strict=True)
    ):
        if min(exposure_now, exposure_before, count_before) > 0:
            found = rate_ratio(
                count_now=int(count_now),
                exposure_now=exposure_now,
                count_before=int(count_before),
                exposure_before=exposure_before,
            )
            _place_ratio(result, service, found, count_now)
    return result


def _place_ratio(result: Native, service: int, found: RateRatio | None, n: float) -> None:
    if found is not None and found.value is not None and found.high is not None:
        result.value[service], result.low[service], result.high[service] = found.value, found.low, found.high
        result.n[service] = n


def _own_baseline(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    """Return how unsolicited text compares with its own past, in standard errors, with the 95 % interval."""
    cells, result = evidence.of(terms.measure), _nothing(evidence.services)
    sums = {
        (int(c["service"]), int(c["bucket"])): Sums(*(int(c[k]) for k in ("n", "total", "total_squares")))
        for c in cells
    }
    for service in range(evidence.services):
        now, before, authors = (sums.get((service, bucket), Sums()) for bucket in Unsolicited)
        z = against_the_past(now, before, authors.count)
        if z is not None:
            ends = np.clip([z, z - _TWO_SIDED, z + _TWO_SIDED], terms.low, terms.high)
            result.value[service], result.low[service], result.high[service] = ends
            result.n[service] = authors.count
    return result


def _nothing(services: int) -> Native:
    return Native(*(np.full(services, np.nan) for _ in range(7)))


# Statistics of survey answers: weighted back to all tickets, hidden below five people.
FROM_ANSWERS = frozenset({"weighted_mean", "happiness", "top_box"})
_STATISTICS: Mapping[str, Callable[[Terms, Evidence, Parameters], Native]] = {
    **dict.fromkeys(FROM_ANSWERS, _weighted_answers),
    "share": _share,
    "ratio": _ratio,
    "sample_mean": _sample_mean,
    "median": _median,
    "apdex": _apdex,
    "availability": _availability,
    "planned_downtime": _planned_downtime,
    "rate_ratio": _rate_ratio,
    "own_baseline": _own_baseline,
}
