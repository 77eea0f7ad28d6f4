"""The mapping of a source as a person edits it: one expression per field, over those of its preset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveys.engine.alerts import ALERT_PRESETS, alert_mapping
from surveys.engine.alerts import FIELDS as ALERT_FIELDS
from surveys.engine.mapping import ticket_mapping
from surveys.engine.ticket_presets import FIELDS as TICKET_FIELDS
from surveys.engine.ticket_presets import PRESETS
from surveys.engine.values import MappingError

# The fields that nearly every installation looks at stand first.
MAIN_FIELDS = (
    "number",
    "state",
    "service",
    "requested_for_email",
    "requested_for_name",
    "assignment_group",
    "opened_at",
    "resolved_at",
    "updated_at",
)
SWITCHED_OFF = "-"


def is_monitor(preset: str) -> bool:
    """Say whether sources of this preset send alerts, not tickets."""
    return preset in ALERT_PRESETS


def check_mapping(preset: str, mapping: Mapping[str, Any] | None) -> None:
    """Raise MappingError, saying what to correct, for a preset or mapping that cannot work."""
    if is_monitor(preset):
        alert_mapping(preset, mapping)
    else:
        ticket_mapping(preset, mapping)


def field_names(preset: str) -> tuple[str, ...]:
    """Return the fields that a source of this preset maps, the main ones first."""
    if is_monitor(preset):
        return ALERT_FIELDS
    return (*MAIN_FIELDS, *sorted(set(TICKET_FIELDS) - set(MAIN_FIELDS)))


def preset_paths(preset: str) -> dict[str, str]:
    """Return what a preset itself says: the expression of each field, and where the tickets or alerts are."""
    base = ALERT_PRESETS[preset] if is_monitor(preset) else PRESETS[preset]
    return {"items": base.items, **base.fields}


def as_typed(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Return a mapping as texts to edit; a field that is switched off shows a minus."""
    typed = {name: path or SWITCHED_OFF for name, path in mapping.items() if name != "states"}
    states = mapping.get("states") or {}
    return typed | {"states": "\n".join(f"{word} = {state}" for word, state in states.items())}


def from_typed(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the mapping that texts mean; what is empty is left to the preset. Raises MappingError."""
    mapping: dict[str, Any] = {
        name: "" if text.strip() == SWITCHED_OFF else text.strip()
        for name, text in typed.items()
        if name != "states" and text.strip()
    }
    states = dict(_state(line) for line in typed.get("states", "").splitlines() if line.strip())
    return mapping | {"states": states} if states else mapping


def _state(line: str) -> tuple[str, str]:
    word, equals, state = (part.strip() for part in line.rpartition("="))
    if not equals or not word or not state:
        raise MappingError(f"{line.strip()!r} is no pair. Write one word per line: done = resolved")
    return word, state
