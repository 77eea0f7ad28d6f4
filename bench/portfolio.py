"""How long the portfolio takes to make with many services and a long history: python -m bench.portfolio

Writes invented results into a database of its own in a temporary folder, and asks for the page as a
browser would.
"""

from __future__ import annotations

import os
import sys
import tempfile
from statistics import median
from time import perf_counter

SERVICES, MONTHS, ROUNDS = 1000, 24, 15


def main() -> None:
    """Print the median and the worst of the times of the page and of its table alone, and the queries."""
    with tempfile.TemporaryDirectory(prefix="xla-bench-") as folder:
        os.environ["XLA_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        import django

        django.setup()
        _bench()


def _bench() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from surveys.models import User

    call_command("migrate", verbosity=0)
    _write()
    client = Client()
    client.force_login(User.objects.create_user("viewer", role=User.Role.VIEWER))
    for name, headers in (("page", {}), ("table alone", {"HX-Request": "true"})):
        client.get("/", headers=headers)
        with CaptureQueriesContext(connection) as queries:
            size = len(client.get("/", headers=headers).content)
        times = [_timed(client, headers) for _ in range(ROUNDS)]
        print(
            f"{name}: median {median(times):.0f} ms, worst {max(times):.0f} ms,"
            f" {len(queries)} queries, {size / 1024:.0f} KB"
        )


def _timed(client: object, headers: dict[str, str]) -> float:
    started = perf_counter()
    client.get("/", headers=headers)  # type: ignore[attr-defined]
    return 1000 * (perf_counter() - started)


def _write() -> None:
    from datetime import timedelta

    from experience.models import Measurement
    from surveys.models import BusinessService
    from tests.experience.factories import TODAY, measured, parameters, starter

    version, used = starter(), parameters()
    services = BusinessService.objects.bulk_create(
        BusinessService(key=f"service-{n}", name=f"Service {n}", supplier=f"Supplier {n % 20}")
        for n in range(SERVICES)
    )
    pattern = measured(services[0], agreement_version=version, parameter_set=used)
    rows = []
    for number, service in enumerate(services):
        rating = 3.4 + (number % 13) / 10
        spans = [] if number == 0 else [("rolling", TODAY - timedelta(days=27), TODAY)]
        monday = TODAY - timedelta(days=TODAY.weekday() + 7)
        weeks = [monday - timedelta(weeks=week) for week in range(MONTHS * 52 // 12)]
        spans += [("week", week, week + timedelta(days=6)) for week in weeks]
        for period, first, last in spans:
            row = Measurement(**{f.attname: getattr(pattern, f.attname) for f in Measurement._meta.fields})
            row.pk, row.service_id, row.period, row.rating = None, service.pk, period, rating
            row.starts_on, row.ends_on = first, last
            rows.append(row)
    Measurement.objects.bulk_create(rows, batch_size=500)


if __name__ == "__main__":
    sys.exit(main())
