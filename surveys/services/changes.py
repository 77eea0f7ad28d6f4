"""Telling the judging side which service-days changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from surveys.models import EvidenceChange
from surveys.services.bulk import insert_rows


def mark_changed(service_days: Iterable[tuple[int, date]]) -> None:
    """Note that the raw rows of these (service id, day) pairs changed; call it in the transaction that
    changed them.
    """
    changes = (
        EvidenceChange(service_id=service_id, day=day) for service_id, day in sorted(set(service_days))
    )
    insert_rows(EvidenceChange, changes)
