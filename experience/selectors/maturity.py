"""When results become final here: the rules of engine/periods.py with this installation's maturity window."""

from __future__ import annotations

from datetime import date

from django.conf import settings

from experience.engine import periods
from experience.engine.periods import Period


def provisional_until(period: Period) -> date:
    """Return the last day on which answers to the period's resolutions may still count."""
    return periods.provisional_until(period, settings.MATURITY_DAYS)


def is_final(period: Period, today: date) -> bool:
    """Return whether `today` lies after the last day on which late answers still count."""
    return periods.is_final(period, today, settings.MATURITY_DAYS)


def live_months(today: date) -> tuple[Period, ...]:
    """Return the months whose early lane still runs: the last one until it is final, and this one."""
    return periods.live_months(today, settings.MATURITY_DAYS)


def latest_mature_day(today: date) -> date:
    """Return the last resolution day whose answers are all in: class rates use no later one."""
    return periods.latest_mature_day(today, settings.MATURITY_DAYS)
