"""Importing tickets from a CSV export: one row per ticket, or an audit log with one row per update."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_noop

from surveys.engine.tickets import TicketRecord
from surveys.services.jobs import Progress
from surveys.services.register_tickets import check_records, register_tickets
from surveys.services.registration import Registration
from surveys.services.ticket_file import open_ticket_file

# Large, because what stands in one batch is written once, and later batches may touch it again.
BATCH = 50_000


@dataclass(frozen=True)
class TicketImport:
    """What came of an import: rows read, whether the file was an audit log, what was registered or refused,
    the columns that nothing looked at, and a word of a file that was read as Windows-1252.
    """

    row_count: int
    is_audit_log: bool
    registration: Registration
    unread: tuple[str, ...] = ()
    read_as: str = ""


def import_tickets(
    path: Path,
    *,
    source: str,
    now: datetime,
    preset: str = "servicenow",
    service_columns: tuple[str, ...] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> TicketImport:
    """Register the tickets of a CSV export; importing it again changes nothing.

    `open_ticket_file` says how it is read, and what it raises. Rows that cannot be taken are returned as
    rejected with their line. With `dry_run` nothing is written.
    """
    told = progress or (lambda stage, done, total: None)
    file = open_ticket_file(path, source=source, preset=preset, service_columns=service_columns, told=told)
    total = Registration()
    for batch in _batches(file.reports()):
        if dry_run:
            total += Registration(rejected=check_records(batch, source=source))
        else:
            writing = partial(told, gettext_noop("Writing"))
            total += register_tickets(batch, source=source, now=now, chunk_written=writing)
    rejected = sorted((*total.rejected, *file.rejected), key=lambda rejection: rejection.line or 0)
    registration = replace(total, rejected=tuple(rejected))
    return TicketImport(file.row_count, file.is_audit_log, registration, file.unread, file.read_as)


def _batches(reports: Iterator[list[TicketRecord]]) -> Iterator[list[TicketRecord]]:
    """Join the reports of single tickets to batches; the reports of one ticket stay together."""
    batch: list[TicketRecord] = []
    for of_one_ticket in reports:
        batch += of_one_ticket
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch
