"""Periods as pairs of local dates: calendar months, ISO weeks, rolling windows, and when each becomes final.

A day is the local date in the zone given. Nothing here reads the clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from experience.engine.defaults import DEFAULTS

# Years 1 and 9999 have a first and a last month beside which there is none.
_MONTH_LABEL = re.compile(r"(?!0000|0001|9999)[0-9]{4}-(0[1-9]|1[0-2])")
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `first_on` to `last_on`, both included. Raises ValueError the wrong way round."""

    first_on: date
    last_on: date

    def __post_init__(self) -> None:
        if self.last_on < self.first_on:
            raise ValueError(f"A period cannot end on {self.last_on}, before it starts on {self.first_on}.")

    @property
    def days(self) -> int:
        """The number of days in the period."""
        return (self.last_on - self.first_on).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local date of an aware moment. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone has no local day; pass an aware datetime.")
    return moment.astimezone(zone).date()


def month_of(day: date) -> Period:
    """Return the calendar month that holds the day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def previous_month(month: Period) -> Period:
    """Return the calendar month before the one that starts this period."""
    return month_of(month.first_on - timedelta(days=1))


def year_before(month: Period) -> Period:
    """Return the same calendar month a year before."""
    return month_of(month.first_on.replace(year=month.first_on.year - 1))


def months_before(month: Period, count: int) -> list[Period]:
    """Return the calendar months before a month, as many as asked for, newest first."""
    months = [month]
    for _ in range(count):
        months.append(previous_month(months[-1]))
    return months[1:]


def week_of(day: date) -> Period:
    """Return the ISO week (Monday to Sunday) that holds the day."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6))


def month_label(month: Period) -> str:
    """Return a month as text, for example 2024-02."""
    return f"{month.first_on:%Y-%m}"


def labelled_month(label: str) -> Period | None:
    """Return the month of a label such as 2024-02; None for any other text, and at the ends of the calendar,
    where a month has no neighbours.
    """
    if _MONTH_LABEL.fullmatch(label) is None:
        return None
    return month_of(date(int(label[:4]), int(label[5:]), 1))


def is_wider(period: Period) -> bool:
    """Return whether this is a window that was widened for want of answers: no week or month is as long."""
    return period.days >= DEFAULTS.window_days[1]


def window(last_on: date, days: int) -> Period:
    """Return the trailing window of so many days that ends on `last_on`."""
    return Period(last_on - timedelta(days=days - 1), last_on)


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first moment of the period and the first moment after it, in UTC."""
    start = datetime.combine(period.first_on, time.min, zone)
    end = datetime.combine(period.last_on + timedelta(days=1), time.min, zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def provisional_until(period: Period, maturity_days: int = DEFAULTS.maturity_days) -> date:
    """Return the last day on which answers to the period's resolutions may still count."""
    return period.last_on + timedelta(days=maturity_days)


def is_final(period: Period, today: date, maturity_days: int = DEFAULTS.maturity_days) -> bool:
    """Return whether `today` lies after the last day on which late answers still count."""
    return today > provisional_until(period, maturity_days)


def live_months(today: date, maturity_days: int = DEFAULTS.maturity_days) -> tuple[Period, ...]:
    """Return the months whose early lane still runs: the last one until it is final, and this one."""
    current = month_of(today)
    previous = previous_month(current)
    return (current,) if is_final(previous, today, maturity_days) else (previous, current)


def latest_mature_day(today: date, maturity_days: int = DEFAULTS.maturity_days) -> date:
    """Return the last resolution day whose answers are all in: class rates use no later one."""
    return today - timedelta(days=maturity_days)


def working_window(last_on: date, working_days: int, weekdays: frozenset[int] = MONDAY_TO_FRIDAY) -> Period:
    """Return the window up to `last_on` that holds so many working days; Monday is weekday 0."""
    first, left = last_on, working_days - (last_on.weekday() in weekdays)
    while left > 0:
        first -= timedelta(days=1)
        left -= first.weekday() in weekdays
    return Period(first, last_on)


def working_days_between(opened_on: date, today: date, weekdays: frozenset[int] = MONDAY_TO_FRIDAY) -> int:
    """Return the working days after `opened_on` up to and with `today`; 0 when today is not later."""
    span = (today - opened_on).days
    return sum((opened_on + timedelta(days=step)).weekday() in weekdays for step in range(1, span + 1))


def baseline_months(trigger: Period, count: int = DEFAULTS.baseline_periods) -> tuple[Period, ...]:
    """Return the months before the one that triggered an action, oldest first, without that one."""
    return tuple(reversed(months_before(trigger, count)))


def after_action(action_on: date, days: int, washout_days: int = DEFAULTS.washout_days) -> Period:
    """Return the period in which an action's effect is measured, after the washout week."""
    first = action_on + timedelta(days=washout_days + 1)
    return Period(first, first + timedelta(days=days - 1))
