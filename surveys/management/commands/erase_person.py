"""Erase one person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from surveys.management.find_person import find_person
from surveys.services.erase_person import erase_person
from xla_service.access import administering
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py erase_person anna@example.org --yes`"""

    help = "Erase a person: names, addresses and texts go, ratings and counts stay. This cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("person", help="External id or e-mail address.")
        parser.add_argument("--yes", action="store_true", help="Do it: this cannot be undone.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase the person, and say under which pseudonym the counts go on."""
        by = acting_user(options["acting_as"], administering)
        person = find_person(options["person"])
        if not options["yes"]:
            raise CommandError("This cannot be undone. Export the person first, then say --yes.")
        pseudonym = erase_person(person, now=timezone.now(), by=by)
        self.stdout.write(f"Erased. The counts go on under {pseudonym}.")
