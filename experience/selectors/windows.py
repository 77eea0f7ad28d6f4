"""The evidence of a window of days: cells added up, people and monitored time beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, Min, Q

from experience.engine.agreement_terms import EVERYONE, Scope
from experience.engine.cells import (
    MEASURE_CODES,
    NOBODY,
    Cell,
    Cells,
    Integers,
    cells_from,
    per_cell,
    summed,
    unpacked,
    unpacked_people,
)
from experience.engine.daycells import RESOLUTION_MEASURES, cells_of
from experience.engine.evidence import Evidence, people_of
from experience.engine.periods import Period, bounds, local_day
from experience.engine.silence import silences
from experience.models import Outage, PackedDay
from experience.selectors.agreements import InForce
from experience.selectors.raw_rows import of_people, resolution_facts
from experience.selectors.stock import stock_cells
from experience.selectors.subjects import Subject, subject
from surveys.models import BusinessService, Resolution, Response


def evidence_of(
    services: Sequence[BusinessService],
    period: Period,
    *,
    now: datetime,
    scope: Scope = EVERYONE,
    measures: Collection[str] = (),
    limits: Mapping[int, int] | None = None,
) -> Evidence:
    """Return the evidence of these services, in their order, over a period of local days; two queries.

    Days that `scope` leaves out do not count. Where it names personas or sites, tickets and answers are
    counted from the raw rows of these people, because day cells hold everybody; signals stay the service's.
    What only tickets tell (selectors/stock.py) is read where `measures` names it. `limits` holds, by service
    id, the minutes that an SLA gives where it does not go by the ticket system's verdict.
    """
    position = {service.pk: number for number, service in enumerate(services)}
    parts = scope.kept(period)
    counted = _counted(services, position, parts, scope, now)
    cells = _within_limits(counted.cells, position, parts, scope, limits) if limits else counted.cells
    stock = stock_cells(services, period, measures, now=now, scope=scope)
    return Evidence(
        cells=summed(np.concatenate([cells, stock])),
        people=people_of(*counted.answers, services=len(services)),
        up_seconds=_monitored_seconds(services, parts, now),
        silent=counted.silent,
    )


def evidence_together(
    services: Sequence[BusinessService],
    period: Period,
    *,
    now: datetime,
    scope: Scope = EVERYONE,
    measures: Collection[str] = (),
) -> Evidence:
    """Return the evidence of these services as that of one, for a journey that leads through all of them.

    A person counts once; time watched and time down add up over the services that are watched.
    """
    position = {service.pk: 0 for service in services}
    parts = scope.kept(period)
    watched = [s for s in _monitored_seconds(services, parts, now) if s is not None]
    counted = _counted(services, position, parts, scope, now)
    cells = np.concatenate([counted.cells, stock_cells(services, period, measures, now=now, scope=scope)])
    cells["service"] = 0
    return Evidence(
        cells=summed(cells),
        people=people_of(*counted.answers, services=1),
        up_seconds=[sum(watched) if watched else None],
        silent=counted.silent[:1],
    )


def evidence_of_subjects(
    found: InForce, wanted: Collection[Subject], period: Period, *, now: datetime
) -> Iterator[tuple[list[Subject], Evidence]]:
    """Yield the evidence of the wanted subjects that a version judges: of its services, of its journey.

    The subjects of each batch stand in the order of its evidence.
    """
    own = [service for service in found.services if subject(found.version, service) in wanted]
    if own:
        subjects = [subject(found.version, service) for service in own]
        yield subjects, evidence_of(own, period, now=now, scope=found.scope)
    if found.version.journey and (whole := subject(found.version, None)) in wanted:
        yield [whole], evidence_together(found.services, period, now=now, scope=found.scope)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Cells; for every answer among them the service's place and who gave it; per service silent signals."""

    cells: Cells
    answers: tuple[Integers, Integers]
    silent: list[dict[str, date]]


def _counted(
    services: Sequence[BusinessService],
    position: dict[int, int],
    parts: Sequence[Period],
    scope: Scope,
    now: datetime,
) -> _Counted:
    found = PackedDay.objects.filter(within_days(parts, "day"), service__in=position)
    rows = list(found.values_list("service_id", "day", "cells", "people"))
    places, packs = [position[row[0]] for row in rows], [bytes(row[2]) for row in rows]
    cells = unpacked(places, packs)
    days = per_cell([row[1].toordinal() for row in rows], packs)
    silent = silences(cells, days, [_last_day(service, parts, now) for service in services])
    if scope.limits_people:
        own = _cells_of_people(cells, position, parts, scope)
        return _Counted(own, _answers_of_people(position, parts, scope), silent)
    return _Counted(cells, unpacked_people(places, [bytes(row[3]) for row in rows]), silent)


def _last_day(service: BusinessService, parts: Sequence[Period], now: datetime) -> date:
    """Return the last day that counts and has begun where the service is."""
    today = local_day(now, ZoneInfo(service.time_zone))
    return min(parts[-1].last_on, today) if parts else today


def _within_limits(
    cells: Cells, position: dict[int, int], parts: Sequence[Period], scope: Scope, limits: Mapping[int, int]
) -> Cells:
    """Return the cells with the SLA counted by these limits in place of the ticket system's verdicts."""
    is_met = Q(pk__in=())
    for minutes in set(limits.values()):
        alike = [service for service, limit in limits.items() if limit == minutes]
        is_met |= Q(service__in=alike, minutes_to_resolve__lte=minutes)
    standing = Resolution.objects.filter(
        within_days(parts, "resolved_on"), of_people(scope), service__in=limits, reopened_at__isnull=True
    )
    counted = standing.values("service_id").annotate(n=Count("pk"), met=Count("pk", filter=is_met)).order_by()
    own = cells_from(
        Cell(position[row["service_id"]], "sla_met", "", 1000, 0, row["n"], row["met"], 0) for row in counted
    )
    places = [position[service] for service in limits]
    replaced = (cells["measure"] == MEASURE_CODES["sla_met"]) & np.isin(cells["service"], places)
    return np.concatenate([cells[~replaced], own])


def within_days(parts: Sequence[Period], column: str) -> Q:
    """Return the condition that a day lies in one of these parts; none of them means no day."""
    condition = Q(pk__in=())
    for part in parts:
        condition |= Q(**{f"{column}__range": (part.first_on, part.last_on)})
    return condition


def _cells_of_people(
    everybody: Cells, position: dict[int, int], parts: Sequence[Period], scope: Scope
) -> Cells:
    """Return the cells as if only the people in scope had tickets; signals as they are."""
    days = {part.first_on + timedelta(days=step) for part in parts for step in range(part.days)}
    facts = resolution_facts({(service, day) for service in position for day in days}, scope)
    own = cells_from(
        Cell(
            position[service],
            key.measure,
            key.response_class,
            key.probability_permille,
            key.bucket,
            sums.count,
            sums.total,
            sums.total_squares,
        )
        for (service, _), resolutions in facts.items()
        for key, sums in cells_of(resolutions).items()
    )
    of_tickets = np.isin(everybody["measure"], [MEASURE_CODES[measure] for measure in RESOLUTION_MEASURES])
    return np.concatenate([own, everybody[~of_tickets]])


def _answers_of_people(
    position: dict[int, int], parts: Sequence[Period], scope: Scope
) -> tuple[Integers, Integers]:
    days = within_days(parts, "resolution__resolved_on")
    answers = Response.objects.accepted().filter(
        days, of_people(scope, "resolution__"), resolution__service__in=position
    )
    rows = answers.values_list("resolution__service_id", "resolution__person_id")
    found = np.array([(position[service], person or NOBODY) for service, person in rows], dtype=np.int64)
    places, people = found.reshape(-1, 2).T
    return places, people


def _monitored_seconds(
    services: Sequence[BusinessService], parts: Sequence[Period], now: datetime
) -> list[float | None]:
    """Return how long each service was watched: from its first outage on, as nothing else tells silence from
    up.
    """
    outages = Outage.objects.filter(service__in=[service.pk for service in services])
    since = dict(outages.values_list("service_id").annotate(Min("started_at")).order_by())
    return [_watched_in(parts, since.get(service.pk), service.time_zone, now) for service in services]


def _watched_in(parts: Sequence[Period], since: datetime | None, zone: str, now: datetime) -> float | None:
    seconds = [found for part in parts if (found := _watched(since, zone, part, now)) is not None]
    return sum(seconds) if seconds else None


def _watched(since: datetime | None, zone: str, period: Period, now: datetime) -> float | None:
    if since is None:
        return None
    first, end = bounds(period, ZoneInfo(zone))
    seconds = (min(end, now) - max(first, since)).total_seconds()
    return seconds if seconds > 0 else None
