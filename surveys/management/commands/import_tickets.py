"""Import tickets from a CSV export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from surveys.engine.mapping import MappingError
from surveys.engine.ticket_presets import PRESETS
from surveys.management.progress import ProgressBar, print_rejections
from surveys.services.csv_tables import TableError
from surveys.services.import_tickets import SERVICE_COLUMNS, TicketImport, import_tickets
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """Reads ServiceNow exports (one row per ticket, or an audit log with one row per update) and files like
    them.
    """

    help = "Import tickets from a .csv or .csv.gz export. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments; docs/import.md describes them."""
        parser.add_argument("path", type=Path, help="The export, .csv or .csv.gz.")
        parser.add_argument("--source", default="servicenow", help="Key of the source the tickets come from.")
        parser.add_argument(
            "--preset", default="servicenow", choices=sorted(PRESETS), help="How it writes them."
        )
        parser.add_argument(
            "--service-column",
            action="append",
            help="Column that names the service; may be given several times, the first with a value counts. "
            f"Default: {', then '.join(SERVICE_COLUMNS)}.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Check every row, write nothing.")
        parser.add_argument("--strict", action="store_true", help="Exit with 1 when a row was rejected.")
        add_user(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line, giving way to the web server, because somebody waits for a page."""
        os.nice(5)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, name every row that was rejected and print the counts."""
        acting_user(options["acting_as"], setting_up)
        bar = ProgressBar(self.stderr)
        try:
            done = import_tickets(
                options["path"],
                source=options["source"],
                preset=options["preset"],
                service_columns=tuple(options["service_column"] or SERVICE_COLUMNS),
                dry_run=options["dry_run"],
                now=timezone.now(),
                progress=bar.show,
            )
        except (TableError, MappingError) as error:
            raise CommandError(str(error)) from error
        bar.finish()
        print_rejections(self.stderr, done.registration.rejected)
        self.stdout.write(_summary(done, is_dry_run=options["dry_run"]))
        if options["strict"] and done.registration.rejected:
            raise CommandError("Some rows were rejected (see above); the rest was imported.")


def _summary(done: TicketImport, *, is_dry_run: bool) -> str:
    counts = done.registration
    kind = "updates of an audit log" if done.is_audit_log else "tickets"
    rejected = f"{len(counts.rejected)} rejected"
    if is_dry_run:
        return f"{done.row_count} rows ({kind}) checked, {rejected}, nothing written."
    return (
        f"{done.row_count} rows ({kind}): {counts.created} tickets created, {counts.changed} changed, "
        f"{counts.unchanged} unchanged, {counts.resolutions} resolutions, "
        f"{counts.reopened} reopened, {rejected}."
    )
