"""Service levels of a service and period: what is promised, what is measured, what is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from experience.engine.daycells import Down
from experience.engine.defaults import DEFAULTS
from experience.engine.evidence import Evidence
from experience.engine.periods import Period
from experience.engine.sla import attainment, sla_status
from experience.models import Sla, SlaReport
from experience.selectors.windows import evidence_of
from surveys.models import BusinessService, Resolution

# A report that differs by more than this from what is computed is shown as different.
NOTABLE_DIFFERENCE = 0.01
_ROUNDING = 1e-9
_Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Attainment:
    """One service level: promised, computed and reported side by side; None is unknown, never 0.

    Shares run 0..1. `n` counts the tickets or requests behind the computed share, None for availability.
    `status` compares what was computed, where that is unknown what was reported, with the target.
    """

    kind: str
    priority: int | None
    target: float | None
    limit_minutes: int | None
    calendar: str
    share: float | None
    n: int | None
    reported: float | None
    reported_n: int | None
    status: str

    @property
    def difference(self) -> float | None:
        """How much more is reported than computed; None unless both are known."""
        return None if self.share is None or self.reported is None else self.reported - self.share

    @property
    def is_disputed(self) -> bool:
        """Whether the report differs by more than a percentage point from what was computed."""
        return self.difference is not None and abs(self.difference) > NOTABLE_DIFFERENCE + _ROUNDING


def is_reported(service: BusinessService, month: Period) -> bool:
    """Say whether a provider reported on a service in this month."""
    return SlaReport.objects.filter(service=service, month=month.first_on).exists()


def attainments(service: BusinessService, period: Period, *, now: datetime) -> list[Attainment]:
    """Return the service levels in force on the last day of a period, and those that are only reported.

    Reports are by calendar month; over another period none is found.
    """
    promised = _promised(service, period)
    reported = _reported(service, period)
    if not promised and not reported:
        return []
    evidence = evidence_of([service], period, now=now)
    keys = sorted({*promised, *reported}, key=lambda key: (_ORDER.index(key[0]), key[1] or 0))
    return [_attainment(key, promised.get(key), reported.get(key), service, period, evidence) for key in keys]


def _promised(service: BusinessService, period: Period) -> dict[_Key, Sla]:
    rows = Sla.objects.filter(service=service, valid_from__lte=period.last_on).order_by("valid_from")
    return {(sla.kind, sla.priority): sla for sla in rows}


def _reported(service: BusinessService, period: Period) -> dict[_Key, SlaReport]:
    rows = SlaReport.objects.filter(service=service, month=period.first_on)
    is_month = (period.last_on + timedelta(days=1)).day == 1
    return {(report.kind, report.priority): report for report in rows} if is_month else {}


def _attainment(
    key: _Key,
    sla: Sla | None,
    report: SlaReport | None,
    service: BusinessService,
    period: Period,
    evidence: Evidence,
) -> Attainment:
    kind, priority = key
    limit = sla.limit_minutes if sla else None
    if kind in _FROM_TICKETS:
        share, n = _FROM_TICKETS[kind](_resolutions(service, period, priority), limit)
    else:
        share, n = _FROM_SIGNALS[kind](evidence)
    target = sla.target_share if sla else None
    reported = report.share if report else None
    band = sla.amber_band if sla else DEFAULTS.sla_amber_band
    status = sla_status(reported if share is None else share, target, amber_band=band)
    calendar = sla.calendar if sla else ""
    reported_n = report.n if report else None
    return Attainment(kind, priority, target, limit, calendar, share, n, reported, reported_n, status.value)


def _resolutions(service: BusinessService, period: Period, priority: int | None) -> QuerySet[Resolution]:
    found = Resolution.objects.filter(service=service, resolved_on__range=(period.first_on, period.last_on))
    return found if priority is None else found.filter(priority=priority)


def _resolved_in_time(resolutions: QuerySet[Resolution], limit: int | None) -> tuple[float | None, int]:
    """Count the last resolution of each ticket: by the source's verdict, or by a limit of our own."""
    standing = resolutions.filter(reopened_at__isnull=True)
    if limit is None:
        return _share(standing.filter(ticket__made_sla__isnull=False), Q(ticket__made_sla=True))
    return _share(standing, Q(minutes_to_resolve__lte=limit))


def _responded_in_time(resolutions: QuerySet[Resolution], limit: int | None) -> tuple[float | None, int]:
    """Count each ticket whose first response is known once, by calendar time."""
    if limit is None:
        return None, 0
    known = resolutions.filter(reopen_count=0, ticket__first_response_at__isnull=False)
    latest = F("ticket__opened_at") + timedelta(minutes=limit)
    return _share(known, Q(ticket__first_response_at__lte=latest))


def _share(resolutions: QuerySet[Resolution], is_met: Q) -> tuple[float | None, int]:
    found = resolutions.aggregate(n=Count("pk"), met=Count("pk", filter=is_met))
    return attainment(found["met"], found["n"]), found["n"]


def _time_up(evidence: Evidence) -> tuple[float | None, None]:
    cells = evidence.of("downtime")
    down = int(cells["total"][cells["bucket"] == Down.UNPLANNED].sum())
    watched = evidence.up_seconds[0]
    return (max(0.0, 1.0 - down / watched) if watched else None), None


def _answered_in_time(evidence: Evidence) -> tuple[float | None, int]:
    cells = evidence.of("response_time")
    satisfied, total = int(cells["n"][cells["bucket"] == 0].sum()), int(cells["n"].sum())
    return attainment(satisfied, total), total


_FROM_TICKETS: Mapping[str, Callable[[QuerySet[Resolution], int | None], tuple[float | None, int | None]]] = {
    Sla.Kind.RESOLUTION: _resolved_in_time,
    Sla.Kind.RESPONSE: _responded_in_time,
}
_FROM_SIGNALS: Mapping[str, Callable[[Evidence], tuple[float | None, int | None]]] = {
    Sla.Kind.AVAILABILITY: _time_up,
    Sla.Kind.RESPONSE_TIME: _answered_in_time,
}
_ORDER = (*_FROM_TICKETS, *_FROM_SIGNALS)
