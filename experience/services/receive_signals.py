"""Signals in: samples folded into day cells once per batch, outages kept as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from experience.engine.daycells import CellKey, Sums
from experience.engine.observations import Observation, ObservationError, OutageReport, Sample
from experience.engine.periods import local_day
from experience.models import DayCell, Outage, SignalBatch
from experience.services.packed_days import pack_days
from surveys.models import BusinessService
from surveys.selectors.service_names import ServiceNames
from surveys.services.changes import mark_changed

# Should the worker have been away, so many days of an outage that lasts are made up for.
LASTING_DAYS = 7
Folded = dict[tuple[int, date, CellKey], Sums]


@transaction.atomic
def receive_signals(
    observations: Sequence[Observation], *, batch_id: str, source: str, now: datetime
) -> bool:
    """Take a batch whole or not at all; return False when this source sent this batch id before.

    Raises ObservationError, naming the index, when an observation names a service nobody knows.
    """
    _, is_new = SignalBatch.objects.get_or_create(
        source=source,
        batch_id=batch_id,
        defaults={"received_at": now, "observation_count": len(observations)},
    )
    if is_new:
        names = ServiceNames.of(source)
        services = [_service(names, index, seen.service) for index, seen in enumerate(observations)]
        pairs = list(zip(services, observations, strict=True))
        fold_samples((s, seen) for s, seen in pairs if not isinstance(seen, OutageReport))
        keep_outages(
            ((s, seen) for s, seen in pairs if isinstance(seen, OutageReport)), source=source, now=now
        )
    return is_new


def _service(names: ServiceNames, index: int, name: str) -> BusinessService:
    service = names.find(name)
    if service is None:
        raise ObservationError(f"observations[{index}]: {names.unknown(name)}")
    return service


def fold_samples(seen: Iterable[tuple[BusinessService, Sample]]) -> None:
    """Add response times, counts and amounts to the cells of their local days."""
    folded: Folded = {}
    zones: dict[int, ZoneInfo] = {}
    for service, sample in seen:
        zone = zones.setdefault(service.pk, ZoneInfo(service.time_zone))
        key, sums = sample.cell()
        place = (service.pk, local_day(sample.at, zone), key)
        folded[place] = folded.get(place, Sums()) + sums
    _add(folded)
    days = {(service, day) for service, day, _ in folded}
    pack_days(days)
    mark_changed(days)


def _add(folded: Folded) -> None:
    cells = [
        DayCell(service_id=service, day=day, measure=key.measure, bucket=key.bucket)
        for service, day, key in folded
    ]
    DayCell.objects.bulk_create(cells, ignore_conflicts=True)
    for (service, day, key), sums in sorted(folded.items(), key=lambda entry: entry[0][:2]):
        DayCell.objects.filter(service=service, day=day, measure=key.measure, bucket=key.bucket).update(
            count=F("count") + sums.count,
            total=F("total") + sums.total,
            total_squares=F("total_squares") + sums.total_squares,
        )


def keep_outages(
    reports: Iterable[tuple[BusinessService, OutageReport]], *, source: str, now: datetime
) -> None:
    """Write outages by their key within the source, the newest report winning; mark the days they touch."""
    newest = {report.key: (service, report) for service, report in reports}
    known = {
        outage.external_key: outage
        for outage in Outage.objects.filter(source=source, external_key__in=newest).select_related("service")
    }
    days: set[tuple[int, date]] = set()
    for outage in known.values():
        days |= _days(outage, now)
    outages = [_outage(source, service, report) for service, report in newest.values()]
    Outage.objects.bulk_create(
        outages,
        update_conflicts=True,
        unique_fields=["source", "external_key"],
        update_fields=["service", "feature", "is_planned", "started_at", "ended_at"],
    )
    for outage in outages:
        days |= _days(outage, now)
    mark_changed(days)


def mark_lasting_outages(*, now: datetime) -> None:
    """Have the last week of each outage without an end counted anew; call it once an hour.

    It goes on although nobody reports anything.
    """
    lasting = Outage.objects.filter(ended_at=None).select_related("service")
    mark_changed(set().union(*(_days(outage, now, most=LASTING_DAYS) for outage in lasting)))


def _outage(source: str, service: BusinessService, report: OutageReport) -> Outage:
    return Outage(
        service=service,
        source=source,
        external_key=report.key,
        feature=report.feature,
        is_planned=report.is_planned,
        started_at=report.started_at,
        ended_at=report.ended_at,
    )


def _days(outage: Outage, now: datetime, *, most: int | None = None) -> set[tuple[int, date]]:
    """Return the local days, or the last so many, that an outage touches; without an end it lasts on."""
    zone = ZoneInfo(outage.service.time_zone)
    first = local_day(outage.started_at, zone)
    last = local_day(max(outage.ended_at or now, outage.started_at), zone)
    if most is not None:
        first = max(first, last - timedelta(days=most - 1))
    return {(outage.service_id, first + timedelta(days=step)) for step in range((last - first).days + 1)}
