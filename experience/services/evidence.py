"""Keep the day cells true to the raw rows.

Whoever changes a raw row leaves an `EvidenceChange`. The sweep recomputes those service-days from the rows,
which makes late, edited and erased answers ordinary. Samples are folded at ingest and have no raw rows, so
their measures are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
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
    on_service_days,
    outage_rows,
    resolution_facts,
)
from experience.services.packed_days import pack_days
from surveys.models import BusinessService, EvidenceChange, Resolution
from surveys.services.bulk import insert_rows

# About 25 service-days are recomputed within the 20 ms that a worker may hold SQLite's write lock.
SWEEP_SERVICE_DAYS = 25
REBUILD_SERVICE_DAYS = 400
CHANGES_AT_ONCE = 1000


def refresh_changed_days(
    *, now: datetime, most: int = 10_000, chunk: int = SWEEP_SERVICE_DAYS
) -> set[ServiceDay]:
    """Recompute the cells of the service-days that changed, oldest change first; return those days.

    Marks exactly the change rows it read as counted, in the transaction that wrote the cells: a change that
    arrives meanwhile stays for the next sweep. They go once their days are measured (`forget_changes`).
    """
    refreshed: set[ServiceDay] = set()
    while len(refreshed) < most:
        days = _refresh_some(now, chunk)
        if not days:
            break
        refreshed |= days
    return refreshed


def _refresh_some(now: datetime, chunk: int) -> set[ServiceDay]:
    """Recompute the `chunk` oldest changed service-days; return those that were waiting.

    Raw rows are read before the write lock is taken, so that writers wait for the writing only. What changes
    meanwhile leaves a change row that was not read here, and so waits for the next sweep.
    """
    changes = _oldest_changes(chunk)
    if changes:
        services = BusinessService.objects.in_bulk({service for service, _ in changes})
        _store(changes, _cell_rows(set(changes), services, now))
    return set(changes)


def _oldest_changes(chunk: int) -> dict[ServiceDay, set[int]]:
    """Return the service-days that changed first, each with the keys of all its change rows."""
    waiting = EvidenceChange.objects.filter(is_counted=False)
    oldest = waiting.order_by("pk").values_list("service_id", "day")[: chunk * 20]
    days = set(list(dict.fromkeys(oldest))[:chunk])
    changes: dict[ServiceDay, set[int]] = {}
    if days:
        found = waiting.filter(on_service_days(days, day="day"))
        for pk, service, day in found.values_list("pk", "service_id", "day"):
            changes.setdefault((service, day), set()).add(pk)
    return changes


@transaction.atomic
def _store(changes: Mapping[ServiceDay, set[int]], rows: Mapping[ServiceDay, list[DayCell]]) -> None:
    """Write the cells of those days whose changes are all still waiting, and mark their change rows.

    Where a change row waits no more, another sweep has written cells that may be newer than these.
    """
    _lock(changes)
    read = EvidenceChange.objects.filter(pk__in=set().union(*changes.values()), is_counted=False)
    waiting = set(read.values_list("pk", flat=True))
    days = {day for day, keys in changes.items() if keys <= waiting}
    _write_cells({day: rows[day] for day in days})
    counted = set().union(*(changes[day] for day in days))
    EvidenceChange.objects.filter(pk__in=counted).update(is_counted=True)


def counted_changes() -> dict[int, ServiceDay]:
    """Return the service-days whose cells are written and results are not, by the key of each change."""
    found = EvidenceChange.objects.filter(is_counted=True)
    return {pk: (service, day) for pk, service, day in found.values_list("pk", "service_id", "day")}


def forget_changes(measured: Sequence[int]) -> None:
    """Delete these change rows: the results that use their days are stored."""
    for start in range(0, len(measured), CHANGES_AT_ONCE):
        EvidenceChange.objects.filter(pk__in=measured[start : start + CHANGES_AT_ONCE]).delete()


def _lock(days: Iterable[ServiceDay]) -> dict[int, BusinessService]:
    """Lock the services, so that of two sweeps over one service the later one also reads later."""
    ids = {service for service, _ in days}
    return {s.pk: s for s in BusinessService.objects.filter(pk__in=ids).in_turn()}


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
            _write_cells(_cell_rows(set(part), _lock(part), now))
    return len(days)


def _cell_rows(
    days: set[ServiceDay], services: Mapping[int, BusinessService], now: datetime
) -> dict[ServiceDay, list[DayCell]]:
    """Return the cells of these service-days as their raw rows are now."""
    facts, unjoined = resolution_facts(days), anonymous_answers(days)
    outages = outage_rows(list(services.values()), {day for _, day in days})
    rows: dict[ServiceDay, list[DayCell]] = {}
    for service, day in sorted(days):
        cells = cells_of(facts.get((service, day), ()), unjoined.get((service, day), ()))
        cells |= downtime_cells(services[service], day, outages.get(service, ()), now)
        rows[service, day] = [_row(service, day, key, sums) for key, sums in cells.items()]
    return rows


def _write_cells(rows: Mapping[ServiceDay, list[DayCell]]) -> None:
    """Put these cells in the place of the counted ones of their service-days."""
    if rows:
        counted = DayCell.objects.exclude(measure__in=FOLDED_MEASURES)
        counted.filter(on_service_days(rows, day="day")).delete()
        insert_rows(DayCell, chain.from_iterable(rows.values()))
        pack_days(rows)


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
