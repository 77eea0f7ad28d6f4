"""An engine result as the columns and documents of a `Measurement`, and the inputs its receipt keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import date
from typing import Any

from experience.engine.blend import Score
from experience.engine.cells import Cell, cells_from, rows_of, summed
from experience.engine.evidence import RATING_SCALES, Evidence, People
from experience.engine.measure import IndicatorResult, Result, SlaTerms, answers_worth
from experience.selectors.results import summary_of

Document = dict[str, Any]


def inputs_of(evidence: Evidence, slas: Sequence[SlaTerms | None], names: dict[str, str]) -> list[Document]:
    """Return per service what its result is computed from; `names` are the agreement version and parameter
    set.

    Class sums come sorted, so that equal evidence has equal inputs.
    """
    sums: list[list[list[Any]]] = [[] for _ in evidence.people]
    for service, *row in rows_of(evidence.cells):
        sums[service].append(row)
    return [
        {
            "cells": sorted(sums[service]),
            "people": list(astuple(people)),
            "up_seconds": evidence.up_seconds[service],
            "sla": list(astuple(sla)) if sla else None,
            **_silence(evidence.silent[service]),
            **names,
        }
        for service, (people, sla) in enumerate(zip(evidence.people, slas, strict=True))
    ]


def _silence(silent: Mapping[str, date]) -> Document:
    """Return which signals fell silent, for the receipt; a receipt without any does not speak of it."""
    return {"silent": {measure: day.isoformat() for measure, day in silent.items()}} if silent else {}


def evidence_from(inputs: Document) -> tuple[Evidence, SlaTerms | None]:
    """Return the evidence and SLA terms that stored inputs describe: the way back for `verify`."""
    cells = summed(cells_from(Cell(0, *row) for row in inputs["cells"]))
    sla = SlaTerms(*inputs["sla"]) if inputs["sla"] else None
    silent = {measure: date.fromisoformat(day) for measure, day in inputs.get("silent", {}).items()}
    return Evidence(cells, [People(*inputs["people"])], [inputs["up_seconds"]], [silent]), sla


def columns_of(result: Result, *, is_baseline: bool = False) -> Document:
    """Return the columns of a measurement that come from the engine; in a baseline it has no colour."""
    score = result.blend.score if result.blend else None
    rating = result.rating
    shown = rating if rating and rating.state not in ("hidden", "missing") else None
    document = document_of(result)
    return {
        **_span(score, "score", "low", "high"),
        "colour": "none" if is_baseline else result.colour,
        "coverage": result.coverage,
        "status": result.experience.value,
        **_span(shown, "rating", "rating_low", "rating_high"),
        "rating_raw": shown.raw if shown else None,
        "rating_target": rating.terms.anchors.target if rating else None,
        "p_below": result.p_below,
        "n_resolved": result.response.resolved,
        "n_asked": result.response.asked,
        "n_answered": result.response.answered,
        "n_effective": answers_worth(result.indicators, result.streams),
        "sla_status": result.sla.status.value,
        "sla_share": result.sla.share,
        "sla_target": result.sla.target,
        "sla_n": result.sla.n,
        "results": document,
        **summary_of(document),
    }


def document_of(result: Result) -> Document:
    """Return the details of a result: indicators, streams with contributions, ratings, response."""
    worst, best = RATING_SCALES[result.rating.terms.measure] if result.rating else (1, 0)
    answers = range(worst, best + 1)
    return {
        "indicators": [_indicator(found) for found in result.indicators],
        "streams": {name: _stream(name, score, result) for name, score in result.streams.items()},
        "rating_counts": [result.rating_counts.get(answer, 0) for answer in answers],
        "tipping_point": result.tipping_shift,
        "response": asdict(result.response),
        "lost_hours": result.lost_minutes / 60 if result.lost_minutes is not None else None,
    }


def _indicator(found: IndicatorResult) -> Document:
    hidden = found.state == "hidden"
    return {
        "key": found.terms.key,
        "name": found.terms.name,
        "stream": found.terms.stream,
        "unit": found.terms.unit,
        "statistic": found.terms.statistic,
        **_span(None if hidden else found, "value", "low", "high"),
        "floor": found.terms.anchors.floor,
        "target": found.terms.anchors.target,
        "ceiling": found.terms.anchors.ceiling,
        **_span(None if hidden else found.score, "score", "score_low", "score_high"),
        "weight": found.terms.weight,
        "n": found.n,
        "n_effective": found.n_effective,
        "state": found.state,
        **({"silent_since": found.silent_since.isoformat()} if found.silent_since else {}),
    }


def _stream(name: str, score: Score | None, result: Result) -> Document:
    contributions = result.blend.contributions if result.blend else {}
    if score is not None and _gives_away(name, score, result):
        score = None
    return {**_span(score, "score", "low", "high"), "contribution": contributions.get(name)}


def _span(found: Score | IndicatorResult | None, *names: str) -> Document:
    """Return a value and the ends of its interval under these names; None where nothing is told."""
    ends = (found.value, found.low, found.high) if found else (None, None, None)
    return dict(zip(names, ends, strict=True))


def _gives_away(stream: str, score: Score, result: Result) -> bool:
    """Say whether a hidden indicator could be had back from its stream's score and the others.

    A score with an interval rests on indicators with intervals alone, which are never hidden.
    """
    counted = (
        found for found in result.indicators if found.terms.stream == stream and found.terms.weight > 0
    )
    return not score.has_interval and any(found.state == "hidden" for found in counted)
