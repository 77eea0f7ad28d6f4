"""From the cells of a window to each indicator's native value with its interval, for all services at once.

Arrays run over services; a service without data for an indicator holds NaN, never 0. Answers are weighted
back to all tickets (weighting.py); ticket facts and signals are counted in full or, where they are a sample
of a process, carry the interval of their statistic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.daycells import Asked, Down, LostTime, rating_of_bucket
from experience.engine.histogram import LogHistogram
from experience.engine.intervals import moderated_wilson, p_below, wilson
from experience.engine.native import APDEX_VALUES
from experience.engine.normalise import Anchors
from experience.engine.weighting import (
    ClassRates,
    Weighted,
    calibrate,
    class_weights,
    design_effect,
    is_hassle,
    trim,
    weighted_moments,
)

RATING_MEASURES = ("satisfaction", "happiness", "effort")
_POLARITY_UNITS = 10_000.0
_MINUTES_PER_HOUR = 60.0


class Cell(NamedTuple):
    """A window's sum of one kind of cell of one service (`service` counts from 0 in the batch)."""

    service: int
    measure: str
    response_class: str
    permille: int
    bucket: int
    n: int
    total: int
    total_squares: int


@dataclass(frozen=True, slots=True)
class People:
    """Who answered: distinct people, answers (sum k) and squared answers per person (sum k2)."""

    distinct: int = 0
    answers: int = 0
    answers_squared: int = 0


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
    answers.
    """

    rates: ClassRates
    pooled_variance: Mapping[str, float]
    asked: int = 0
    median_weight: float | None = None


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


class Evidence:
    """The cells of one window for a batch of services, as arrays by measure."""

    def __init__(
        self, cells: Sequence[Cell], people: Sequence[People], up_seconds: Sequence[float | None]
    ) -> None:
        """Take the cells, and per service its people and the seconds it was monitored (None: never)."""
        self.services = len(people)
        self.cells = cells
        self.people = people
        self.up_seconds = up_seconds
        self.seconds = np.array([np.nan if s is None else s for s in up_seconds], dtype=np.float64)
        self.strata = sorted({(cell.response_class, cell.permille) for cell in cells if cell.response_class})
        self._stratum = {stratum: number for number, stratum in enumerate(self.strata)}

    def part(self, services: Sequence[int]) -> Evidence:
        """Return the evidence of some of the services, numbered anew in the order given."""
        number = {service: place for place, service in enumerate(services)}
        return Evidence(
            [cell._replace(service=number[cell.service]) for cell in self.cells if cell.service in number],
            [self.people[service] for service in services],
            [self.up_seconds[service] for service in services],
        )

    def of(self, measure: str) -> list[Cell]:
        """Return the cells of one measure."""
        return self._by_measure.get(measure, [])

    @cached_property
    def _by_measure(self) -> dict[str, list[Cell]]:
        grouped: dict[str, list[Cell]] = {}
        for cell in self.cells:
            grouped.setdefault(cell.measure, []).append(cell)
        return grouped

    def per_service(self, cells: Sequence[Cell], amount: Callable[[Cell], float]) -> FloatArray:
        """Return the sum of `amount` over the cells of each service."""
        index = np.array([cell.service for cell in cells], dtype=np.intp)
        amounts = np.array([amount(cell) for cell in cells], dtype=np.float64)
        return np.bincount(index, weights=amounts, minlength=self.services).astype(np.float64)

    def per_stratum(self, cells: Sequence[Cell], amount: Callable[[Cell], float]) -> FloatArray:
        """Return the sum of `amount` per service and stratum (class x chance of being asked)."""
        width = len(self.strata)
        index = [cell.service * width + self._stratum[cell.response_class, cell.permille] for cell in cells]
        amounts = np.array([amount(cell) for cell in cells], dtype=np.float64)
        sums = np.bincount(np.array(index, dtype=np.intp), weights=amounts, minlength=self.services * width)
        return sums.reshape(self.services, width).astype(np.float64)

    @cached_property
    def hassle(self) -> FloatArray:
        """Return 1.0 for each stratum of hassle tickets: reopened before, or over their time target."""
        return np.array([float(is_hassle(code)) for code, _ in self.strata])

    @cached_property
    def resolved(self) -> FloatArray:
        """Return N, the eligible resolutions, per service and stratum."""
        inside = [cell for cell in self.of("resolved") if cell.bucket != Asked.OUT_OF_FRAME]
        return self.per_stratum(inside, lambda cell: cell.n)

    def rating_counts(self, measures: Sequence[str]) -> list[dict[int, int]]:
        """Return per service how many answers gave each rating, as answered."""
        counts: list[dict[int, int]] = [{} for _ in range(self.services)]
        for cell in (cell for measure in measures for cell in self.of(measure)):
            rating = rating_of_bucket(cell.bucket)
            counts[cell.service][rating] = counts[cell.service].get(rating, 0) + cell.n
        return counts

    def resolved_in(self, *buckets: Asked) -> FloatArray:
        """Return the resolutions per service with one of these outcomes of the decision."""
        found = [cell for cell in self.of("resolved") if cell.bucket in buckets]
        return self.per_service(found, lambda cell: cell.n)


def native(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    """Return the native values of one indicator for every service of the batch."""
    return _STATISTICS[terms.statistic](terms, evidence, parameters)


def _weighted_mean(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    moments = _answer_sums(terms.measure, evidence)
    answered = moments[0].sum(axis=1) > 0
    result = _nothing(evidence.services)
    if not answered.any():
        return result
    count, total, squares = (array[answered] for array in moments)
    weights = _answer_weights(count, evidence, answered, parameters)
    weighted = weighted_moments(weights, count, total, squares)
    _place(result, answered, weighted, _effective(weighted, evidence, answered), terms, parameters)
    result.raw[answered] = total.sum(axis=1) / count.sum(axis=1)
    return result


def _answer_sums(measure: str, evidence: Evidence) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return answers, sum of values and sum of squares per service and stratum, in native units."""
    cells = evidence.of(measure)
    if measure in RATING_MEASURES:
        rating = rating_of_bucket
        return (
            evidence.per_stratum(cells, lambda cell: cell.n),
            evidence.per_stratum(cells, lambda cell: cell.n * rating(cell.bucket)),
            evidence.per_stratum(cells, lambda cell: cell.n * rating(cell.bucket) ** 2),
        )
    unit = _POLARITY_UNITS if measure == "sentiment" else 1.0
    capped = [cell for cell in cells if cell.bucket == LostTime.CAPPED]
    return (
        evidence.per_stratum(capped, lambda cell: cell.n),
        evidence.per_stratum(capped, lambda cell: cell.total / unit),
        evidence.per_stratum(capped, lambda cell: cell.total_squares / unit**2),
    )


def _answer_weights(
    count: FloatArray, evidence: Evidence, answered: BoolArray, parameters: Parameters
) -> FloatArray:
    rates = np.array([parameters.rates.of(code) for code, _ in evidence.strata])
    chances = np.array([permille / 1000.0 for _, permille in evidence.strata])
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
    """Write mean, moderated Wilson interval and p-value of a bounded mean into the rows `where`."""
    pooled = parameters.pooled_variance.get(terms.measure)
    lo, hi = terms.low, terms.high
    interval = moderated_wilson(found.mean, found.variance, n_effective, lo=lo, hi=hi, pooled=pooled)
    result.value[where], result.low[where], result.high[where] = found.mean, interval.low, interval.high
    result.n[where], result.n_effective[where] = found.n, n_effective
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
    cells = evidence.of(terms.measure)
    n = evidence.per_service(cells, lambda cell: cell.n)
    hits = evidence.per_service(cells, lambda cell: cell.total)
    result, known = _nothing(evidence.services), n > 0
    if known.any():
        share = hits[known] / n[known]
        interval = wilson(share, n[known])
        result.value[known], result.low[known], result.high[known] = share, interval.low, interval.high
        result.n[known] = result.n_effective[known] = n[known]
    return result


def _median(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    result = _nothing(evidence.services)
    counts: dict[int, dict[int, int]] = {}
    for cell in evidence.of(terms.measure):
        counts.setdefault(cell.service, {})[cell.bucket] = cell.n
    for service, buckets in counts.items():
        _place_median(result, service, LogHistogram(buckets))
    return result


def _place_median(result: Native, service: int, minutes: LogHistogram) -> None:
    result.n[service] = result.n_effective[service] = minutes.n
    median, estimate = minutes.quantile(0.5), minutes.quantile_interval(0.5)
    if median is not None:
        result.value[service] = median / _MINUTES_PER_HOUR
    if estimate is not None:
        result.low[service] = estimate.low / _MINUTES_PER_HOUR
        result.high[service] = estimate.high / _MINUTES_PER_HOUR


def _apdex(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    cells = evidence.of(terms.measure)
    worth = APDEX_VALUES[::-1]  # buckets run satisfied, tolerating, frustrated
    n = evidence.per_service(cells, lambda cell: cell.n)
    result, known = _nothing(evidence.services), n > 0
    if known.any():
        mean = evidence.per_service(cells, lambda cell: cell.n * worth[cell.bucket])[known] / n[known]
        square = evidence.per_service(cells, lambda cell: cell.n * worth[cell.bucket] ** 2)[known]
        variance = np.maximum(square / n[known] - mean**2, 0.0)
        _place(result, known, Weighted(mean, variance, n[known], n[known]), n[known], terms, parameters)
    result.raw[:] = result.value
    return result


def _availability(terms: Terms, evidence: Evidence, parameters: Parameters) -> Native:
    unplanned = [cell for cell in evidence.of(terms.measure) if cell.bucket == Down.UNPLANNED]
    down = evidence.per_service(unplanned, lambda cell: cell.total)
    result = _nothing(evidence.services)
    known = evidence.seconds > 0
    share = 1.0 - down[known] / evidence.seconds[known]
    for column in (result.value, result.low, result.high):
        column[known] = np.clip(share, 0.0, 1.0)
    return result


def _nothing(services: int) -> Native:
    return Native(*(np.full(services, np.nan) for _ in range(7)))


_STATISTICS: Mapping[str, Callable[[Terms, Evidence, Parameters], Native]] = {
    "weighted_mean": _weighted_mean,
    "share": _share,
    "median": _median,
    "apdex": _apdex,
    "availability": _availability,
}
