"""The columns of a gap that show what it is worth: of the published result, never of one that waits."""

from __future__ import annotations

from typing import Any

from experience.models import Gap, Measurement
from experience.selectors.gap_facts import affected_people, explanation_of, severity_of
from experience.services.publishing import shown_instead_of


def shown_columns(row: Gap | None, m: Measurement) -> dict[str, Any]:
    """Return severity, explanation and result to show with a gap; only the result where it is known."""
    shown = shown_instead_of(m)
    if row is not None and row.explanation.get("receipt") == shown.input_hash:
        return {"last_measurement": shown}
    people = affected_people(shown)
    found = severity_of(shown, people)
    return {
        "last_measurement": shown,
        "affected_people": people,
        "user_points": found.user_points,
        "confident_user_points": found.confident_user_points,
        "lost_hours": found.lost_hours,
        "explanation": {**explanation_of(shown), "receipt": shown.input_hash},
    }
