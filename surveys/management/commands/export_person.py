"""Write out everything that is stored about one person."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from surveys.management.find_person import find_person
from surveys.services.export_person import export_person
from xla_service.access import administering
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py export_person anna@example.org > anna.json`"""

    help = "Write everything that is stored about a person as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("person", help="External id or e-mail address.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the JSON to the standard output."""
        by = acting_user(options["acting_as"], administering)
        found = export_person(find_person(options["person"]), by=by, now=timezone.now())
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
