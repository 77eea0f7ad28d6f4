"""Keep the day cells true to the raw rows.

Whoever changes a raw row leaves an `EvidenceChange`. The sweep recomputes those service-days from the rows,
which makes late, edited and erased answers ordinary. Samples are folded at ingest and have no raw rows, so
their measures are left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from experience.engine.daycells import CellKey, Down, Sums, cells_of, union_seconds
from experience.engine.observations import FOLDED_MEASURES
from experience.engine.periods import Period, bounds
from experience.models import DayCell, Outage
from experience.selectors.raw_rows import (
    ServiceDay,
    anonymous_answers,
    anonymous_days,
    outage_rows,
    resolution_facts,
)
from experience.services.packed_days import pack_days
from surveys.models import BusinessService, EvidenceChange, Resolution
from surveys.services.bulk import insert_rows

# About 25 service-days are recomputed within the 20 ms that a worker may hold SQLite's write lock.
SWEEP_SERVICE_DAYS = 25
REBUILD_SERVICE_DAYS = 400


def refresh_changed_days(
    *, now: datetime, most: int = 10_000, chunk: int = SWEEP_SERVICE_DAYS
) -> set[ServiceDay]:
    """Recompute the cells of the service-days that changed, oldest change first; return those days.

    Deletes exactly the change rows it read, in the transaction that wrote the cells: a change that arrives
    meanwhile stays for the next sweep.
    """
    refreshed: set[ServiceDay] = set()
    while len(refreshed) < most:
        days = _refresh_some(now, chunk)
        if not days:
            break
        refreshed |= days
    return refreshed


@transaction.atomic
def _refresh_some(now: datetime, chunk: int) -> set[ServiceDay]:
    oldest = EvidenceChange.objects.order_by("pk").values_list("service_id", "day")[: chunk * 20]
    days = set(list(dict.fromkeys(oldest))[:chunk])
    if not days:
        return set()
    services = _lock(days)
    changes = [
        pk
        for pk, service, day in EvidenceChange.objects.filter(
            service__in=services, day__in={day for _, day in days}
        ).values_list("pk", "service_id", "day")
        if (service, day) in days
    ]
    _write_cells(days, services, now)
    EvidenceChange.objects.filter(pk__in=changes).delete()
    return days


def _lock(days: Collection[ServiceDay]) -> dict[int, BusinessService]:
    """Lock the services, so that of two sweeps over one service the later one also reads later."""
    ids = {service for service, _ in days}
    return {
        s.pk: s
        for s in BusinessService.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    }


def rebuild_evidence(*, now: datetime, services: Iterable[BusinessService] | None = None) -> int:
    """Recompute every service-day from tickets, answers and outages; return how many there were."""
    wanted = BusinessService.objects.all() if services is None else services
    days = sorted(
        set(Resolution.objects.filter(service__in=wanted).values_list("service_id", "resolved_on").distinct())
        | set(DayCell.objects.filter(service__in=wanted).values_list("service_id", "day").distinct())
        | anonymous_days(wanted)
    )
    for start in range(0, len(days), REBUILD_SERVICE_DAYS):
        part = days[start : start + REBUILD_SERVICE_DAYS]
        with transaction.atomic():
            _write_cells(set(part), _lock(part), now)
    return len(days)


def _write_cells(days: set[ServiceDay], services: dict[int, BusinessService], now: datetime) -> None:
    facts, unjoined = resolution_facts(days), anonymous_answers(days)
    outages = outage_rows(list(services.values()), {day for _, day in days})
    rows: list[DayCell] = []
    for service, day in sorted(days):
        cells = cells_of(facts.get((service, day), ()), unjoined.get((service, day), ()))
        cells |= downtime_cells(services[service], day, outages.get(service, ()), now)
        rows += [_row(service, day, key, sums) for key, sums in cells.items()]
    _delete_cells(days)
    insert_rows(DayCell, rows)
    pack_days(days)


def _delete_cells(days: set[ServiceDay]) -> None:
    """Delete the counted cells of these service-days, services with the same dates in one statement."""
    by_service: dict[int, set[date]] = {}
    for service, day in days:
        by_service.setdefault(service, set()).add(day)
    by_dates: dict[frozenset[date], list[int]] = {}
    for service, dates in by_service.items():
        by_dates.setdefault(frozenset(dates), []).append(service)
    for same_dates, services in by_dates.items():
        cells = DayCell.objects.filter(service__in=services, day__in=same_dates)
        cells.exclude(measure__in=FOLDED_MEASURES).delete()


def downtime_cells(
    service: BusinessService, day: date, outages: Iterable[Outage], now: datetime
) -> dict[CellKey, Sums]:
    """Return the seconds down on this local day, planned and unplanned apart; overlaps count once."""
    first, end = bounds(Period(day, day), ZoneInfo(service.time_zone))
    spans = {kind: [] for kind in Down}  # type: dict[Down, list[tuple[datetime, datetime | None]]]
    for outage in outages:
        kind = Down.PLANNED if outage.is_planned else Down.UNPLANNED
        spans[kind].append((outage.started_at, outage.ended_at))
    end = min(end, now.astimezone(UTC))
    seconds = {kind: union_seconds(spans[kind], first=first, end=end) for kind in Down}
    return {CellKey("downtime", bucket=kind): Sums(1, amount) for kind, amount in seconds.items() if amount}


def _row(service: int, day: date, key: CellKey, sums: Sums) -> DayCell:
    return DayCell(
        service_id=service,
        day=day,
        measure=key.measure,
        response_class=key.response_class,
        probability_permille=key.probability_permille,
        model_version=key.model_version,
        bucket=key.bucket,
        count=sums.count,
        total=sums.total,
        total_squares=sums.total_squares,
    )
