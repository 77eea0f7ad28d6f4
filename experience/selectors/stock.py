"""What day cells cannot hold, because a day's figure depends on other days: read from tickets for a window.

Incidents per user-day against the months before, the age of what is open, and configuration items or problems
that keep coming back. Each becomes a cell of the window, so that a receipt holds it like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf

from experience.engine.agreement_terms import EVERYONE, Scope
from experience.engine.cells import Cell, Cells, cells_from
from experience.engine.daycells import Rate
from experience.engine.histogram import buckets_of
from experience.engine.periods import MONDAY_TO_FRIDAY, Period, bounds, local_day
from experience.engine.silence import silent_since
from experience.engine.unsolicited import BASELINE_DAYS, Unsolicited, sums_of_days
from experience.models import UnsolicitedText
from surveys.models import BusinessService, Resolution, ServiceUserCount, Ticket

# The months before that an incident rate is compared with: 13 weeks, so that weekdays are alike.
TRAILING_DAYS = 91
MINUTE = timedelta(minutes=1)


def stock_cells(
    services: Sequence[BusinessService],
    period: Period,
    measures: Collection[str],
    *,
    now: datetime,
    scope: Scope = EVERYONE,
) -> Cells:
    """Return the wanted ones of these measures for every service, numbered by its place.

    Tickets of the people in scope alone are counted; incidents per user are those of everybody, because user
    counts are.
    """
    cells = [
        cell
        for measure, read in _READERS.items()
        if measure in measures
        for cell in read(services, period, now, _requested_by(scope))
    ]
    return cells_from(cells)


def _requested_by(scope: Scope) -> Q:
    """Return the condition that a ticket is of the people in scope, as it would stand on its resolution."""
    personas = Q(requester__persona__in=scope.personas) if scope.personas else Q()
    sites = Q(site__in=scope.sites) | Q(site="", requester__site__in=scope.sites) if scope.sites else Q()
    return personas & sites


def _incident_rate(
    services: Sequence[BusinessService], period: Period, now: datetime, whose: Q
) -> Iterator[Cell]:
    """Yield incidents (n) and user-days (total) of the period and of the 13 weeks before it.

    Nothing before the period's first day is over: a day that has just begun has few incidents.
    """
    before = Period(period.first_on - timedelta(days=TRAILING_DAYS), period.first_on - timedelta(days=1))
    users = user_counts(services)
    for zone, places in _places_by_zone(services).items():
        so_far = elapsed(period, now, zone)
        for bucket, part in ((Rate.NOW, so_far), (Rate.BEFORE, before)) if so_far else ():
            counts = incident_counts([services[place] for place in places], part)
            for place in places:
                key = services[place].pk
                exposure = user_days(users.get(key, ()), part)
                yield Cell(place, "incident_rate", "", 1000, bucket, counts.get(key, 0), exposure, 0)


def _places_by_zone(services: Sequence[BusinessService]) -> dict[ZoneInfo, list[int]]:
    zones: dict[ZoneInfo, list[int]] = {}
    for place, service in enumerate(services):
        zones.setdefault(ZoneInfo(service.time_zone), []).append(place)
    return zones


def elapsed(period: Period, now: datetime, zone: ZoneInfo) -> Period | None:
    """Return the days of a period that are over in a time zone; None before its first is."""
    last = min(period.last_on, local_day(now, zone) - timedelta(days=1))
    return Period(period.first_on, last) if last >= period.first_on else None


def incident_counts(services: Sequence[BusinessService], period: Period) -> dict[int, int]:
    """Return how many incidents were opened per service id on these local days; none is absent."""
    found = Ticket.objects.filter(opened_within(services, period), kind=Ticket.Kind.INCIDENT)
    return dict(found.values_list("service_id").annotate(Count("pk")).order_by())


def opened_within(services: Sequence[BusinessService], period: Period) -> Q:
    """Return the condition that a ticket was opened on these days, each service's in its own time zone."""
    by_zone: dict[str, list[int]] = {}
    for service in services:
        by_zone.setdefault(service.time_zone, []).append(service.pk)
    condition = Q(pk__in=())
    for zone, ids in by_zone.items():
        first, end = bounds(period, ZoneInfo(zone))
        condition |= Q(service__in=ids, opened_at__gte=first, opened_at__lt=end)
    return condition


def user_counts(services: Iterable[BusinessService]) -> dict[int, list[tuple[date, int]]]:
    """Return per service id its user counts by the day they hold from, oldest first; none is absent."""
    rows = ServiceUserCount.objects.filter(service__in=services).order_by("service", "valid_from")
    grouped = groupby(rows.values_list("service_id", "valid_from", "user_count"), key=itemgetter(0))
    return {service: [(since, users) for _, since, users in own] for service, own in grouped}


def user_days(counts: Sequence[tuple[date, int]], period: Period) -> int:
    """Return the user count of each working day of a period, added up; 0 where its start is not known.

    `counts` are user counts by the day they hold from, oldest first.
    """
    total = 0
    if not counts or counts[0][0] > period.first_on:
        return 0
    for step in range(period.days):
        day = period.first_on + timedelta(days=step)
        if day.weekday() in MONDAY_TO_FRIDAY:
            total += max((since, users) for since, users in counts if since <= day)[1]
    return total


def _backlog_age(
    services: Sequence[BusinessService], period: Period, now: datetime, whose: Q
) -> Iterator[Cell]:
    """Yield how old the tickets were that were open when the period ended, or are now; log histogram."""
    for zone in sorted({service.time_zone for service in services}):
        place = {s.pk: number for number, s in enumerate(services) if s.time_zone == zone}
        moment = min(bounds(period, ZoneInfo(zone))[1], now)
        found = list(_open_at(place, moment, whose))
        buckets = buckets_of([(moment - opened_at) / MINUTE for _, opened_at in found]).tolist()
        for (service, _), bucket in zip(found, buckets, strict=True):
            yield Cell(place[service], "backlog_age", "", 1000, bucket, 1, 0, 0)


def _open_at(services: Collection[int], moment: datetime, whose: Q) -> Iterator[tuple[int, datetime]]:
    """Yield service and opening of the tickets that were open at a moment.

    Those open now, and those resolved later: what was done before is never read, however long the history.
    """
    opened_before = Ticket.objects.filter(whose, service__in=services, opened_at__lt=moment)
    later = Resolution.objects.filter(
        service__in=services, resolved_on__gte=moment.date() - timedelta(days=1), resolved_at__gt=moment
    )
    stands = Q(reopened_at__isnull=True) | Q(reopened_at__gt=moment)
    done = Resolution.objects.filter(stands, ticket=OuterRef("pk"), resolved_at__lte=moment)
    is_open = Q(state=Ticket.State.OPEN)
    for which in (is_open, ~is_open & Q(pk__in=later.values("ticket"))):
        tickets = opened_before.filter(which, ~Exists(done))
        yield from tickets.values_list("service_id", "opened_at").iterator(chunk_size=5000)


def _recurring(
    services: Sequence[BusinessService], period: Period, now: datetime, whose: Q
) -> Iterator[Cell]:
    """Yield incidents that name a problem or configuration item (n), and how many of them another one of the
    period named before (total).
    """
    place = {service.pk: number for number, service in enumerate(services)}
    opened = Ticket.objects.filter(whose, opened_within(services, period), kind=Ticket.Kind.INCIDENT)
    named = opened.annotate(cause=Coalesce(NullIf(F("problem"), Value("")), F("configuration_item")))
    per_cause = named.exclude(cause="").values_list("service_id", "cause").annotate(Count("pk")).order_by()
    for service, _, incidents in per_cause:
        yield Cell(place[service], "recurring", "", 1000, 0, incidents, incidents - 1, 0)


def _unsolicited(
    services: Sequence[BusinessService], period: Period, now: datetime, whose: Q
) -> Iterator[Cell]:
    """Yield the mean day of the period and of the 90 days before it, and how many authors wrote in it.

    Nothing once no more texts come (engine/silence.py).
    """
    place = {service.pk: number for number, service in enumerate(services)}
    since = period.first_on - timedelta(days=BASELINE_DAYS)
    found = UnsolicitedText.objects.filter(
        service__in=place, day__range=(since, period.last_on), polarity__isnull=False
    )
    days: dict[tuple[int, bool], dict[date, list[float]]] = {}
    authors: dict[int, set[str]] = {}
    for service, day, author, polarity in found.values_list("service_id", "day", "author_hash", "polarity"):
        is_now = day >= period.first_on
        days.setdefault((service, is_now), {}).setdefault(day, []).append(polarity or 0.0)
        if is_now:
            authors.setdefault(service, set()).add(author)
    _leave_out_silent(services, period, now, days, authors)
    for (service, is_now), own in days.items():
        sums = sums_of_days(own)
        bucket = Unsolicited.NOW if is_now else Unsolicited.BEFORE
        yield Cell(
            place[service], "unsolicited", "", 1000, bucket, sums.count, sums.total, sums.total_squares
        )
    for service, who in authors.items():
        yield Cell(place[service], "unsolicited", "", 1000, Unsolicited.AUTHORS, len(who), 0, 0)


def _leave_out_silent(
    services: Sequence[BusinessService],
    period: Period,
    now: datetime,
    days: dict[tuple[int, bool], dict[date, list[float]]],
    authors: dict[int, set[str]],
) -> None:
    for service in services:
        last_on = min(period.last_on, local_day(now, ZoneInfo(service.time_zone)))
        if silent_since(days.get((service.pk, True), ()), last_on):
            authors.pop(service.pk)
            del days[service.pk, True]
            days.pop((service.pk, False), None)


_READERS: Mapping[str, Callable[[Sequence[BusinessService], Period, datetime, Q], Iterator[Cell]]] = {
    "incident_rate": _incident_rate,
    "backlog_age": _backlog_age,
    "recurring": _recurring,
    "unsolicited": _unsolicited,
}
