"""What was agreed: the versions in force on a day with their terms, and the SLA beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from experience.engine.agreement_terms import (
    STREAMS,
    AgreedIndicator,
    AgreementTerms,
    Exclusion,
    IndicatorScale,
    Scope,
    derived_anchors,
)
from experience.engine.daycells import RESOLUTION_MEASURES
from experience.engine.indicators import Terms
from experience.engine.normalise import Anchors
from experience.engine.periods import Period
from experience.models import (
    Agreement,
    AgreementIndicator,
    AgreementService,
    AgreementVersion,
    Indicator,
    Sla,
)
from surveys.models import BusinessService

# What can be counted for some people only: tickets and answers carry persona and site.
LIMITED_MEASURES = frozenset({*RESOLUTION_MEASURES, "backlog_age", "recurring"})
# What terms and a stored version call by the same name ...
PLAIN_TERMS = (
    "valid_from", "ambition", "provider", "customer", "agreed_by", "agreed_on", "review_on", "if_missed",
    "covers_rest", "journey", "baseline_until", "note",
)  # fmt: skip
# ... and the columns that hold the weight of each stream.
WEIGHT_COLUMNS = dict(
    zip(
        STREAMS,
        ("weight_experience", "weight_operations", "weight_technology", "weight_social"),
        strict=True,
    )
)
_DETAILS = ("services", "indicators__indicator", "agreement__exclusions")


@dataclass(frozen=True, slots=True)
class InForce:
    """A version that holds on a day, with the services it covers then and the evidence it counts."""

    version: AgreementVersion
    services: tuple[BusinessService, ...]
    scope: Scope


def versions_in_force(day: date) -> list[InForce]:
    """Return the versions in force on a day, primary or extra: of each agreement the newest that holds.

    The one that covers every other service comes with the live services that no other primary one covers.
    """
    versions = newest_on(day)
    covered = {version.pk: tuple(version.services.all()) for version in versions}
    taken = {s.pk for v in versions if v.agreement.is_primary for s in covered[v.pk]}
    for version in versions:
        if version.covers_rest:
            covered[version.pk] = tuple(BusinessService.objects.live().exclude(pk__in=taken))
    return [InForce(version, covered[version.pk], scope_of(version)) for version in versions]


def newest_on(day: date) -> list[AgreementVersion]:
    """Return of each agreement the newest published version that holds on a day, terms prefetched."""
    holding = Q(agreement__retired_on__isnull=True) | Q(agreement__retired_on__gt=day)
    found = AgreementVersion.objects.holding().filter(holding, valid_from__lte=day).order_by("number")
    newest = {number["agreement"]: number["pk"] for number in found.values("agreement", "pk")}
    return list(with_details(AgreementVersion.objects.filter(pk__in=newest.values())).order_by("pk"))


def with_details(versions: QuerySet[AgreementVersion]) -> QuerySet[AgreementVersion]:
    """Return the versions with what their terms are read from."""
    return versions.select_related("agreement").prefetch_related(*_DETAILS)


def scope_of(version: AgreementVersion) -> Scope:
    """Return whose evidence counts under a version, and which days both parties left out."""
    left_out = (Period(e.first_on, e.last_on) for e in version.agreement.exclusions.all())
    return Scope(tuple(version.personas), tuple(version.sites), tuple(left_out))


def terms_of(version: AgreementVersion) -> list[Terms]:
    """Return the indicators of a version as agreed, in a stable order."""
    agreed = sorted(version.indicators.all(), key=lambda a: a.indicator.key)
    return [indicator_terms(a.indicator, _agreed(a)) for a in agreed]


def indicators_for_everybody(version: AgreementVersion) -> list[str]:
    """Return the indicators that a version limited to personas or sites still counts for everybody.

    Signals do not say whose they are, and user counts are those of the whole service.
    """
    if not scope_of(version).limits_people:
        return []
    return [terms.name for terms in terms_of(version) if terms.measure not in LIMITED_MEASURES]


def indicator_terms(indicator: Indicator, agreed: AgreedIndicator) -> Terms:
    """Return one indicator as agreed; anchors that were not set are derived. Raises ValueError, see there."""
    return Terms(
        key=indicator.key,
        name=indicator.name,
        stream=indicator.stream,
        statistic=indicator.statistic,
        measure=indicator.measure,
        unit=indicator.unit,
        low=indicator.low,
        high=indicator.high,
        anchors=derived_anchors(
            scale_of(indicator), target=agreed.target, floor=agreed.floor, ceiling=agreed.ceiling
        ),
        weight=agreed.weight,
    )


def indicator_scales() -> dict[str, IndicatorScale]:
    """Return the newest version of every indicator by key, as terms refer to it."""
    return {key: scale_of(indicator) for key, indicator in newest_indicators().items()}


def newest_indicators() -> dict[str, Indicator]:
    """Return the newest version of every indicator by key."""
    return {indicator.key: indicator for indicator in Indicator.objects.order_by("stream", "pk", "version")}


def scale_of(indicator: Indicator) -> IndicatorScale:
    """Return an indicator as far as terms refer to it."""
    anchors = Anchors(indicator.floor, indicator.target, indicator.ceiling)
    return IndicatorScale(indicator.key, indicator.stream, indicator.low, indicator.high, anchors)


def _agreed(row: AgreementIndicator) -> AgreedIndicator:
    return AgreedIndicator(row.indicator.key, row.weight, row.target, row.floor, row.ceiling)


def stream_weights(version: AgreementVersion) -> dict[str, float]:
    """Return the weight of each stream that the version gives any."""
    weights = {stream: getattr(version, column) for stream, column in WEIGHT_COLUMNS.items()}
    return {stream: weight for stream, weight in weights.items() if weight > 0}


def version_terms(version: AgreementVersion) -> AgreementTerms:
    """Return a stored version as plain terms: what a draft is rehearsed from and a file is written from."""
    agreement = version.agreement
    indicators = sorted(version.indicators.all(), key=lambda a: (STREAMS.index(a.indicator.stream), a.pk))
    return AgreementTerms(
        key=agreement.key,
        name=agreement.name,
        owner=agreement.owner.username if agreement.owner else "",
        is_primary=agreement.is_primary,
        needs_second_person=agreement.needs_second_person,
        services=tuple(sorted(service.key for service in version.services.all())),
        personas=tuple(version.personas),
        sites=tuple(version.sites),
        weights=tuple(stream_weights(version).items()),
        indicators=tuple(_agreed(row) for row in indicators),
        exclusions=tuple(Exclusion(e.first_on, e.last_on, e.reason) for e in agreement.exclusions.all()),
        **{name: getattr(version, name) for name in PLAIN_TERMS},
    )


def published_version(agreement: Agreement) -> AgreementVersion | None:
    """Return the newest published version of an agreement, also when it begins later; None without one."""
    published = AgreementVersion.objects.filter(agreement=agreement, state=AgreementVersion.State.PUBLISHED)
    return with_details(published).first()


def draft_of(agreement: Agreement) -> AgreementVersion | None:
    """Return the draft of an agreement, of which there is at most one."""
    return with_details(AgreementVersion.objects.drafts().filter(agreement=agreement)).first()


def primary_holders(terms: AgreementTerms) -> dict[str, Agreement]:
    """Return by service key which other primary agreement holds when these terms begin, or from later on."""
    if not terms.is_primary:
        return {}
    claimed = AgreementService.objects.filter(is_primary=True).exclude(version__agreement__key=terms.key)
    wanted = claimed.filter(service__key__in=terms.services).select_related("version__agreement", "service")
    holders = {row.service.key: row.version.agreement for row in wanted}
    for version in newest_on(terms.valid_from):
        if version.agreement.is_primary and version.agreement.key != terms.key:
            both = {service.key for service in version.services.all()}.intersection(terms.services)
            holders |= dict.fromkeys(both, version.agreement)
    return holders


def limits_of(promised: Mapping[int, Sla]) -> dict[int, int]:
    """Return the minutes that SLAs give by service, where these do not go by the ticket system's verdict."""
    return {pk: sla.limit_minutes for pk, sla in promised.items() if sla.limit_minutes is not None}


def headline_slas(services: Iterable[BusinessService], day: date) -> dict[int, Sla]:
    """Return the headline SLA of each service on a day: resolution of all priorities; without one, absent."""
    headline = Sla.objects.filter(kind=Sla.Kind.RESOLUTION, priority__isnull=True)
    rows = headline.filter(service__in=services, valid_from__lte=day).order_by("valid_from")
    return {sla.service_id: sla for sla in rows}
