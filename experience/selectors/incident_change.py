"""What changed where: a month's incident rate against earlier ones, by category, site and group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count

from experience.engine.change import RateRatio, rate_ratio
from experience.engine.defaults import DEFAULTS
from experience.engine.periods import Period, previous_month, year_before
from experience.selectors.stock import elapsed, opened_within, user_counts, user_days
from surveys.models import BusinessService, Ticket

SPLITS = ("category", "site", "assignment_group")


@dataclass(frozen=True, slots=True)
class Part:
    """The incidents of one category, site or group; an empty name are those without.

    `more` is how many incidents came beyond what the earlier rate lets expect, negative for fewer. Without
    user counts for both months `change` and `more` are None: a rate per user is never estimated.
    """

    name: str
    count_now: int
    count_before: int
    change: RateRatio | None
    more: float | None
    is_notable: bool


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """A month against an earlier one: all incidents, and per split the parts that moved most first."""

    period: Period
    before: Period
    total: Part
    splits: Mapping[str, tuple[Part, ...]]


def month_over_month(service: BusinessService, month: Period, *, now: datetime) -> IncidentChange:
    """Return the change against the month before; of a month that still runs its days so far."""
    return _change(service, _so_far(service, month, now), previous_month(month))


def year_over_year(service: BusinessService, month: Period, *, now: datetime) -> IncidentChange:
    """Return the change against the same month a year before; of a month that still runs its days so far."""
    return _change(service, _so_far(service, month, now), year_before(month))


def _so_far(service: BusinessService, month: Period, now: datetime) -> Period:
    return elapsed(month, now, ZoneInfo(service.time_zone)) or Period(month.first_on, month.first_on)


def _change(service: BusinessService, period: Period, before: Period) -> IncidentChange:
    users = user_counts([service]).get(service.pk, ())
    exposures = user_days(users, period), user_days(users, before)
    splits = {split: _parts(service, split, period, before, exposures) for split in SPLITS}
    counts = [
        sum(getattr(part, name) for part in splits[SPLITS[0]]) for name in ("count_now", "count_before")
    ]
    return IncidentChange(period, before, _part("", counts[0], counts[1], exposures, tests=1), splits)


def _parts(
    service: BusinessService, split: str, period: Period, before: Period, exposures: tuple[int, int]
) -> tuple[Part, ...]:
    now, then = _counts(service, split, period), _counts(service, split, before)
    names = sorted({*now, *then})
    parts = [_part(name, now.get(name, 0), then.get(name, 0), exposures, tests=len(names)) for name in names]
    return tuple(sorted(parts, key=lambda part: -abs(part.more or 0.0)))


def _counts(service: BusinessService, split: str, period: Period) -> dict[str, int]:
    incidents = Ticket.objects.filter(opened_within([service], period), kind=Ticket.Kind.INCIDENT)
    return dict(incidents.values_list(split).annotate(Count("pk")).order_by())


def _part(name: str, count_now: int, count_before: int, exposures: tuple[int, int], *, tests: int) -> Part:
    """Return one part; notable at 5 % shared out over all parts of its split (Bonferroni)."""
    if min(exposures) == 0:
        return Part(name, count_now, count_before, None, None, is_notable=False)
    change = rate_ratio(
        count_now=count_now,
        exposure_now=exposures[0],
        count_before=count_before,
        exposure_before=exposures[1],
    )
    more = count_now - count_before * exposures[0] / exposures[1]
    is_notable = change is not None and change.p < (1.0 - DEFAULTS.level) / tests
    return Part(name, count_now, count_before, change, more, is_notable)
