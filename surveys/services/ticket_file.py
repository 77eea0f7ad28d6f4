"""A CSV export of tickets, read as reports: one row per ticket, or an audit log with one row per update."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from sys import intern
from typing import Any

from django.utils.translation import gettext_noop

from surveys.engine.mapping import TicketMapping, columns_named, columns_of, ticket_mapping
from surveys.engine.servicenow import Update, is_waiting, telling_reports
from surveys.engine.tickets import TicketRecord
from surveys.engine.values import parse_time
from surveys.models import IntakeSource
from surveys.services.csv_tables import Table, TableError, open_table
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection

ROWS_PER_STEP = 2000
UPDATE_COLUMNS = ("sys_updated_at", "sys_updated_on", "updated_at")
SEQUENCE_COLUMNS = ("sys_mod_count",)
STATE_COLUMNS = ("incident_state", "state")
SERVICE_COLUMNS = ("business_service", "category")


def open_ticket_file(
    path: Path, *, source: str, preset: str, service_columns: Sequence[str], told: Progress
) -> TicketFile:
    """Return the file, read with the mapping of the intake source of this key, else with the preset's.

    The service is the first of `service_columns` that has a value, unless the source maps it; without any
    the usual ones, which in generic files begin with `service`. Raises
    TableError for a file that cannot be read at all and MappingError for a mapping that cannot work.
    """
    preset, overrides = _layout(source, preset)
    table = open_table(path, required=())
    number_at = _number_place(table, preset, overrides)
    mapping, unread = mapping_of_table(table, preset, overrides, service_columns)
    return TicketFile(table, mapping, number_at, told, unread)


def mapping_of_table(
    table: Table, preset: str, overrides: Mapping[str, Any], service_columns: Sequence[str]
) -> tuple[TicketMapping, tuple[str, ...]]:
    """Return what reads the rows of a table, and the columns that nothing looks at.

    Raises TableError without a column for the number or the service, MappingError for a mapping that cannot
    work.
    """
    _number_place(table, preset, overrides)
    paths = dict(overrides)
    if "service" not in paths:
        paths |= _service_path(table, service_columns or _usual_columns(preset))
    read = {*columns_named(preset, paths), *UPDATE_COLUMNS, *SEQUENCE_COLUMNS, *STATE_COLUMNS}
    unread = tuple(column for column in table.columns if column and column not in read)
    return ticket_mapping(preset, paths, columns=table.columns), unread


def service_columns_of(source: str, preset: str, wished: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that name the service in files of a source: those it maps, else `wished`, else the
    usual ones.
    """
    preset, overrides = _layout(source, preset)
    if "service" in overrides:
        return columns_of("service", preset, overrides)
    return wished or _usual_columns(preset)


def _usual_columns(preset: str) -> tuple[str, ...]:
    return ("service", *SERVICE_COLUMNS) if preset == "generic" else SERVICE_COLUMNS


def _layout(source: str, preset: str) -> tuple[str, dict[str, Any]]:
    """Return how files of a source are written: the intake source's preset and mapping, else `preset`."""
    known = IntakeSource.objects.filter(key=source).first()
    return (known.preset, dict(known.mapping)) if known else (preset, {})


def number_place(table: Table, *, source: str, preset: str) -> int:
    """Return which column of a table of this source tells the number. Raises TableError where none does."""
    return _number_place(table, *_layout(source, preset))


def _number_place(table: Table, preset: str, overrides: Mapping[str, Any]) -> int:
    columns = columns_of("number", preset, overrides)
    place = table.first_of(columns)
    if place is None:
        raise TableError(
            f"There is no column {' or '.join(columns)} to tell the number of the ticket. Rename the columns,"
            " or set up a source (Data > Sources), say there which column is which, and write its short name "
            f"under “How the file is written”; found: {', '.join(filter(None, table.columns)) or 'nothing'}."
        )
    return place


def _service_path(table: Table, columns: Sequence[str]) -> dict[str, str]:
    """Return the mapping that finds the service in the first of these columns with a value."""
    if table.first_of(columns) is None:
        raise TableError(
            f"There is no column {' or '.join(columns)} to tell the service. Name the one that does, under "
            f"“How the file is written” or with --service-column; found: {', '.join(table.columns)}."
        )
    return {"service": " || ".join(json.dumps(column) for column in columns)}


class TicketFile:
    """Reads the rows of one file as reports, keeps what it had to refuse and tells how far it is.

    `unread` are the columns that nothing looks at. A file in which a ticket stands on several rows with
    different update times is an audit log. `read_as`
    is that of the table.
    """

    def __init__(
        self,
        table: Table,
        mapping: TicketMapping,
        number_at: int,
        told: Progress,
        unread: tuple[str, ...],
    ) -> None:
        self.unread = unread
        self.read_as = table.read_as
        self.rejected: list[Rejection] = []
        self.row_count = 0
        self._table = table
        self._mapping = mapping
        self._told = told
        self._number_at = number_at
        self._updated_at = table.first_of(UPDATE_COLUMNS)
        self._state_at = table.first_of(STATE_COLUMNS)
        self._sequence_at = table.first_of(SEQUENCE_COLUMNS)
        self.is_audit_log = self._look_through()

    def reports(self) -> Iterator[list[TicketRecord]]:
        """Yield the reports, those of one row or of one ticket together."""
        return self._audit_log() if self.is_audit_log else self._tickets()

    def _look_through(self) -> bool:
        """Read the file once to count its rows; return whether it is an audit log."""
        is_audit_log = False
        first_update: dict[str, str] = {}
        for _, cells in self._table.rows():
            self.row_count += 1
            if self._updated_at is None or self._state_at is None or len(cells) != len(self._table.columns):
                continue
            updated_at = cells[self._updated_at]
            is_audit_log |= first_update.setdefault(cells[self._number_at], updated_at) != updated_at
        return is_audit_log

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        for done, row in enumerate(self._table.rows(), start=1):
            yield row
            if done % ROWS_PER_STEP == 0:
                self._told(gettext_noop("Reading"), done, self.row_count)

    def _tickets(self) -> Iterator[list[TicketRecord]]:
        for line, cells in self._rows():
            record = self._read(line, cells)
            if record:
                yield [record]

    def _audit_log(self) -> Iterator[list[TicketRecord]]:
        """Yield, by ticket, the reports that tell something. The rows of a ticket may stand anywhere."""
        by_ticket: dict[str, list[Update]] = {}
        for line, cells in self._rows():
            update = self._update(line, cells)
            if update:
                by_ticket.setdefault(cells[self._number_at], []).append(update)
        for updates in by_ticket.values():
            yield telling_reports(updates, lambda update: self._read(update.line, update.cells))

    def _read(self, line: int, cells: Sequence[str]) -> TicketRecord | None:
        try:
            return self._mapping.record(self._table.named(cells), line=line)
        except ValueError as error:
            self._refuse(line, cells, error)
        return None

    def _update(self, line: int, cells: Sequence[str]) -> Update | None:
        if self._updated_at is None or self._state_at is None:
            return None
        try:
            self._table.check(cells)
            word = cells[self._state_at]
            column = self._table.columns[self._updated_at]
            updated_at = parse_time(cells[self._updated_at], field=column, zone=self._mapping.zone)
            # Interned, because a log repeats the same few words a hundred thousand times.
            row = tuple(map(intern, cells))
            sequence = int(cells[self._sequence_at]) if self._sequence_at is not None else 0
            return Update(line, sequence, updated_at, self._mapping.state_of(word), is_waiting(word), row)
        except ValueError as error:
            self._refuse(line, cells, error)
        return None

    def _refuse(self, line: int, cells: Sequence[str], error: ValueError) -> None:
        number = cells[self._number_at] if len(cells) > self._number_at else ""
        self.rejected.append(Rejection(number, str(error), line))
