"""The evidence of a window of days: cells added up, people and monitored time beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, Min, Q

from experience.engine.agreement_terms import EVERYONE, Scope
from experience.engine.cells import MEASURE_CODES, Cell, Cells, cells_from, summed, unpacked
from experience.engine.daycells import RESOLUTION_MEASURES, cells_of
from experience.engine.indicators import Evidence, People
from experience.engine.periods import Period, bounds
from experience.models import Outage, PackedDay
from experience.selectors.raw_rows import of_people, resolution_facts
from experience.selectors.stock import stock_cells
from surveys.models import BusinessService, Response


def evidence_of(
    services: Sequence[BusinessService],
    period: Period,
    *,
    now: datetime,
    scope: Scope = EVERYONE,
    measures: Collection[str] = (),
) -> Evidence:
    """Return the evidence of these services, in their order, over a period of local days; four queries.

    Days that `scope` leaves out do not count. Where it names personas or sites, tickets and answers are
    counted from the raw rows of these people, because day cells hold everybody; signals stay the service's.
    What only tickets tell (selectors/stock.py) is read where `measures` names it.
    """
    position = {service.pk: number for number, service in enumerate(services)}
    parts = scope.kept(period)
    people = _people(position, parts, scope)
    stock = stock_cells(services, period, measures, now=now)
    return Evidence(
        cells=summed(np.concatenate([_cells_in(scope, position, parts), stock])),
        people=[people[number] for number in range(len(services))],
        up_seconds=_monitored_seconds(services, parts, now),
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
    stock = stock_cells(services, period, measures, now=now)
    cells = np.concatenate([_cells_in(scope, position, parts), stock])
    cells["service"] = 0
    return Evidence(
        cells=summed(cells),
        people=[_people(position, parts, scope)[0]],
        up_seconds=[sum(watched) if watched else None],
    )


def _cells_in(scope: Scope, position: dict[int, int], parts: Sequence[Period]) -> Cells:
    return _cells_of_people(position, parts, scope) if scope.limits_people else _cells(position, parts)


def _within(parts: Sequence[Period], column: str) -> Q:
    """Return the condition that a day lies in one of these parts; none of them means no day."""
    condition = Q(pk__in=())
    for part in parts:
        condition |= Q(**{f"{column}__range": (part.first_on, part.last_on)})
    return condition


def _cells(position: dict[int, int], parts: Sequence[Period]) -> Cells:
    found = PackedDay.objects.filter(_within(parts, "day"), service__in=position)
    rows = list(found.values_list("service_id", "cells"))
    return unpacked([position[service] for service, _ in rows], [bytes(cells) for _, cells in rows])


def _cells_of_people(position: dict[int, int], parts: Sequence[Period], scope: Scope) -> Cells:
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
    everybody = _cells(position, parts)
    of_tickets = np.isin(everybody["measure"], [MEASURE_CODES[measure] for measure in RESOLUTION_MEASURES])
    return np.concatenate([own, everybody[~of_tickets]])


def _people(position: dict[int, int], parts: Sequence[Period], scope: Scope) -> dict[int, People]:
    """Return who gave the answers that count, by position; anonymous answers have no person, each counts."""
    answers = Response.objects.accepted().filter(
        _within(parts, "resolution__resolved_on"),
        of_people(scope, "resolution__"),
        # By the resolution's service, as cells count; the answer's own would mean reading all its history.
        resolution__service__in=position,
    )
    per_person = answers.values_list("resolution__service_id", "resolution__person_id").annotate(Count("pk"))
    named: dict[int, Counter[int]] = defaultdict(Counter)
    nameless: Counter[int] = Counter()
    for service, person, answered in per_person.order_by():
        if person is None:
            nameless[position[service]] += answered
        else:
            named[position[service]][person] += answered
    return {
        number: _counted([*named[number].values()] + [1] * nameless[number])
        for number in set(position.values())
    }


def _counted(answers: Sequence[int]) -> People:
    return People(len(answers), sum(answers), sum(n * n for n in answers))


def _monitored_seconds(
    services: Sequence[BusinessService], parts: Sequence[Period], now: datetime
) -> list[float | None]:
    """Return how long each service was watched: from its first outage on, as nothing else tells silence from
    up.
    """
    started = (
        Outage.objects.filter(service__in=services).values_list("service_id").annotate(Min("started_at"))
    )
    since = dict(started.order_by())
    return [_watched_in(parts, since.get(service.pk), service.time_zone, now) for service in services]


def _watched_in(parts: Sequence[Period], since: datetime | None, zone: str, now: datetime) -> float | None:
    seconds = [found for part in parts if (found := _watched(since, zone, part, now)) is not None]
    return sum(seconds) if seconds else None


def _watched(since: datetime | None, zone: str, period: Period, now: datetime) -> float | None:
    first, end = bounds(period, ZoneInfo(zone))
    if since is None:
        return None
    seconds = (min(end, now) - max(first, since)).total_seconds()
    return seconds if seconds > 0 else None
