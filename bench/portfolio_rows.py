"""Invented results of many services, for the benchmark of the pages that read them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from experience.engine.periods import Period, month_of, previous_month
from experience.models import AgreementVersion, Improvement, Measurement, ServiceGroup
from experience.services.library import LIBRARY
from surveys.models import BusinessService, User
from tests.experience.factories import (
    TODAY,
    answer,
    gap,
    indicator,
    measured,
    parameters,
    results,
    sentiment,
    starter,
)
from tests.factories import NOW

SUPPLIERS, GROUPS = 20, 40
ANSWERS = 300
NIGHTS = 28
_STATUSES = ("likely_red", "lean_red", "lean_green", "likely_green", "collecting")


def write_portfolio(*, services: int, months: int, reader: str, password: str) -> None:
    """Write the services with their results, a gap for each tenth, and a user who reads them all."""
    version = starter()
    User.objects.create_user(reader, password=password, role=User.Role.ADMINISTRATOR)
    fleet = BusinessService.objects.bulk_create(
        BusinessService(key=f"service-{n}", name=f"Service {n}", supplier=f"Supplier {n % SUPPLIERS}")
        for n in range(services)
    )
    ServiceGroup.objects.bulk_create(
        ServiceGroup(service=service, assignment_group=f"Group {(n + k) % GROUPS}")
        for n, service in enumerate(fleet)
        for k in range(2)
    )
    _write_results(fleet, version, months)
    _write_gaps(fleet[::10])
    cue = {"kind": "word", "text": "Still open", "start": 0, "end": 10, "lean": -0.5}
    for number in range(ANSWERS):
        row = answer(
            fleet[0], rating=number % 5 + 1, comment=f"Still open after I explained it {number} times."
        )
        sentiment(row, "negative", [cue])


def _write_results(fleet: list[BusinessService], version: AgreementVersion, months: int) -> None:
    used = parameters()
    pattern = measured(fleet[0], agreement_version=version, parameter_set=used)
    values = {f.attname: getattr(pattern, f.attname) for f in Measurement._meta.fields if not f.primary_key}
    pattern.delete()
    full = results(3.7)
    full["indicators"] += [indicator(one.key, None) for one in LIBRARY[3:12]]
    for start in range(0, len(fleet), 25):
        rows = (
            Measurement(**(values | _span(span, full) | _figures(number, service)))
            for number, service in enumerate(fleet[start : start + 25], start=start)
            for span in _spans(months)
        )
        Measurement.objects.bulk_create(rows, batch_size=500)


def _spans(months: int) -> Iterator[tuple[str, Period]]:
    for night in range(NIGHTS):
        last = TODAY - timedelta(days=night)
        yield Measurement.Period.ROLLING, Period(last - timedelta(days=27), last)
    monday = TODAY - timedelta(days=TODAY.weekday() + 7)
    for week in range(months * 52 // 12):
        first = monday - timedelta(weeks=week)
        yield Measurement.Period.WEEK, Period(first, first + timedelta(days=6))
    month = month_of(TODAY)
    for _ in range(months):
        month = previous_month(month)
        yield Measurement.Period.MONTH, month


def _span(span: tuple[str, Period], full: dict[str, Any]) -> dict[str, Any]:
    period, days = span
    return {"period": period, "starts_on": days.first_on, "ends_on": days.last_on, "results": full}


def _figures(number: int, service: BusinessService) -> dict[str, Any]:
    rating = 3.4 + (number % 13) / 10
    status = _STATUSES[number % len(_STATUSES)]
    return {
        "service_id": service.pk,
        "rating": rating,
        "rating_low": rating - 0.2,
        "rating_high": rating + 0.2,
        "status": status,
    }


def _write_gaps(fleet: list[BusinessService]) -> None:
    for service in fleet:
        newest = Measurement.objects.filter(service=service, period="rolling").order_by("-ends_on").first()
        found = gap(service, last_measurement=newest, user_points=service.pk * 7 % 997)
        Improvement.objects.create(
            service=service,
            gap=found,
            triggered_on=date(2026, 4, 1),
            what="Hand over with the history",
            due_on=TODAY + timedelta(days=9),
            expected_points=5,
            planned_at=NOW,
        )
