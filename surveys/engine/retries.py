"""When a mail that could not be delivered is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

# After the first, second, ... failed attempt: a restart of the mail server, then a longer outage.
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
MOST_ATTEMPTS = len(WAITS) + 1


def next_attempt(*, attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failed attempts, or None when it is time to give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + WAITS[max(attempts, 1) - 1]
