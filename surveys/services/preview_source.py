"""What would be made of a body, shown before anybody sends it; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any

from surveys.engine.alerts import Alert, alert_mapping
from surveys.engine.mapping import TicketMapping, ticket_mapping
from surveys.engine.source_mapping import is_monitor
from surveys.engine.tickets import TicketRecord, contradiction
from surveys.selectors.service_names import ServiceNames
from surveys.services.csv_tables import DELIMITERS, Table, open_table
from surveys.services.ticket_file import mapping_of_table

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
    """What a body holds, or why it cannot be read at all; of rows of a CSV file the columns not read, too."""

    found: tuple[Found, ...] = ()
    complaint: str = ""
    left_out: int = 0
    is_table: bool = False
    unread: tuple[str, ...] = ()


def preview_source(
    *, source: str, preset: str, mapping: Mapping[str, Any], sample: str, now: datetime
) -> Preview:
    """Return what the mapping makes of a body, with the same rules as for events that arrive, or of rows of a
    CSV file, with those of an import.
    """
    names = ServiceNames.of(source)
    try:
        body = json.loads(sample)
    except (ValueError, RecursionError) as error:
        if is_monitor(preset) or sample.lstrip()[:1] in ("{", "["):
            return Preview(complaint=f"This is not JSON ({error}).")
        return _preview_table(sample.strip(), preset, mapping, names)
    try:
        rows, read = _reader(preset, mapping, body, now)
        return _shown(_each(rows, read, names))
    except ValueError as error:
        return Preview(complaint=str(error))


def _shown(found: Iterable[Found]) -> Preview:
    every = list(found)
    return Preview(tuple(every[:MOST_SHOWN]), left_out=max(0, len(every) - MOST_SHOWN))


def _preview_table(sample: str, preset: str, mapping: Mapping[str, Any], names: ServiceNames) -> Preview:
    header, _, below = sample.partition("\n")
    if not below or not any(delimiter in header for delimiter in DELIMITERS):
        return Preview(complaint="This is neither JSON nor rows of a CSV file under a line of column names.")
    try:
        table = open_table(sample, required=())
        tickets, unread = mapping_of_table(table, preset, mapping, ())
        shown = _shown(_each(table.rows(), partial(_row, table, tickets), names))
    except ValueError as error:
        return Preview(complaint=str(error))
    return replace(shown, is_table=True, unread=unread)


def _row(table: Table, tickets: TicketMapping, row: tuple[int, list[str]]) -> TicketRecord:
    line, cells = row
    return tickets.record(table.named(cells), line=line)


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
        except ValueError as error:
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
