"""Import people from a directory's CSV export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.management.progress import ProgressBar, print_rejections
from surveys.services.csv_tables import TableError
from surveys.services.import_people import import_people
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py import_people people.csv`; docs/import.md describes the columns."""

    help = "Import people from .csv or .csv.gz. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", type=Path, help="The file, .csv or .csv.gz.")
        parser.add_argument("--dry-run", action="store_true", help="Check every row, write nothing.")
        parser.add_argument("--strict", action="store_true", help="Exit with 1 when a row was rejected.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, name every row that was rejected and print the counts."""
        acting_user(options["acting_as"], setting_up)
        bar = ProgressBar(self.stderr)
        try:
            done = import_people(options["path"], dry_run=options["dry_run"], progress=bar.show)
        except TableError as error:
            raise CommandError(str(error)) from error
        bar.finish()
        print_rejections(self.stderr, done.rejected)
        rejected = f"{len(done.rejected)} rejected"
        if options["dry_run"]:
            self.stdout.write(f"{done.row_count} people read, {rejected}, nothing written.")
        else:
            counts = f"{done.created} created, {done.changed} changed, {done.unchanged} unchanged"
            self.stdout.write(f"{done.row_count} people: {counts}, {rejected}.")
        if options["strict"] and done.rejected:
            raise CommandError("Some rows were rejected (see above); the rest was imported.")
