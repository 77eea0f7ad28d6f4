"""Import past survey answers from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from surveys.management.progress import ProgressBar, print_rejections
from surveys.services.csv_tables import TableError
from surveys.services.import_answers import AnswerImport, import_answers
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """Reads answers by ticket number; the tickets must have been imported before."""

    help = "Import past survey answers from .csv or .csv.gz. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments; docs/import.md describes them."""
        parser.add_argument("path", type=Path, help="The file, .csv or .csv.gz.")
        parser.add_argument("--source", default="servicenow", help="Key of the source the tickets came from.")
        parser.add_argument("--dry-run", action="store_true", help="Read every row, write nothing.")
        parser.add_argument("--strict", action="store_true", help="Exit with 1 when a row was rejected.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, name every row that was rejected and print the counts."""
        acting_user(options["acting_as"], setting_up)
        bar = ProgressBar(self.stderr)
        try:
            done = import_answers(
                options["path"],
                source=options["source"],
                dry_run=options["dry_run"],
                now=timezone.now(),
                progress=bar.show,
            )
        except TableError as error:
            raise CommandError(str(error)) from error
        bar.finish()
        print_rejections(self.stderr, done.registration.rejected)
        self.stdout.write(_summary(done, is_dry_run=options["dry_run"]))
        if options["strict"] and done.registration.rejected:
            raise CommandError("Some rows were rejected (see above); the rest was imported.")


def _summary(done: AnswerImport, *, is_dry_run: bool) -> str:
    counts = done.registration
    rejected = f"{len(counts.rejected)} rejected"
    if is_dry_run:
        return f"{done.row_count} answers read, {rejected}, nothing written."
    return (
        f"{done.row_count} answers: {counts.created} created, {counts.changed} changed, "
        f"{counts.unchanged} unchanged, {rejected}."
    )
