"""The log of who read comments with names and numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from surveys.models import CommentReading, User


def note_readings(counts: Mapping[int, int], *, by: User, now: datetime) -> None:
    """Note how many unmasked comments of each service (by id) somebody was shown; none leaves no note."""
    rows = [
        CommentReading(user=by, service_id=service, read_at=now, comment_count=count)
        for service, count in sorted(counts.items())
        if count
    ]
    CommentReading.objects.bulk_create(rows)
