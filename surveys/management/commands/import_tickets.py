"""Import tickets from a CSV export."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from surveys.engine.ticket_presets import PRESETS
from surveys.management.import_command import ImportCommand, columns_unread
from surveys.services.import_tickets import TicketImport, import_tickets
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection
from surveys.services.ticket_file import SERVICE_COLUMNS


class Command(ImportCommand):
    """Reads ServiceNow exports (one row per ticket, or an audit log with one row per update) and files like
    them.
    """

    help = "Import tickets from a .csv or .csv.gz export. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add where the tickets come from and how they are written."""
        super().add_arguments(parser)
        parser.add_argument("--source", default="servicenow", help="Key of the source the tickets come from.")
        parser.add_argument(
            "--preset", default="servicenow", choices=sorted(PRESETS), help="How it writes them."
        )
        parser.add_argument(
            "--service-column",
            action="append",
            help="Column that names the service; may be given several times, the first with a value counts. "
            f"Default: {', then '.join(SERVICE_COLUMNS)}; with the preset generic, service before them.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line, giving way to the web server, because somebody waits for a page."""
        os.nice(5)
        super().run_from_argv(argv)

    def import_file(self, options: dict[str, Any], progress: Progress) -> tuple[Sequence[Rejection], str]:
        """Import the tickets."""
        done = import_tickets(
            options["path"],
            source=options["source"],
            preset=options["preset"],
            service_columns=tuple(options["service_column"] or ()),
            dry_run=options["dry_run"],
            now=timezone.now(),
            progress=progress,
        )
        return done.registration.rejected, _summary(done, is_dry_run=options["dry_run"])


def _summary(done: TicketImport, *, is_dry_run: bool) -> str:
    counts = done.registration
    kind = "updates of an audit log" if done.is_audit_log else "tickets"
    rejected = f"{len(counts.rejected)} rejected"
    unread = columns_unread(done.unread)
    if is_dry_run:
        return f"{done.row_count} rows ({kind}) checked, {rejected}, nothing written.{unread}"
    return (
        f"{done.row_count} rows ({kind}): {counts.created} tickets created, {counts.changed} changed, "
        f"{counts.unchanged} unchanged, {counts.resolutions} resolutions, "
        f"{counts.reopened} reopened, {rejected}.{_about_erased(len(counts.about_erased))}{unread}"
    )


def _about_erased(count: int) -> str:
    return f" {count} rows about people who were erased were taken without title and name." if count else ""
