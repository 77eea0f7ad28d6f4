"""Moving dates by whole weeks, so that the log's dense quarter ends today and weekdays stay weekdays."""

from __future__ import annotations

from datetime import date, timedelta

FIRST_DENSE_DAY = date(2016, 3, 1)
# Incidents were opened daily until this Tuesday; afterwards the log only follows them to their end.
LAST_DENSE_DAY = date(2016, 5, 31)
# The two opening weeks before this Monday carry broken made_sla flags (see data/README.md).
FIRST_SOUND_DAY = date(2016, 3, 28)
# Whole weeks fit at most this many days late: on a Monday the dense quarter ended six days ago.
LONGEST_REST_DAYS = 6


def move_to(today: date, *, last_day: date = LAST_DENSE_DAY) -> timedelta:
    """Return the whole weeks to add to every date: `last_day` falls on today or at most six days before."""
    return timedelta(weeks=(today - last_day).days // 7)
