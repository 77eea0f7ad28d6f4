"""What was agreed: primary agreement versions with their terms, and the SLA beside them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from experience.engine.indicators import Terms
from experience.engine.measure import SlaTerms
from experience.engine.normalise import Anchors
from experience.models import AgreementIndicator, AgreementVersion, Sla
from surveys.models import BusinessService


def primary_versions(day: date) -> list[AgreementVersion]:
    """Return the published versions of primary agreements in force on a day, with services and indicators."""
    found = AgreementVersion.objects.filter(
        state=AgreementVersion.State.PUBLISHED, agreement__is_primary=True, valid_from__lte=day
    )
    return list(
        found.select_related("agreement").prefetch_related("services", "indicators__indicator").order_by("pk")
    )


def terms_of(version: AgreementVersion) -> list[Terms]:
    """Return the indicators of a version as agreed, in a stable order."""
    return [_terms(agreed) for agreed in sorted(version.indicators.all(), key=lambda a: a.indicator.key)]


def _terms(agreed: AgreementIndicator) -> Terms:
    indicator = agreed.indicator
    anchors = Anchors(
        indicator.floor if agreed.floor is None else agreed.floor,
        indicator.target if agreed.target is None else agreed.target,
        indicator.ceiling if agreed.ceiling is None else agreed.ceiling,
    )
    return Terms(
        key=indicator.key,
        name=indicator.name,
        stream=indicator.stream,
        statistic=indicator.statistic,
        measure=indicator.measure,
        unit=indicator.unit,
        low=indicator.low,
        high=indicator.high,
        anchors=anchors,
        weight=agreed.weight,
    )


def stream_weights(version: AgreementVersion) -> dict[str, float]:
    """Return the weight of each stream that the version gives any."""
    weights = {
        "X": version.weight_experience,
        "O": version.weight_operations,
        "T": version.weight_technology,
        "S": version.weight_social,
    }
    return {stream: weight for stream, weight in weights.items() if weight > 0}


def slas_of(services: Iterable[BusinessService], day: date) -> dict[int, SlaTerms]:
    """Return the SLA of each service that was in force on a day; services without one are absent."""
    rows = Sla.objects.filter(service__in=services, valid_from__lte=day).order_by("valid_from")
    return {sla.service_id: SlaTerms(sla.target_share, sla.amber_band) for sla in rows}
