"""Prove that results follow from their inputs: recompute each from its receipt, and name what moved since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import F, QuerySet

from experience.engine.defaults import ENGINE_VERSION
from experience.engine.measure import measure
from experience.engine.receipt import disagreements, input_hash
from experience.models import Measurement
from experience.selectors.agreements import InForce, scope_of, stream_weights, terms_of
from experience.services.measure import journey_now, results_now, without_parameters
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
    other = "" if m.engine_version == ENGINE_VERSION else f" It was computed by engine {m.engine_version}."
    return f"{first.path} is stored as {first.stored}, the inputs give {first.recomputed}.{other}"


def recomputed(m: Measurement) -> dict[str, Any]:
    """Return the columns that the stored inputs give."""
    evidence, sla = evidence_from(m.inputs)
    version = m.agreement_version
    used = parameters_of(m.parameter_set)
    result = measure(evidence, terms_of(version), stream_weights(version), [sla], used)[0]
    return columns_of(result, is_baseline=version.is_baseline_on(m.ends_on))


def corrections_due(measurements: QuerySet[Measurement], *, now: datetime) -> Iterator[Finding]:
    """Yield the final results among these whose evidence moved since: the next sweep will correct them.

    One reading of the evidence per agreement version and period.
    """
    final = measurements.filter(state=Measurement.State.FINAL, is_current=True)
    related = final.select_related(*_RELATED).prefetch_related(
        "agreement_version__indicators__indicator", "agreement_version__agreement__exclusions"
    )
    rows = related.order_by("agreement_version", "starts_on", "ends_on", F("service").asc(nulls_first=True))
    for _, group in groupby(rows.iterator(chunk_size=500), key=_counted_together):
        stored = list(group)
        for m, fresh in zip(stored, _recounted(stored, now), strict=True):
            if without_parameters(m) != without_parameters(fresh):
                yield Finding(m, "Correction due: the evidence moved since it became final.")


def _counted_together(m: Measurement) -> tuple[int, date, date, bool]:
    return m.agreement_version_id, m.starts_on, m.ends_on, m.service_id is None


def _recounted(stored: Sequence[Measurement], now: datetime) -> list[Measurement]:
    """Return what the evidence says today of results of one version and period, in their order."""
    first = stored[0]
    version, period = first.agreement_version, first.days
    kind = Measurement.Period(first.period)
    found = InForce(version, tuple(version.services.all()), scope_of(version))
    if first.service is None:
        return [journey_now(found, kind, period, first.parameter_set, now=now)]
    services = [m.service for m in stored if m.service is not None]
    return results_now(found, services, kind, period, first.parameter_set, now=now)
