"""Recompute results from their receipts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from experience.models import Measurement
from experience.services.verify import verify


class Command(BaseCommand):
    """`manage.py verify [--all]`."""

    help = "Recompute results from their stored inputs; exits 1 and names each that differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which results."""
        parser.add_argument("--all", action="store_true", help="Corrected results too.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        results = Measurement.objects.all() if options["all"] else Measurement.objects.current()
        findings = list(verify(results.order_by("pk")))
        for finding in findings:
            m = finding.measurement
            self.stderr.write(
                f"Result {m.pk} ({m.service.key}, {m.starts_on} to {m.ends_on}): {finding.problem}"
            )
        self.stdout.write(f"{results.count()} results verified, {len(findings)} differences.")
        if findings:
            sys.exit(1)
