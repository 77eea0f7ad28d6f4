"""Handing out what is stored about one person."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from surveys.models import Person, Response, User
from surveys.selectors.person_export import person_export
from surveys.services.comment_readings import note_readings


def export_person(person: Person, *, by: User | None, now: datetime) -> dict[str, Any]:
    """Return everything that is stored about a person; `by` is noted as having read the comments in it."""
    if by is not None:
        commented = Response.objects.filter(resolution__person=person).exclude(comment="")
        note_readings(Counter(commented.values_list("service_id", flat=True)), by=by, now=now)
    return person_export(person)
