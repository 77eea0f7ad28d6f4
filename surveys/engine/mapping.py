"""From a source's own fields to ticket records: presets are data, and a mapping over them is data too.

A preset names, for each field of `TicketRecord`, a JMESPath expression over one ticket of the source, and the
source's words for the states. `IntakeSource.mapping` replaces single expressions ({"service": "cmdb_ci"}),
adds state words ({"states": {"done": "resolved"}}) or says where the tickets are in a body ({"items":
"payload.tickets"}). An empty expression switches a field off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

import jmespath
from jmespath.exceptions import JMESPathError

from surveys.engine.addresses import is_address
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
)
from surveys.engine.tickets import Requester, State, TicketRecord

Getter = Callable[[Any], Any]
MISSING = ("", "?")  # the second is how the public ServiceNow log writes it


class MappingError(ValueError):
    """A row or event that cannot be read, or a mapping that cannot work; the text says what to correct."""


EARLIEST_YEAR, LATEST_YEAR = 1980, 2200
KINDS = {
    "incident": "incident",
    "request": "request",
    "service_request": "request",
    "sc_req_item": "request",
    "sc_request": "request",
    "requested item": "request",
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
}


@dataclass(frozen=True, slots=True)
class TicketMapping:
    """A preset with a source's own mapping over it, ready to read tickets."""

    items: Getter
    fields: Mapping[str, Getter]
    states: Mapping[str, State]

    def tickets_in(self, body: Any) -> list[Any]:
        """Return the tickets of a decoded body: one, or a list of them."""
        found = self.items(body)
        return found if isinstance(found, list) else [found]

    def record(self, ticket: Any, *, line: int | None = None) -> TicketRecord:
        """Return the report in one ticket as the source writes it. Raises MappingError."""
        if not isinstance(ticket, dict):
            raise MappingError("There is no ticket in it: expected an object with fields. Check `items`.")
        values = {name: _plain(name, get(ticket)) for name, get in self.fields.items()}
        given = {name: value for name, value in values.items() if value not in (None, *MISSING)}
        facts: dict[str, Any] = {
            name: _identity(name, given[name]) for name in IDENTITY_ROOM if name in given
        }
        facts |= {name: _text(name, given[name]) for name in _RECORD_TEXTS if name in given}
        facts |= {name: parse_time(given[name], field=name) for name in TIMES if name in given}
        facts |= {name: _count(name, given[name]) for name in COUNTS if name in given}
        return TicketRecord(
            state=self._state(given),
            kind=_kind(given.get("kind")),
            requester=_requester(given),
            priority=_priority(given.get("priority")),
            made_sla=_flag("made_sla", given.get("made_sla")),
            business_minutes=_duration_minutes(given.get("business_duration")),
            line=line,
            **{"number": "", **facts},
        )

    def _state(self, given: Mapping[str, Any]) -> State:
        if "state" in given:
            return self.state_of(given["state"])
        return "closed" if "closed_at" in given else "resolved" if "resolved_at" in given else "open"

    def state_of(self, word: Any) -> State:
        """Return what a state of the source means. Raises MappingError for a word that is not known."""
        state = self.states.get(str(word).strip().lower())
        if state is None:
            raise MappingError(
                f"The state {word!r} is not known. Add it to the mapping of the source: "
                f'{{"states": {{"{word}": "resolved"}}}}, with one of {", ".join(STATES)}.'
            )
        return state


_RECORD_TEXTS = tuple(name for name in TEXT_ROOM if not name.startswith("requester_"))


def ticket_mapping(
    preset: str, overrides: Mapping[str, Any] | None = None, *, columns: Collection[str] | None = None
) -> TicketMapping:
    """Return a preset with a source's own mapping over it, for flat rows limited to the columns they have.

    Raises MappingError for what cannot work.
    """
    if preset not in PRESETS:
        raise MappingError(f"There is no preset {preset!r}. Choose one of {', '.join(sorted(PRESETS))}.")
    base = PRESETS[preset]
    paths = dict(overrides or {})
    states = paths.pop("states", {})
    items = paths.pop("items", base.items)
    unknown = sorted(set(paths) - set(FIELDS))
    if unknown:
        raise MappingError(f"There is no field {unknown[0]!r}. The fields are: {', '.join(sorted(FIELDS))}.")
    getters = {
        name: compile_path(path, columns=columns) for name, path in {**base.fields, **paths}.items() if path
    }
    return TicketMapping(
        items=compile_items(items),
        fields={name: get for name, get in getters.items() if get is not None},
        states={**base.states, **_checked_states(states)},
    )


def columns_named(preset: str, overrides: Mapping[str, Any] | None = None) -> frozenset[str]:
    """Return the columns of a flat row that a preset, with a source's own mapping over it, looks at."""
    paths = {**PRESETS[preset].fields, **(overrides or {})}
    named: set[str] = set()
    for path in (path for name, path in paths.items() if path and name in FIELDS):
        parsed = _parsed(path).parsed
        alternatives = _alternatives(parsed)
        if alternatives is None:
            named |= _names_in(parsed)
        else:
            named |= {names[0] for names in alternatives if len(names) == 1}
    return frozenset(named)


def _names_in(node: Any) -> set[str]:
    found = {node["value"]} if node.get("type") == "field" else set()
    return found.union(*(_names_in(child) for child in node.get("children", ()) if isinstance(child, dict)))


def _checked_states(states: Any) -> dict[str, State]:
    if not isinstance(states, dict) or not all(state in STATES for state in states.values()):
        raise MappingError(f'`states` must look like {{"done": "resolved"}}, with {", ".join(STATES)}.')
    return {str(word).strip().lower(): cast(State, state) for word, state in states.items()}


def compile_items(path: Any) -> Getter:
    """Return a function that finds the tickets or alerts in a body. Raises MappingError."""
    search: Getter = _parsed(path).search
    return search


def compile_path(path: Any, *, columns: Collection[str] | None = None) -> Getter | None:
    """Return a function that reads one value, or None when it cannot find anything in these columns.

    Plain names and alternatives of them, which is what exports need, are read without the interpreter: it
    would take most of the time of an import. Raises MappingError when `path` is no JMESPath expression.
    """
    expression = _parsed(path)
    alternatives = _alternatives(expression.parsed)
    if alternatives is None:
        return lambda ticket: expression.search(ticket)
    if columns is not None:
        names = [path[0] for path in alternatives if len(path) == 1 and path[0] in columns]
        return _first_column(names) if names else None
    return lambda ticket: _first_given(ticket, alternatives)


def _parsed(path: Any) -> Any:
    try:
        return jmespath.compile(path)
    except (JMESPathError, TypeError, RecursionError) as error:
        raise MappingError(f"{path!r} is not a JMESPath expression: {error}. Correct the mapping.") from error


def _alternatives(node: Any) -> list[tuple[str, ...]] | None:
    """Return the paths of `a || b.c`, or None when the expression is anything else."""
    if not isinstance(node, dict):
        return None
    if node["type"] == "field":
        return [(node["value"],)]
    parts = [_alternatives(child) for child in node["children"]]
    if node["type"] == "or_expression" and parts[0] is not None and parts[1] is not None:
        return parts[0] + parts[1]
    if node["type"] == "subexpression" and all(part is not None and len(part) == 1 for part in parts):
        return [tuple(name for part in parts if part is not None for name in part[0])]
    return None


def _first_given(ticket: Any, alternatives: Iterable[tuple[str, ...]]) -> Any:
    for path in alternatives:
        value = ticket
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None and value not in MISSING and not isinstance(value, dict):
            return value
    return None


def _first_column(names: Sequence[str]) -> Getter:
    if len(names) == 1:
        return itemgetter(names[0])
    return lambda row: next((row[name] for name in names if row[name] not in MISSING), None)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict | list):
        raise MappingError(
            f"`{name}` holds {type(value).__name__} instead of one value. Map a field inside it."
        )
    return value


def storable(text: str) -> str:
    """Return a text without what no database stores: zero characters and halves of surrogate pairs."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\x00", "").strip()


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


def _flag(name: str, value: Any) -> bool | None:
    if value is None:
        return None
    word = str(value).lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise MappingError(f"`{name}` is {value!r}. Write true or false.")


def _count(name: str, value: Any) -> int:
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        raise MappingError(f"`{name}` is {value!r}. Write a whole number.") from None
    if not 0 <= number < 2**31:
        raise MappingError(f"`{name}` is {value!r}. Write a number from 0 to {2**31 - 1}.")
    return number


def _duration_minutes(value: Any) -> int | None:
    """Return whole minutes from seconds, or from ServiceNow's duration (a time counted from 1970-01-01)."""
    if value is None:
        return None
    if isinstance(value, str) and value.startswith("19"):
        try:
            return (datetime.fromisoformat(value) - datetime(1970, 1, 1)) // timedelta(minutes=1)  # noqa: DTZ001
        except (TypeError, ValueError):
            raise MappingError(f"`business_duration` is {value!r}. Write seconds.") from None
    return _count("business_duration", value) // 60


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


def parse_time(value: Any, *, field: str) -> datetime:
    """Return an aware moment. Without a zone it is UTC, as ServiceNow writes it. Raises MappingError.

    Understood: ISO 8601, `2024-02-02 19:52:37`, day first with slashes or dots (`29/2/2016 01:16`), Unix
    seconds or milliseconds.
    """
    try:
        moment = _parse_text(value) if isinstance(value, str) else _from_epoch(value)
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise MappingError(
            f"`{field}` is {value!r}, which is no time. Write it as 2024-02-29 13:05:00 (UTC) or day first "
            "as 29/02/2024 13:05. A month first cannot be told apart."
        ) from None
    return moment


# Rows of one ticket repeat its times.
@lru_cache(maxsize=10_000)
def _parse_text(text: str) -> datetime:
    if "/" in text[:3] or "." in text[:3]:
        return _day_first(text)
    if text.isdigit() and len(text) >= 10:
        return _from_epoch(int(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day_first(text: str) -> datetime:
    date, _, clock = text.partition(" ")
    day, month, year = date.replace(".", "/").split("/")
    if len(year) != 4:
        raise ValueError(text)
    hour, minute, second = map(int, f"{clock or '0:0'}:0".split(":")[:3])
    return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=UTC)


def _from_epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, tz=UTC)
