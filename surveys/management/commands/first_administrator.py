"""`manage.py first_administrator`: the link by which the first person gets in."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from surveys.services.first_administrator import new_code, nobody_signs_in
from xla_service.embedded.address import noted_address
from xla_service.env import given


class Command(BaseCommand):
    """Prints the link while there is no user; `manage.py up` runs it at every start."""

    help = "Print a link, good for a day, that makes the first administrator where there is no user yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Let a launcher ask without being told that there is nothing to do."""
        parser.add_argument("--quiet", action="store_true", help="Say nothing when there are users.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link, or that it is not needed."""
        if nobody_signs_in():
            link = _address() + reverse("first-sign-in", args=[new_code()])
            self.stdout.write(f"Nobody can sign in yet. Make the first administrator here, today:\n  {link}")
        elif not options["quiet"]:
            self.stdout.write("There are users already. An administrator invites more under Users.")


def _address() -> str:
    """Return where the pages are: as configured, else where `up` serves them beside this command."""
    if given(os.environ, "XLA_PUBLIC_URL") is None:
        return noted_address(settings.DATA_DIR) or str(settings.PUBLIC_URL)
    return str(settings.PUBLIC_URL)
