"""From a source's own fields to ticket records: presets are data, and a mapping over them is data too.

A preset names, for each field of `TicketRecord`, a JMESPath expression over one ticket of the source, and the
source's words for the states. `IntakeSource.mapping` replaces single expressions ({"service": "cmdb_ci"}),
adds state words ({"states": {"done": "resolved"}}), says where the tickets are in a body ({"items":
"payload.tickets"}) or in which zone times without one are written ({"time_zone": "Europe/Berlin"}). An empty
expression switches a field off.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from surveys.engine.addresses import is_address
from surveys.engine.field_paths import Getter, columns_in, compile_items, compile_path
from surveys.engine.state_words import meaning_of, own_words
from surveys.engine.ticket_presets import (
    COUNTS,
    FIELDS,
    IDENTITY_ROOM,
    PEOPLE,
    PERSON_ROOM,
    PRESETS,
    STATES,
    TEXT_ROOM,
    TIMES,
    Preset,
)
from surveys.engine.tickets import Requester, State, TicketRecord
from surveys.engine.values import (
    MISSING,
    MappingError,
    one_value,
    parse_time,
    read_count,
    read_duration,
    read_flag,
)
from surveys.engine.zones import named_zone

KINDS = {
    "incident": "incident",
    "request": "request",
    "service_request": "request",
    "service request": "request",
    "[system] service request": "request",
    "service request with approvals": "request",
    "sc_req_item": "request",
    "sc_request": "request",
    "requested item": "request",
    "anfrage": "request",
    "serviceanfrage": "request",
}
PRIORITY_WORDS = {
    "critical": 1,
    "urgent": 1,
    "highest": 1,
    "high": 2,
    "moderate": 3,
    "medium": 3,
    "normal": 3,
    "low": 4,
    "planning": 5,
    "lowest": 5,
    "kritisch": 1,
    "dringend": 1,
    "hoch": 2,
    "mittel": 3,
    "niedrig": 4,
    "gering": 4,
}


@dataclass(frozen=True, slots=True)
class TicketMapping:
    """A preset with a source's own mapping over it, ready to read tickets."""

    items: Getter
    fields: Mapping[str, Getter]
    states: Mapping[str, State]
    zone: tzinfo = UTC

    def tickets_in(self, body: Any) -> list[Any]:
        """Return the tickets of a decoded body: one, or a list of them."""
        found = self.items(body)
        return found if isinstance(found, list) else [found]

    def record(self, ticket: Any, *, line: int | None = None) -> TicketRecord:
        """Return the report in one ticket as the source writes it. Raises MappingError."""
        if not isinstance(ticket, dict):
            raise MappingError("There is no ticket in it: expected an object with fields. Check `items`.")
        values = {name: one_value(name, get(ticket)) for name, get in self.fields.items()}
        given = {name: value for name, value in values.items() if value not in (None, *MISSING)}
        facts: dict[str, Any] = {
            name: _identity(name, given[name]) for name in IDENTITY_ROOM if name in given
        }
        facts |= {name: _text(name, given[name]) for name in _RECORD_TEXTS if name in given}
        facts |= {
            name: parse_time(given[name], field=name, zone=self.zone) for name in TIMES if name in given
        }
        facts |= {name: read_count(name, given[name]) for name in COUNTS if name in given}
        return TicketRecord(
            state=self._state(given),
            kind=_kind(given.get("kind")),
            requester=_requester(given),
            priority=_priority(given.get("priority")),
            made_sla=read_flag("made_sla", given.get("made_sla")),
            business_minutes=read_duration("business_duration", given.get("business_duration")),
            line=line,
            **{"number": "", **facts},
        )

    def whose(self, ticket: Mapping[str, Any]) -> tuple[str, Requester | None]:
        """Return a ticket's number and requester, whatever else stands in it. Raises MappingError."""
        values = {name: one_value(name, get(ticket)) for name, get in self.fields.items() if name in _WHOSE}
        given = {name: value for name, value in values.items() if value not in (None, *MISSING)}
        number = _identity("number", given["number"]) if "number" in given else ""
        return number, _requester(given)

    def _state(self, given: Mapping[str, Any]) -> State:
        if "state" in given:
            return self.state_of(given["state"])
        return "closed" if "closed_at" in given else "resolved" if "resolved_at" in given else "open"

    def state_of(self, word: Any) -> State:
        """Return what a state of the source means. Raises MappingError for a word that is not known."""
        return meaning_of(word, self.states, states=STATES, example="resolved")


_WHOSE = frozenset({"number", *(person + part for person in PEOPLE for part in PERSON_ROOM)})
_RECORD_TEXTS = tuple(name for name in TEXT_ROOM if not name.startswith("requester_"))


def ticket_mapping(
    preset: str, overrides: Mapping[str, Any] | None = None, *, columns: Collection[str] | None = None
) -> TicketMapping:
    """Return a preset with a source's own mapping over it, for flat rows limited to the columns they have.

    Raises MappingError for what cannot work.
    """
    base = _preset(preset)
    paths = dict(overrides or {})
    states = paths.pop("states", {})
    items = paths.pop("items", base.items)
    zone = _zone(paths.pop("time_zone", ""))
    unknown = sorted(set(paths) - set(FIELDS))
    if unknown:
        raise MappingError(f"There is no field {unknown[0]!r}. The fields are: {', '.join(sorted(FIELDS))}.")
    getters = {
        name: compile_path(path, columns=columns) for name, path in {**base.fields, **paths}.items() if path
    }
    return TicketMapping(
        items=compile_items(items),
        fields={name: get for name, get in getters.items() if get is not None},
        states={**base.states, **own_words(states, states=STATES, example=("done", "resolved"))},
        zone=zone,
    )


def columns_of(field: str, preset: str, overrides: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a flat row that a field is read from, the first with a value counts.

    Raises MappingError for an unknown preset and a path that cannot work.
    """
    path = overrides.get(field, _preset(preset).fields.get(field))
    return columns_in(path) if path else ()


def columns_named(preset: str, overrides: Mapping[str, Any]) -> frozenset[str]:
    """Return the columns of a flat row that a preset, with a source's own mapping over it, looks at."""
    return frozenset(column for field in FIELDS for column in columns_of(field, preset, overrides))


def _preset(key: str) -> Preset:
    if key not in PRESETS:
        raise MappingError(f"There is no preset {key!r}. Choose one of {', '.join(sorted(PRESETS))}.")
    return PRESETS[key]


def _zone(name: Any) -> tzinfo:
    zone = named_zone(str(name)) if name else UTC
    if zone is None:
        raise MappingError(f"`time_zone` is {name!r}. Write a name such as Europe/Berlin.")
    return zone


def _identity(name: str, value: Any) -> str:
    text = str(value)
    if len(text) > IDENTITY_ROOM[name]:
        raise MappingError(f"`{name}` is longer than {IDENTITY_ROOM[name]} characters. Map another field.")
    return text


def _text(name: str, value: Any) -> str:
    return str(value)[: TEXT_ROOM[name]]


def _kind(value: Any) -> str:
    return KINDS.get(str(value).lower(), "incident") if value is not None else ""


def _priority(value: Any) -> int | None:
    if value is None:
        return None
    digit = re.search(r"\d+", str(value))
    priority = int(digit.group()) if digit else PRIORITY_WORDS.get(str(value).lower())
    if priority is None or not 0 < priority < 100:
        raise MappingError(
            f"The priority {value!r} is neither a number nor one of {', '.join(PRIORITY_WORDS)}."
        )
    return priority


def _requester(given: Mapping[str, Any]) -> Requester | None:
    """Return whom the ticket is for: the one it was requested for before the caller, and nobody else."""
    for role in PEOPLE:
        parts = {part: str(given.get(role + part, ""))[:room] for part, room in PERSON_ROOM.items()}
        if any(parts.values()):
            addresses = (parts["_email"], parts[""])
            email = next(filter(is_address, addresses), "")
            return Requester(
                external_id=parts[""],
                email=email.lower(),
                name=parts["_name"],
                language=_text("requester_language", given.get("requester_language", "")),
                time_zone=_text("requester_time_zone", given.get("requester_time_zone", "")),
                persona=_text("requester_persona", given.get("requester_persona", "")),
                department=_text("requester_department", given.get("requester_department", "")),
            )
    return None
