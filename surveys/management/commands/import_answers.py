"""Import past survey answers from a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from surveys.management.import_command import ImportCommand, columns_unread
from surveys.services.import_answers import import_answers
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection


class Command(ImportCommand):
    """Reads answers by ticket number; the tickets must have been imported before."""

    help = "Import past survey answers from .csv or .csv.gz. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the source."""
        super().add_arguments(parser)
        parser.add_argument("--source", default="servicenow", help="Key of the source the tickets came from.")

    def import_file(self, options: dict[str, Any], progress: Progress) -> tuple[Sequence[Rejection], str]:
        """Import the answers."""
        done = import_answers(
            options["path"],
            source=options["source"],
            dry_run=options["dry_run"],
            now=timezone.now(),
            progress=progress,
        )
        counts = done.registration
        rejected = f"{len(counts.rejected)} rejected"
        unread = columns_unread(done.unread)
        if options["dry_run"]:
            return counts.rejected, f"{done.row_count} answers read, {rejected}, nothing written.{unread}"
        return counts.rejected, (
            f"{done.row_count} answers: {counts.created} created, {counts.changed} changed, "
            f"{counts.unchanged} unchanged, {rejected}.{_unworded(counts.unworded)}{unread}"
        )


def _unworded(count: int) -> str:
    return f" {count} comments of people who were erased were left out." if count else ""
