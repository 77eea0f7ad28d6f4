"""Importing tickets from a CSV export: one row per ticket, or an audit log with one row per update."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from sys import intern

from surveys.engine.mapping import TicketMapping, columns_named, parse_time, ticket_mapping
from surveys.engine.servicenow import Update, is_waiting, telling_reports
from surveys.engine.tickets import TicketRecord
from surveys.models import IntakeSource
from surveys.services.csv_tables import Table, TableError, open_table
from surveys.services.jobs import Progress
from surveys.services.register_tickets import check_records, register_tickets
from surveys.services.registration import Registration, Rejection

# Large, because what stands in one batch is written once, and later batches may touch it again.
BATCH = 50_000
ROWS_PER_STEP = 2000
UPDATE_COLUMNS = ("sys_updated_at", "sys_updated_on", "updated_at")
SEQUENCE_COLUMNS = ("sys_mod_count",)
STATE_COLUMNS = ("incident_state", "state")
SERVICE_COLUMNS = ("business_service", "category")


@dataclass(frozen=True)
class TicketImport:
    """What came of an import: rows read, whether the file was an audit log, what was registered or refused,
    and the columns that nothing looked at.
    """

    row_count: int
    is_audit_log: bool
    registration: Registration
    unread: tuple[str, ...] = ()


def import_tickets(
    path: Path,
    *,
    source: str,
    now: datetime,
    preset: str = "servicenow",
    service_columns: tuple[str, ...] = SERVICE_COLUMNS,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> TicketImport:
    """Register the tickets of a CSV export; importing it again changes nothing.

    A file in which a ticket stands on several rows with different update times is an audit log. The mapping
    is that of the intake source of this key where one exists, else the preset's; the service is the first of
    `service_columns` that has a value. Rows that cannot be taken are returned as rejected with their line.
    With `dry_run` nothing is written. Raises TableError for a file that cannot be read at all and
    MappingError for a mapping that cannot work.
    """
    told = progress or (lambda stage, done, total: None)
    reader = _reader(path, source, preset, service_columns, told)
    is_audit_log = reader.look_through()
    reports = reader.audit_log() if is_audit_log else reader.tickets()
    total = Registration()
    for batch in _batches(reports):
        if dry_run:
            total += Registration(rejected=check_records(batch, source=source))
        else:
            writing = partial(told, "Writing")
            total += register_tickets(batch, source=source, now=now, chunk_written=writing)
    rejected = sorted((*total.rejected, *reader.rejected), key=lambda rejection: rejection.line or 0)
    registration = replace(total, rejected=tuple(rejected))
    return TicketImport(reader.row_count, is_audit_log, registration, reader.unread)


def _reader(
    path: Path, source: str, preset: str, service_columns: tuple[str, ...], told: Progress
) -> _Reader:
    known = IntakeSource.objects.filter(key=source).first()
    overrides = dict(known.mapping) if known else {}
    number = overrides.get("number", "number")
    table = open_table(path, required=(number,))
    if "service" not in overrides:
        overrides |= _service_path(table, service_columns)
    mapping = ticket_mapping(known.preset if known else preset, overrides, columns=table.columns)
    read = columns_named(known.preset if known else preset, overrides).union(
        UPDATE_COLUMNS, SEQUENCE_COLUMNS, STATE_COLUMNS
    )
    unread = tuple(column for column in table.columns if column and column not in read)
    return _Reader(table, mapping, table.columns.index(number), told, unread)


def _service_path(table: Table, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the mapping that finds the service in the first of these columns with a value."""
    if table.first_of(columns) is None:
        raise TableError(
            f"There is no column {' or '.join(columns)} to tell the service. Name the one that does, under "
            f"“How the file is written” or with --service-column; found: {', '.join(table.columns)}."
        )
    return {"service": " || ".join(json.dumps(column) for column in columns)}


def _batches(reports: Iterator[list[TicketRecord]]) -> Iterator[list[TicketRecord]]:
    """Join the reports of single tickets to batches; the reports of one ticket stay together."""
    batch: list[TicketRecord] = []
    for of_one_ticket in reports:
        batch += of_one_ticket
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


class _Reader:
    """Reads the rows of one file as reports, keeps what it had to refuse and tells how far it is."""

    def __init__(
        self,
        table: Table,
        mapping: TicketMapping,
        number_at: int,
        told: Progress,
        unread: tuple[str, ...],
    ) -> None:
        self.table = table
        self.unread = unread
        self.mapping = mapping
        self.told = told
        self.rejected: list[Rejection] = []
        self.row_count = 0
        self.number_at = number_at
        self.updated_at = table.first_of(UPDATE_COLUMNS)
        self.state_at = table.first_of(STATE_COLUMNS)
        self.sequence_at = table.first_of(SEQUENCE_COLUMNS)

    def look_through(self) -> bool:
        """Read the file once to count its rows; return whether it is an audit log."""
        is_audit_log = False
        first_update: dict[str, str] = {}
        for _, cells in self.table.rows():
            self.row_count += 1
            if self.updated_at is None or self.state_at is None or len(cells) != len(self.table.columns):
                continue
            updated_at = cells[self.updated_at]
            is_audit_log |= first_update.setdefault(cells[self.number_at], updated_at) != updated_at
        return is_audit_log

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        for done, row in enumerate(self.table.rows(), start=1):
            yield row
            if done % ROWS_PER_STEP == 0:
                self.told("Reading", done, self.row_count)

    def tickets(self) -> Iterator[list[TicketRecord]]:
        """Yield the report of each row."""
        for line, cells in self._rows():
            record = self._read(line, cells)
            if record:
                yield [record]

    def audit_log(self) -> Iterator[list[TicketRecord]]:
        """Yield, by ticket, the reports that tell something. The rows of a ticket may stand anywhere."""
        by_ticket: dict[str, list[Update]] = {}
        for line, cells in self._rows():
            update = self._update(line, cells)
            if update:
                by_ticket.setdefault(cells[self.number_at], []).append(update)
        for updates in by_ticket.values():
            yield telling_reports(updates, lambda update: self._read(update.line, update.cells))

    def _read(self, line: int, cells: Sequence[str]) -> TicketRecord | None:
        try:
            return self.mapping.record(self.table.named(cells), line=line)
        except ValueError as error:
            self._refuse(line, cells, error)
        return None

    def _update(self, line: int, cells: Sequence[str]) -> Update | None:
        if self.updated_at is None or self.state_at is None:
            return None
        try:
            self.table.check(cells)
            word = cells[self.state_at]
            updated_at = parse_time(cells[self.updated_at], field=self.table.columns[self.updated_at])
            # Interned, because a log repeats the same few words a hundred thousand times.
            row = tuple(map(intern, cells))
            sequence = int(cells[self.sequence_at]) if self.sequence_at is not None else 0
            return Update(line, sequence, updated_at, self.mapping.state_of(word), is_waiting(word), row)
        except ValueError as error:
            self._refuse(line, cells, error)
        return None

    def _refuse(self, line: int, cells: Sequence[str], error: ValueError) -> None:
        number = cells[self.number_at] if len(cells) > self.number_at else ""
        self.rejected.append(Rejection(number, str(error), line))
