"""From a window's evidence and the agreed terms to one result per service: score, status, contributions, SLA.

Pure and whole: what a receipt stores is what this module takes, so `verify` runs it again on stored inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from experience.engine.arrays import FloatArray
from experience.engine.blend import (
    Composite,
    Score,
    carried_forward,
    composite,
    coverage,
    dimension_score,
    p_below_from_interval,
    xla_colour,
)
from experience.engine.daycells import Asked, LostTime
from experience.engine.defaults import DEFAULTS
from experience.engine.evidence import RATING_MEASURES, Evidence
from experience.engine.gaps import Experience, experience_state, has_interval
from experience.engine.indicators import FROM_ANSWERS, Native, Parameters, Terms, native, rating_terms
from experience.engine.intervals import Interval
from experience.engine.sla import Sla, attainment, sla_status
from experience.engine.weighting import tipping_point

# What may be carried on for a while when nothing new comes; people's answers and texts never.
_CARRIED = frozenset("OT")


@dataclass(frozen=True, slots=True)
class SlaTerms:
    """The SLA beside the agreement: share of closed tickets that must meet it, and the amber band below."""

    target_share: float
    amber_band: float = DEFAULTS.sla_amber_band


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """One indicator of one service, in native units and as a score; None is missing, never 0.

    `silent_since` is the last day with data of a signal that fell silent.
    """

    terms: Terms
    state: str
    value: float | None
    low: float | None
    high: float | None
    raw: float | None
    score: Score | None
    n: int
    n_effective: float | None
    p_below: float | None
    silent_since: date | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What became of the resolutions: all, those in the frame (N), those asked, those answered."""

    resolved: int
    eligible: int
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class SlaResult:
    """SLA attainment on all closed tickets."""

    status: Sla
    share: float | None
    target: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Result:
    """The measurement of one service over one window."""

    experience: Experience
    blend: Composite | None
    colour: str
    coverage: float
    streams: Mapping[str, Score | None]
    indicators: Sequence[IndicatorResult]
    rating: IndicatorResult | None
    rating_counts: Mapping[int, int]
    p_below: float | None
    tipping_shift: float | None
    response: Response
    lost_minutes: float | None
    sla: SlaResult


@dataclass(frozen=True, slots=True)
class Judgement:
    """What indicators add up to under the weights they and their streams have; colour "none" is no colour."""

    streams: Mapping[str, Score | None]
    blend: Composite | None
    p_below: float | None
    experience: Experience
    colour: str


def measure(
    evidence: Evidence,
    terms: Sequence[Terms],
    stream_weights: Mapping[str, float],
    slas: Sequence[SlaTerms | None],
    parameters: Parameters,
) -> list[Result]:
    """Return the result of every service of the batch under the same terms."""
    columns = [_Column(term, native(term, evidence, parameters)) for term in terms]
    shared = _Shared(evidence)
    return [
        _result(service, columns, stream_weights, slas[service], evidence, shared)
        for service in range(evidence.services)
    ]


class _Column:
    """One indicator of all services: native values and, mapped at once, their scores."""

    def __init__(self, terms: Terms, values: Native) -> None:
        self.terms = terms
        self.is_from_answers = terms.statistic in FROM_ANSWERS
        ends = terms.anchors.score_interval(Interval(values.low, values.high))
        self.score, self.score_low, self.score_high = (
            _numbers(column) for column in (terms.anchors.score(values.value), ends.low, ends.high)
        )
        self.value, self.low, self.high = (_numbers(c) for c in (values.value, values.low, values.high))
        self.n, self.n_effective = _numbers(values.n), _numbers(values.n_effective)
        self.raw, self.p_below = _numbers(values.raw), _numbers(values.p_below)


def _numbers(column: FloatArray) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]


class _Shared:
    """Sums that every service's result reads, made once per batch."""

    def __init__(self, evidence: Evidence) -> None:
        self.resolved = evidence.resolved_in(*Asked)
        self.eligible = evidence.resolved_in(Asked.NOT_ASKED, Asked.SILENT, Asked.ANSWERED)
        self.asked = evidence.resolved_in(Asked.SILENT, Asked.ANSWERED)
        # Anonymous answers stand on another day than their questions: a few days may hold more of them.
        self.answered = np.minimum(evidence.resolved_in(Asked.ANSWERED), self.asked)
        closed = evidence.of("sla_met")
        self.sla_total = evidence.per_service(closed, closed["n"])
        self.sla_met = evidence.per_service(closed, closed["total"])
        lost = evidence.of("lost_time")
        uncapped = lost[lost["bucket"] == LostTime.UNCAPPED]
        told = evidence.per_service(uncapped, uncapped["n"]).tolist()
        minutes = evidence.per_service(uncapped, uncapped["total"]).tolist()
        self.lost_minutes = [
            total if n >= DEFAULTS.least_respondents else None for n, total in zip(told, minutes, strict=True)
        ]
        self.ratings = evidence.rating_counts(RATING_MEASURES)

    def response(self, service: int) -> Response:
        columns = (self.resolved, self.eligible, self.asked, self.answered)
        return Response(*(int(column[service]) for column in columns))

    def sla(self, service: int, terms: SlaTerms | None) -> SlaResult:
        n = int(self.sla_total[service])
        share = attainment(int(self.sla_met[service]), n)
        target = terms.target_share if terms else None
        band = terms.amber_band if terms else DEFAULTS.sla_amber_band
        return SlaResult(sla_status(share, target, amber_band=band), share, target, n)


def _result(
    service: int,
    columns: Sequence[_Column],
    stream_weights: Mapping[str, float],
    sla: SlaTerms | None,
    evidence: Evidence,
    shared: _Shared,
) -> Result:
    respondents = evidence.people[service].distinct
    indicators = [
        _as_old(_indicator(column, service, respondents), evidence.silent[service]) for column in columns
    ]
    judged = judge(indicators, stream_weights, respondents)
    rating, response = _rating_of(indicators), shared.response(service)
    return Result(
        experience=judged.experience,
        blend=judged.blend,
        colour=judged.colour,
        coverage=coverage(judged.streams, stream_weights),
        streams=judged.streams,
        indicators=indicators,
        rating=rating,
        rating_counts=shared.ratings[service],
        p_below=judged.p_below,
        tipping_shift=_tipping_shift(rating, response),
        response=response,
        lost_minutes=shared.lost_minutes[service],
        sla=shared.sla(service, sla),
    )


def _rating_of(indicators: Sequence[IndicatorResult]) -> IndicatorResult | None:
    chosen = rating_terms([found.terms for found in indicators])
    return next((found for found in indicators if found.terms is chosen), None)


def judge(
    indicators: Sequence[IndicatorResult], stream_weights: Mapping[str, float], respondents: int
) -> Judgement:
    """Return streams, blended score, experience and colour of indicators; `respondents` counts people."""
    streams = {stream: _stream(stream, indicators) for stream in stream_weights}
    blend, experience = composite(streams, stream_weights), streams.get("X")
    p_below = _experience_p(indicators, experience)
    state = experience_state(
        experience.value if experience else None,
        p_below,
        n_effective=answers_worth(indicators, streams) or 0.0,
        respondents=respondents,
    )
    colour = xla_colour(blend, state) if blend else None
    return Judgement(streams, blend, p_below, state, colour.value if colour else "none")


def _indicator(column: _Column, service: int, respondents: int) -> IndicatorResult:
    n_effective = column.n_effective[service]
    is_sure = not column.is_from_answers or has_interval(n_effective or 0.0)
    return IndicatorResult(
        terms=column.terms,
        state=_state(column, service, respondents, is_sure),
        value=column.value[service],
        low=column.low[service] if is_sure else None,
        high=column.high[service] if is_sure else None,
        raw=column.raw[service],
        score=_score(column, service, is_sure),
        n=int(column.n[service] or 0),
        n_effective=n_effective,
        p_below=column.p_below[service],
    )


def _as_old(found: IndicatorResult, silent: Mapping[str, date]) -> IndicatorResult:
    """Return an indicator whose signal fell silent as old: operations and technology are carried to the end
    of these days with a wider interval, anything else is missing.
    """
    since = silent.get(found.terms.measure)
    if since is None or found.score is None:
        return found
    if found.terms.stream in _CARRIED:
        return replace(found, state="old", score=carried_forward(found.score), silent_since=since)
    return IndicatorResult(found.terms, "old", None, None, None, None, None, 0, None, None, since)


def _state(column: _Column, service: int, respondents: int, is_sure: bool) -> str:
    if column.value[service] is None:
        return "missing"
    if column.is_from_answers and min(respondents, column.n[service] or 0.0) < DEFAULTS.least_respondents:
        return "hidden"
    if not is_sure:
        return "too_few"
    return "ok" if column.terms.weight > 0 else "shown_only"


def _score(column: _Column, service: int, is_sure: bool) -> Score | None:
    value = column.score[service]
    if value is None:
        return None
    n_effective = column.n_effective[service] if column.is_from_answers else None
    low, high = (column.score_low[service], column.score_high[service]) if is_sure else (None, None)
    return Score(value, low, high, 1.0, n_effective)


def _stream(stream: str, indicators: Sequence[IndicatorResult]) -> Score | None:
    own = [found for found in indicators if found.terms.stream == stream]
    correlation = DEFAULTS.correlation_within_x if stream == "X" else 0.0
    return dimension_score(
        {found.terms.key: found.score for found in own},
        {found.terms.key: found.terms.weight for found in own},
        correlation=correlation,
    )


def _experience_p(indicators: Sequence[IndicatorResult], score: Score | None) -> float | None:
    """Return the p-value of "on target": native with one indicator in X, else from the MOVER interval.

    Those without an interval wait outside, as in `dimension_score`.
    """
    if score is None or score.high is None:
        return None
    counted = [
        i
        for i in indicators
        if i.terms.stream == "X" and i.terms.weight > 0 and i.score and i.score.has_interval
    ]
    if len(counted) == 1:
        return counted[0].p_below
    return p_below_from_interval(score.value, score.high)


def answers_worth(indicators: Sequence[IndicatorResult], streams: Mapping[str, Score | None]) -> float | None:
    """Return how many independent answers the experience is judged by: those to the rating.

    A question beside it that fewer people answer widens the interval and holds no judgement back. Where no
    rating counts it is what the weakest indicator rests on; None without answers.
    """
    rating, experience = _rating_of(indicators), streams.get("X")
    if experience is not None and (rating is None or rating.terms.weight <= 0):
        return experience.n_effective
    return rating.n_effective if rating else None


def _tipping_shift(rating: IndicatorResult | None, response: Response) -> float | None:
    if rating is None or rating.value is None or rating.raw is None or not response.asked:
        return None
    found = tipping_point(
        target=rating.terms.anchors.target,
        response_rate=response.answered / response.asked,
        raw_mean=rating.raw,
        weighted_mean=rating.value,
    )
    return found.shift if found else None
