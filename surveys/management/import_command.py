"""What the commands that import a CSV file have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from surveys.engine.values import MappingError
from surveys.management.progress import ProgressBar
from surveys.services.csv_tables import TableError, word_read_as_windows
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


def tell_encoding(output: OutputWrapper, path: Path) -> None:
    """Say so when a file was taken for Windows-1252, with a word by which that can be seen."""
    if word := word_read_as_windows(path):
        output.write(
            f"The file is not in UTF-8 and was read as Windows-1252: “{word}”. If these letters are wrong, "
            "save it as “CSV UTF-8” and import that."
        )


def columns_unread(columns: Sequence[str]) -> str:
    """Return the columns that nothing looked at as the end of a summary; nothing where there are none."""
    return f" Columns that were not read: {', '.join(columns)}." if columns else ""


class ImportCommand(BaseCommand):
    """Imports a file with a progress bar, names every row that was rejected and prints the counts."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments that all imports take; docs/import.md describes them."""
        parser.add_argument("path", type=Path, help="The file, .csv or .csv.gz.")
        parser.add_argument("--dry-run", action="store_true", help="Read and check every row, write nothing.")
        parser.add_argument("--strict", action="store_true", help="Exit with 1 when a row was rejected.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file; a row that cannot be taken keeps no other one out."""
        acting_user(options["acting_as"], setting_up)
        bar = ProgressBar(self.stderr)
        try:
            rejected, summary = self.import_file(options, bar.show)
        except (TableError, MappingError) as error:
            raise CommandError(str(error)) from error
        bar.finish()
        tell_encoding(self.stderr, options["path"])
        for rejection in rejected:
            place = f"line {rejection.line}" if rejection.line else "a row"
            self.stderr.write(f"{place} ({rejection.number or 'no number'}): {rejection.reason}")
        self.stdout.write(summary)
        if options["strict"] and rejected:
            raise CommandError("Some rows were rejected (see above); the rest was imported.")

    @abstractmethod
    def import_file(self, options: dict[str, Any], progress: Progress) -> tuple[Sequence[Rejection], str]:
        """Import the file of `options`; return what was rejected, and the counts in one line."""
