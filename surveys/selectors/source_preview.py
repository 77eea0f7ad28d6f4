"""What would be made of a body, shown before anybody sends it; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from surveys.engine.alerts import Alert, alert_mapping
from surveys.engine.mapping import ticket_mapping
from surveys.engine.source_mapping import is_monitor
from surveys.engine.tickets import TicketRecord, contradiction
from surveys.engine.values import MappingError
from surveys.selectors.service_names import ServiceNames

MOST_SHOWN = 20
_HIDDEN = {"line", "names_start", "requester", "service"}


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket or alert of the body: what it says, the service it means, what keeps it from being taken.

    `said_service` is how the source calls the service, `service` what that is here, "" when nobody knows.
    """

    facts: tuple[tuple[str, str], ...]
    said_service: str = ""
    service: str = ""
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a body holds, or why it cannot be read at all."""

    found: tuple[Found, ...] = ()
    complaint: str = ""
    left_out: int = 0


def preview_source(
    *, source: str, preset: str, mapping: Mapping[str, Any], sample: str, now: datetime
) -> Preview:
    """Return what the mapping makes of a body, with the same rules as for events that arrive."""
    try:
        body = json.loads(sample)
    except (ValueError, RecursionError) as error:
        return Preview(complaint=f"This is not JSON ({error}).")
    try:
        rows, read = _reader(preset, mapping, body, now)
        found = list(_each(rows, read, ServiceNames.of(source)))
    except ValueError as error:
        return Preview(complaint=str(error))
    return Preview(tuple(found[:MOST_SHOWN]), left_out=max(0, len(found) - MOST_SHOWN))


def _reader(
    preset: str, mapping: Mapping[str, Any], body: Any, now: datetime
) -> tuple[list[Any], Callable[[Any], TicketRecord | Alert | None]]:
    """Return the tickets or alerts of a body, and what reads one of them."""
    if is_monitor(preset):
        alerts = alert_mapping(preset, mapping)
        return alerts.alerts_in(body), partial(alerts.alert, received_at=now)
    tickets = ticket_mapping(preset, mapping)
    return tickets.tickets_in(body), tickets.record


def _each(
    rows: Iterable[Any], read: Callable[[Any], TicketRecord | Alert | None], names: ServiceNames
) -> Iterator[Found]:
    for row in rows:
        try:
            said = read(row)
        except MappingError as error:
            yield Found((), complaint=str(error))
            continue
        if said is not None:
            yield _found(said, names)


def _found(said: TicketRecord | Alert, names: ServiceNames) -> Found:
    service = names.find(said.service)
    complaint = contradiction(said, is_new=True) if isinstance(said, TicketRecord) else None
    return Found(
        facts=tuple(_facts(said)),
        said_service=said.service,
        service=service.name if service else "",
        complaint=complaint or ("" if service else names.unknown(said.service)),
    )


def _facts(said: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for each in fields(said):
        value = getattr(said, each.name)
        if each.name == "requester" and value is not None:
            yield from _facts(value, "requester_")
        elif each.name not in _HIDDEN and value not in ("", None, False):
            text = f"{value:%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else str(value)
            yield prefix + each.name, text
