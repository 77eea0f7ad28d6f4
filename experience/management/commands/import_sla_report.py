"""Import what a provider reports about its service levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from experience.services.import_sla_report import SlaReportError, import_sla_report
from surveys.management.import_command import tell_encoding
from surveys.services.csv_tables import TableError
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py import_sla_report FILE.csv [--source KEY]`."""

    help = "Import a provider's monthly SLA figures from .csv or .csv.gz, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whose names of services it uses."""
        parser.add_argument("path", type=Path, help="Columns: service, month, kind, share; n and priority.")
        parser.add_argument("--source", default="servicenow", help="Source whose names of services it uses.")
        add_user(parser)

    def handle(self, *args: Any, path: Path, source: str, **options: Any) -> None:
        """Import the file, or name every line that has to be corrected."""
        acting_user(options["acting_as"], setting_up)
        try:
            count = import_sla_report(path, source=source, now=timezone.now())
        except (SlaReportError, TableError) as error:
            raise CommandError(f"Nothing was imported.\n{error}") from error
        tell_encoding(self.stderr, path)
        self.stdout.write(f"{count} reported figures stored.")
