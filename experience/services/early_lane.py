"""The early lane over the live months: may be looked at after every answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from experience.engine.early_lane import early_lane
from experience.engine.indicators import rating_terms
from experience.engine.periods import live_months
from experience.selectors.agreements import InForce, primary_versions, terms_of
from experience.selectors.windows import evidence_of
from experience.services.parameters import parameter_set_for, parameters_of


def early_e_values(services: Collection[int], *, as_of: date, now: datetime) -> dict[int, float]:
    """Return the largest live e-value of each service: this month's, and last month's until it is final."""
    e_values: dict[int, float] = {}
    for found in primary_versions(as_of):
        for service, e in _version_e_values(found, services, as_of, now):
            e_values[service] = max(e, e_values.get(service, 0.0))
    return e_values


def _version_e_values(
    found: InForce, services: Collection[int], as_of: date, now: datetime
) -> list[tuple[int, float]]:
    rating = rating_terms(terms_of(found.version))
    watched = [service for service in found.services if service.pk in services]
    if rating is None or not watched:
        return []
    values: list[tuple[int, float]] = []
    for month in live_months(as_of):
        used = parameters_of(parameter_set_for(month.first_on, now=now))
        e_values = early_lane(rating, evidence_of(watched, month, now=now, scope=found.scope), used)
        values += [(service.pk, float(e)) for service, e in zip(watched, e_values, strict=True)]
    return values
