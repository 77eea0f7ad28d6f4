"""Importing people from a directory's CSV export."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from surveys.engine.people import ALIASES, FIELDS, read_person
from surveys.engine.tickets import Requester
from surveys.services.csv_tables import Table, TableError, open_table
from surveys.services.erased_people import without_erased
from surveys.services.jobs import Progress
from surveys.services.people import register_people
from surveys.services.registration import Rejection

CHUNK = 500


@dataclass(frozen=True)
class PeopleImport:
    """What came of an import; with a dry run nobody is created or changed. `erased` rows were left out,
    nothing looked at the `unread` columns, and `read_as` is a word of a file that was read as Windows-1252.
    """

    row_count: int
    created: int
    changed: int
    rejected: tuple[Rejection, ...]
    erased: int = 0
    unread: tuple[str, ...] = ()
    read_as: str = ""

    @property
    def unchanged(self) -> int:
        """People who were known with the same details."""
        return self.row_count - self.created - self.changed - self.erased - len(self.rejected)


@dataclass
class _Rows:
    people: list[Requester] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def import_people(path: Path, *, dry_run: bool = False, progress: Progress | None = None) -> PeopleImport:
    """Create or update the people of a CSV export; importing it again changes nothing.

    The first line names the columns: those of `surveys.engine.people.FIELDS` or usual other names; others
    are passed over and named. What a row leaves empty stays as it is. Rows that cannot be taken are returned
    with their line; who was erased here is left out. With `dry_run` nothing is written. Raises TableError
    for a file that cannot be read.
    """
    table = open_table(path, required=())
    columns = _columns(table)
    rows = _read(table, columns)
    created = changed = erased = 0
    for start in range(0, len(rows.people), CHUNK):
        chunk = rows.people[start : start + CHUNK]
        kept = without_erased(chunk)
        erased += len(chunk) - len(kept)
        if dry_run:
            continue
        done = register_people(kept)
        created, changed = created + done.created, changed + done.changed
        if progress:
            progress("Writing", min(start + CHUNK, len(rows.people)), len(rows.people))
    total = len(rows.people) + len(rows.rejected)
    unread = tuple(
        column for column, name in zip(table.columns, columns, strict=True) if column and name is None
    )
    return PeopleImport(total, created, changed, tuple(rows.rejected), erased, unread, table.read_as)


def _columns(table: Table) -> list[str | None]:
    names = [ALIASES.get(column, column) for column in table.columns]
    if "email" not in names and "external_id" not in names:
        raise TableError(
            f"There is no column email or external_id. The first line must name the columns; known are "
            f"{', '.join(FIELDS)}; found: {', '.join(table.columns)}."
        )
    twice = sorted({name for name in names if name in FIELDS and names.count(name) > 1})
    if twice:
        raise TableError(f"Two columns mean {twice[0]!r}. Remove or rename one of them.")
    return [name if name in FIELDS else None for name in names]


def _read(table: Table, columns: list[str | None]) -> _Rows:
    rows = _Rows()
    for line, cells in table.rows():
        values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
        try:
            table.check(cells)
            rows.people.append(read_person(values))
        except ValueError as error:
            who = values.get("external_id") or values.get("email") or ""
            rows.rejected.append(Rejection(who, str(error), line))
    return rows
