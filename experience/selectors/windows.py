"""The evidence of a window of days: cells summed in the database, people and monitored time beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import BigIntegerField, Count, Min, Sum
from django.db.models.functions import Cast

from experience.engine.indicators import Cell, Evidence, People
from experience.engine.periods import Period, bounds
from experience.models import DayCell, Outage
from surveys.models import BusinessService, Response


def evidence_of(services: Sequence[BusinessService], period: Period, *, now: datetime) -> Evidence:
    """Return the evidence of these services, in their order, over a period of local days; four queries."""
    position = {service.pk: number for number, service in enumerate(services)}
    people = _people(position, period)
    return Evidence(
        cells=_cells(position, period),
        people=[people[service.pk] for service in services],
        up_seconds=_monitored_seconds(services, period, now),
    )


def _cells(position: dict[int, int], period: Period) -> list[Cell]:
    found = DayCell.objects.filter(service__in=position, day__range=(period.first_on, period.last_on))
    summed = found.values_list(
        "service_id", "measure", "response_class", "probability_permille", "bucket"
    ).annotate(
        **{f"sum_{name}": Cast(Sum(name), BigIntegerField()) for name in ("count", "total", "total_squares")}
    )
    with connection.cursor() as cursor:
        # The rows go straight to the engine; building them through the ORM would take as long as the query.
        cursor.execute(*summed.order_by().query.sql_with_params())
        return [Cell(position[row[0]], *row[1:]) for row in cursor]


def _people(position: dict[int, int], period: Period) -> dict[int, People]:
    """Return who gave the answers that count, by service; anonymous answers have no person and count each."""
    answers = Response.objects.accepted().filter(
        service__in=position, resolution__resolved_on__range=(period.first_on, period.last_on)
    )
    per_person = answers.values_list("service_id", "resolution__person_id").annotate(Count("pk"))
    counts: dict[int, list[int]] = defaultdict(list)
    for service, person, answered in per_person.order_by():
        counts[service] += [answered] if person is not None else [1] * answered
    people = {service: People(len(k), sum(k), sum(n * n for n in k)) for service, k in counts.items()}
    return defaultdict(People, people)


def _monitored_seconds(
    services: Sequence[BusinessService], period: Period, now: datetime
) -> list[float | None]:
    """Return how long each service was watched: from its first outage on, as nothing else tells silence from
    up.
    """
    started = (
        Outage.objects.filter(service__in=services).values_list("service_id").annotate(Min("started_at"))
    )
    since = dict(started.order_by())
    return [_watched(since.get(service.pk), service.time_zone, period, now) for service in services]


def _watched(since: datetime | None, zone: str, period: Period, now: datetime) -> float | None:
    first, end = bounds(period, ZoneInfo(zone))
    if since is None:
        return None
    seconds = (min(end, now) - max(first, since)).total_seconds()
    return seconds if seconds > 0 else None
