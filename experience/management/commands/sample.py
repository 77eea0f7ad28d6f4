"""`manage.py sample load|remove`: a small sample beside whatever the installation holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from experience.demo.sample import load_sample
from experience.demo.sample_removal import remove_sample
from surveys.management.progress import ProgressBar
from surveys.services.jobs import JobRefusedError
from xla_service.access import setting_up
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """Does what the set-up guide does, for those who like a terminal."""

    help = "Load a small sample to look around in, marked as such, or remove every row of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which of both."""
        parser.add_argument("what", choices=["load", "remove"], help="Load the sample, or remove it.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, with a bar."""
        by = acting_user(options["acting_as"], setting_up)
        work = load_sample if options["what"] == "load" else remove_sample
        bar = ProgressBar(self.stderr)
        try:
            outcome = work(now=timezone.now(), by=by, progress=bar.show)
        except JobRefusedError as error:
            raise CommandError(str(error)) from error
        bar.finish()
        self.stdout.write(", ".join(f"{count:,} {name}" for name, count in outcome.items()) + ".")
