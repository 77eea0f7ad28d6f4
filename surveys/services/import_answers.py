"""Importing past survey answers from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from surveys.engine.answer_rows import COLUMNS, AnswerRecord, answer_record
from surveys.services.csv_tables import Table, open_table
from surveys.services.jobs import Progress
from surveys.services.register_answers import AnswerRegistration, register_answers
from surveys.services.registration import Rejection


@dataclass(frozen=True)
class AnswerImport:
    """What came of a file: rows read, what was registered or refused, and the columns that nothing looked
    at.
    """

    row_count: int
    registration: AnswerRegistration
    unread: tuple[str, ...] = ()


def import_answers(
    path: Path,
    *,
    source: str,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> AnswerImport:
    """Register the answers of a CSV file; importing it again changes nothing.

    docs/import.md describes the columns. Rows that cannot be taken are returned as rejected with their line.
    With `dry_run` rows are read and nothing is looked up or written. Raises TableError for a file that cannot
    be read at all.
    """
    table = open_table(path, required=("number", "answered_at"))
    records, rejected = _read(table)
    total = AnswerRegistration(rejected=tuple(rejected))
    if not dry_run:
        total += register_answers(records, source=source, now=now, progress=progress)
    ordered = sorted(total.rejected, key=lambda rejection: rejection.line or 0)
    unread = tuple(column for column in table.columns if column and column not in COLUMNS)
    return AnswerImport(len(records) + len(rejected), replace(total, rejected=tuple(ordered)), unread)


def _read(table: Table) -> tuple[list[AnswerRecord], list[Rejection]]:
    records, rejected = [], []
    for line, cells in table.rows():
        try:
            records.append(answer_record(table.named(cells), line=line))
        except ValueError as error:
            number = cells[table.columns.index("number")] if len(cells) == len(table.columns) else ""
            rejected.append(Rejection(number, str(error), line))
    return records, rejected
