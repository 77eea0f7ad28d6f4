"""What has to be done before a version's pages can start, in one step."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError


class Command(BaseCommand):
    """`manage.py prepare`: `up` and `demo` run it; run it yourself before a web server of your own."""

    help = "Check the settings, migrate the database and collect the static files."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then collect; both do nothing when nothing changed."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(
                f"The database cannot be used: {error}\nStart it, or correct DATABASE_URL."
            ) from error
        call_command("collectstatic", interactive=False, verbosity=0)
