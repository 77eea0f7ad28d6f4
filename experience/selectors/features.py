"""Availability of the features of a service, where its outages name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from experience.engine.daycells import union_seconds
from experience.engine.periods import Period, bounds
from experience.models import Outage
from experience.selectors.raw_rows import outage_rows
from surveys.models import BusinessService


@dataclass(frozen=True, slots=True)
class FeatureUptime:
    """Share of the watched time without an unplanned outage, and the minutes down, planned ones apart."""

    feature: str
    share: float
    unplanned_minutes: float
    planned_minutes: float


def feature_uptimes(service: BusinessService, period: Period, *, now: datetime) -> list[FeatureUptime]:
    """Return the features that outages of this period name, the least available first.

    An outage of the whole service is one of each feature; overlaps count once. What was never down is not
    known by name and so not listed.
    """
    first, end = bounds(period, ZoneInfo(service.time_zone))
    end = min(end, now.astimezone(UTC))
    rows = outage_rows([service], {period.first_on, period.last_on})[service.pk]
    names = {row.feature for row in rows if row.feature}
    found = [_uptime(name, [row for row in rows if row.feature in ("", name)], first, end) for name in names]
    return sorted(found, key=lambda uptime: (uptime.share, uptime.feature))


def _uptime(feature: str, rows: list[Outage], first: datetime, end: datetime) -> FeatureUptime:
    seconds = {
        is_planned: union_seconds(
            [(row.started_at, row.ended_at) for row in rows if row.is_planned is is_planned],
            first=first,
            end=end,
        )
        for is_planned in (False, True)
    }
    watched = max((end - first).total_seconds(), 1.0)
    return FeatureUptime(feature, 1 - seconds[False] / watched, seconds[False] / 60, seconds[True] / 60)
