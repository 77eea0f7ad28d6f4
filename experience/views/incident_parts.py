"""What changed where, as lines of a page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from experience import figures
from experience.selectors.incident_change import IncidentChange, Part

_MOST = 3  # parts shown of a split
_SPLITS = {
    "category": gettext_lazy("Category"),
    "site": gettext_lazy("Site"),
    "assignment_group": gettext_lazy("Group"),
}


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One part of a split: its name, its counts, and how many came beyond what was to be expected."""

    name: str
    part: Part
    more: str


def incident_lines(found: IncidentChange) -> list[IncidentLine]:
    """Return all incidents first, then the parts of each split that moved most."""
    nameless = _("not named")
    parts = [
        _line(f"{label}: {part.name or nameless}", part)
        for split, label in _SPLITS.items()
        for part in found.splits[split][:_MOST]
    ]
    return [_line(_("All incidents"), found.total), *parts]


def _line(name: str, part: Part) -> IncidentLine:
    return IncidentLine(name, part, figures.surplus(part.more))
