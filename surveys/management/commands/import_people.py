"""Import people from a directory's CSV export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surveys.management.import_command import ImportCommand, columns_unread
from surveys.services.import_people import import_people
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection


class Command(ImportCommand):
    """`manage.py import_people people.csv`; docs/import.md describes the columns."""

    help = "Import people from .csv or .csv.gz. Importing the same file again changes nothing."

    def import_file(self, options: dict[str, Any], progress: Progress) -> tuple[Sequence[Rejection], str]:
        """Import the people."""
        done = import_people(options["path"], dry_run=options["dry_run"], progress=progress)
        rejected = f"{len(done.rejected)} rejected"
        unread = columns_unread(done.unread)
        erased = f", {done.erased} erased before and left out" if done.erased else ""
        if options["dry_run"]:
            return (
                done.rejected,
                f"{done.row_count} people read, {rejected}{erased}, nothing written.{unread}",
            )
        counts = f"{done.created} created, {done.changed} changed, {done.unchanged} unchanged"
        return done.rejected, f"{done.row_count} people: {counts}, {rejected}{erased}.{unread}"
