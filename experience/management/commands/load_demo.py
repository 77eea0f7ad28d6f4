"""`manage.py load_demo`: the demo of real tickets and simulated respondents, in an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from experience.demo.load import NotEmptyError, load_demo


class Command(BaseCommand):
    """Loads the demo; a second call leaves it as it is."""

    help = (
        "Load the demo: real tickets that end today, simulated respondents, a past of results. "
        "docs/demo.md names the sign-ins."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing, saying each stage as it is done."""
        environment = {"XLA_DATA_DIR": str(settings.DATA_DIR)}
        try:
            is_new = load_demo(now=timezone.now(), say=self.stdout.write, environment=environment)
        except NotEmptyError as error:
            raise CommandError(str(error)) from error
        if not is_new:
            self.stdout.write("The demo is loaded already.")
