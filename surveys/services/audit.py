"""The audit log of the configuration: one row beside every change, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from surveys.models import ConfigurationChange, User

Detail = tuple[str, str | None, str | None]


def record_change(
    subject: str, what: str, *, by: User | None, now: datetime, details: Iterable[Detail] = ()
) -> ConfigurationChange:
    """Write who changed what; `details` are (path, before, after), secrets left out by the caller."""
    return ConfigurationChange.objects.create(
        happened_at=now,
        actor=by,
        subject=subject[:160],
        what=what[:300],
        details=[list(detail) for detail in details],
    )
