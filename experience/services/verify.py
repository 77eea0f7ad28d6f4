"""Prove that results follow from their inputs: recompute each from its receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from experience.engine.measure import measure
from experience.engine.receipt import disagreements, input_hash
from experience.models import Measurement
from experience.selectors.agreements import stream_weights, terms_of
from experience.services.parameters import parameters_of
from experience.services.results import columns_of, evidence_from

_RELATED = ("agreement_version__agreement", "parameter_set", "service")


@dataclass(frozen=True)
class Finding:
    """A measurement that does not follow from its inputs, and where it differs."""

    measurement: Measurement
    problem: str


def verify(measurements: QuerySet[Measurement]) -> Iterator[Finding]:
    """Yield what is wrong with these results: an altered input, or a number that differs by over 1e-9."""
    prefetched = measurements.select_related(*_RELATED).prefetch_related(
        "agreement_version__indicators__indicator"
    )
    for m in prefetched.iterator(chunk_size=500):
        problem = _problem(m)
        if problem:
            yield Finding(m, problem)


def _problem(m: Measurement) -> str | None:
    if input_hash(m.inputs) != m.input_hash:
        return "The stored inputs are not those that were hashed."
    again = recomputed(m)
    differing = disagreements({name: getattr(m, name) for name in again}, again)
    if not differing:
        return None
    first = differing[0]
    return f"{first.path} is stored as {first.stored}, the inputs give {first.recomputed}."


def recomputed(m: Measurement) -> dict[str, Any]:
    """Return the columns that the stored inputs give."""
    evidence, sla = evidence_from(m.inputs)
    version = m.agreement_version
    used = parameters_of(m.parameter_set)
    result = measure(evidence, terms_of(version), stream_weights(version), [sla], used)[0]
    return columns_of(result, is_baseline=version.is_baseline_on(m.ends_on))
