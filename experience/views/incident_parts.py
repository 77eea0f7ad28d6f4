"""What changed where, as lines of a page."""

from __future__ import annotations

from dataclasses import dataclass

from experience import figures
from experience.selectors.incident_change import IncidentChange, Part

_MOST = 3  # parts shown of a split
_SPLITS = {"category": "Category", "site": "Site", "assignment_group": "Group"}


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One part of a split: its name, its counts, and how many came beyond what was to be expected."""

    name: str
    part: Part
    more: str


def incident_lines(found: IncidentChange) -> list[IncidentLine]:
    """Return all incidents first, then the parts of each split that moved most."""
    parts = [
        _line(f"{label}: {part.name or 'not named'}", part)
        for split, label in _SPLITS.items()
        for part in found.splits[split][:_MOST]
    ]
    return [_line("All incidents", found.total), *parts]


def _line(name: str, part: Part) -> IncidentLine:
    return IncidentLine(name, part, figures.change(part.more))
