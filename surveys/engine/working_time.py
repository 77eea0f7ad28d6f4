"""When a survey is due: working hours, working days and quiet hours in one person's time zone.

All moments are aware. Days are local; a clock change makes a working day an hour shorter or longer on the
clock that counts seconds, never on the one on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingWeek:
    """The ISO weekdays that are worked (1 is Monday; at least one) and the local hours of each."""

    days: frozenset[int]
    starts: time
    ends: time

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(1, 8)):
            raise ValueError("Name at least one working day, as digits from 1 (Monday) to 7 (Sunday).")
        if self.starts >= self.ends:
            raise ValueError("The working day must end later than it starts.")

    def works_on(self, day: date) -> bool:
        """Say whether this local day is a working day."""
        return day.isoweekday() in self.days


@dataclass(frozen=True)
class QuietHours:
    """Local hours in which nobody is mailed, from `starts` until `ends`; they may span midnight."""

    starts: time
    ends: time

    def holds(self, local: time) -> bool:
        """Say whether this local time is quiet."""
        if self.starts <= self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends


@dataclass(frozen=True)
class Timing:
    """When a rule sends. `week` None counts calendar time; requests may wait for the next working morning."""

    delay: timedelta
    week: WorkingWeek | None = None
    requests_wait_for_morning: bool = False
    quiet: QuietHours | None = None


def survey_due_at(resolved_at: datetime, *, is_request: bool, timing: Timing, zone: ZoneInfo) -> datetime:
    """Return when the survey about a resolution is due, in the zone of `resolved_at`."""
    if timing.week is None:
        due_at = resolved_at + timing.delay
    elif is_request and timing.requests_wait_for_morning:
        due_at = next_working_morning(resolved_at, timing.week, zone)
    else:
        due_at = after_working_time(resolved_at, timing.delay, timing.week, zone)
    return when_not_quiet(due_at, timing.quiet, zone).astimezone(resolved_at.tzinfo)


def after_working_time(moment: datetime, span: timedelta, week: WorkingWeek, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which `span` of working time has passed since `moment`."""
    day, left = moment.astimezone(zone).date(), span
    while True:
        if week.works_on(day):
            # In UTC: within one zone Python would subtract the clocks on the wall.
            begins = max(moment, datetime.combine(day, week.starts, zone)).astimezone(UTC)
            room = datetime.combine(day, week.ends, zone).astimezone(UTC) - begins
            if left <= room:
                return begins + left
            left -= max(room, timedelta())
        day += DAY


def next_working_morning(moment: datetime, week: WorkingWeek, zone: ZoneInfo) -> datetime:
    """Return when the first working day after the local day of `moment` starts."""
    day = moment.astimezone(zone).date() + DAY
    while not week.works_on(day):
        day += DAY
    return datetime.combine(day, week.starts, zone)


def after_working_days(moment: datetime, count: int, week: WorkingWeek, zone: ZoneInfo) -> datetime:
    """Return the same local time `count` working days later."""
    local, left = moment.astimezone(zone), count
    day = local.date()
    while left:
        day += DAY
        left -= week.works_on(day)
    return datetime.combine(day, local.time(), zone).astimezone(moment.tzinfo)


def when_not_quiet(moment: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """Return the moment, or the end of the quiet hours that it falls into."""
    local = moment.astimezone(zone)
    if quiet is None or not quiet.holds(local.time()):
        return moment
    ends = _later(local.date(), quiet.ends, zone)
    if ends <= moment:
        ends = _later(local.date() + DAY, quiet.ends, zone)
    return ends.astimezone(moment.tzinfo)


def _later(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return, in UTC, when a local time comes: its second coming in the night the clock is set back, and as
    long after midnight as ever where the clock leaps over it.
    """
    comings = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return max(comings)
