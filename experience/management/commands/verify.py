"""Recompute results from their receipts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from experience.engine.defaults import ENGINE_VERSION
from experience.models import Measurement
from experience.services.verify import Finding, corrections_due, verify
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py verify [--all] [--as USERNAME]`."""

    help = "Recompute results from their stored inputs; exits 1 and names what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which results."""
        parser.add_argument("--all", action="store_true", help="Corrected results too.")
        add_user(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        user = acting_user(options["acting_as"])
        results = Measurement.objects.all() if options["all"] else Measurement.objects.current()
        if user is not None:
            results = results.published().visible_to(user)
        findings = list(verify(results.order_by("pk")))
        due = list(corrections_due(results, now=timezone.now()))
        for finding in (*findings, *due):
            self.stderr.write(_line(finding))
        older = sum(finding.measurement.engine_version != ENGINE_VERSION for finding in findings)
        of_older = f" ({older} of an older engine, which stand as they were told)" if older else ""
        self.stdout.write(
            f"{results.count()} results verified, {len(findings)} differences{of_older}, "
            f"{len(due)} corrections due."
        )
        if findings:
            sys.exit(1)


def _line(finding: Finding) -> str:
    m = finding.measurement
    whom = m.service.key if m.service else m.agreement_version.agreement.key
    return f"Result {m.pk} ({whom}, {m.starts_on} to {m.ends_on}): {finding.problem}"
