"""Recompute the daily evidence from tickets, answers and outages."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from experience.services.evidence import rebuild_evidence
from surveys.models import BusinessService
from xla_service.access import administering
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py rebuild_evidence [--service KEY]`."""

    help = "Recompute daily evidence from the raw rows; response times, which are folded at ingest, stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the services."""
        parser.add_argument("--service", action="append", help="Key of a service; may be given again.")
        add_user(parser)

    def handle(self, *args: Any, service: list[str] | None, **options: Any) -> None:
        """Rebuild and say how many service-days there were."""
        acting_user(options["acting_as"], administering)
        services = BusinessService.objects.all()
        if service:
            services = services.filter(key__in=service)
            missing = set(service) - set(services.values_list("key", flat=True))
            if missing:
                raise CommandError(f"No service has the key {', '.join(sorted(missing))}.")
        days = rebuild_evidence(now=timezone.now(), services=services)
        self.stdout.write(f"{days} service-days recomputed.")
