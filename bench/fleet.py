"""An invented fleet in the database: services with tickets, answers, signals, and as much history as wanted.

The newest 28 days are written row by row and counted by the product; older months are copies of them. Windows
read packed days, resolutions and answers, so those are what is copied.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, models

from experience.engine.agreement_terms import AgreedIndicator
from experience.engine.periods import Period, window
from experience.models import DayCell, Outage, PackedDay
from experience.services.agreements import publish, write_draft
from experience.services.evidence import rebuild_evidence
from experience.services.library import install_indicators
from experience.services.starter import starter_terms
from surveys.models import BusinessService, Decision, Person, Resolution, Response, Ticket
from surveys.services.bulk import insert_rows
from surveys.services.default_survey import create_default_survey

NOW = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)
WINDOW: Period = window(NOW.date(), 28)
SEED = 20240101
TICKETS_PER_DAY = 2
PEOPLE = 2000
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)


def write_fleet(services: int) -> None:
    """Write services under an agreement of twelve indicators, and 28 days of their raw rows and cells."""
    draw = np.random.default_rng(SEED)
    version = create_default_survey(now=NOW)
    fleet = BusinessService.objects.bulk_create(
        BusinessService(key=f"service-{n}", name=f"Service {n}", survey=version.survey)
        for n in range(services)
    )
    people = Person.objects.bulk_create(Person(external_id=f"p{n}") for n in range(PEOPLE))
    _agree()
    resolutions = _write_resolutions(fleet, people, draw)
    answered = resolutions[::TICKETS_PER_DAY]
    insert_rows(Response, [_answer(r, version.pk, draw) for r in answered])
    _write_signals(fleet, draw)
    rebuild_evidence(now=NOW)


def _agree() -> None:
    install_indicators()
    terms = starter_terms(FIRST_DAY.date())
    shown = tuple(AgreedIndicator(key, 0.0) for key in ("time_to_target", "no_hand_off"))
    publish(write_draft(replace(terms, indicators=terms.indicators + shown), by=None), by=None, now=NOW)


def _write_resolutions(
    fleet: list[BusinessService], people: list[Person], draw: np.random.Generator
) -> list[Resolution]:
    places = [
        (service, NOW - timedelta(days=day, minutes=int(draw.integers(1, 1400))))
        for day in range(WINDOW.days)
        for service in fleet
        for _ in range(TICKETS_PER_DAY)
    ]
    minutes = np.exp(draw.normal(5.5, 1.2, len(places))).astype(int)
    persons = draw.integers(0, len(people), len(places))
    tickets = Ticket.objects.bulk_create(
        Ticket(
            source="bench",
            number=f"T{number}",
            state="closed",
            service=service,
            requester=people[persons[number]],
            category="printing",
            opened_at=resolved_at - timedelta(minutes=int(minutes[number])),
            first_response_at=resolved_at - timedelta(minutes=int(minutes[number] * 0.8)),
            made_sla=bool(minutes[number] < 1000),
        )
        for number, (service, resolved_at) in enumerate(places)
    )
    resolutions = Resolution.objects.bulk_create(
        Resolution(
            ticket=ticket,
            service=ticket.service,
            person=ticket.requester,
            resolved_at=resolved_at,
            resolved_on=resolved_at.date(),
            minutes_to_resolve=int(minutes[number]),
            user_clock_minutes=int(minutes[number]),
            reassignment_count=number % 3,
            response_class=("000000", "001000", "000001", "000102")[number % 4],
            is_decided=True,
        )
        for number, (ticket, (_, resolved_at)) in enumerate(zip(tickets, places, strict=True))
    )
    insert_rows(Decision, [_decision(resolution) for resolution in resolutions])
    return resolutions


def _decision(resolution: Resolution) -> Decision:
    return Decision(
        resolution=resolution,
        reason="asked",
        is_asked=True,
        is_eligible=True,
        probability=1.0,
        decided_at=resolution.resolved_at,
    )


def _answer(resolution: Resolution, version: int, draw: np.random.Generator) -> Response:
    return Response(
        service_id=resolution.service_id,
        survey_version_id=version,
        resolution=resolution,
        state="accepted",
        scale="satisfaction",
        rating=int(draw.choice(5, p=(0.08, 0.07, 0.12, 0.28, 0.45))) + 1,
        is_solved=bool(draw.random() < 0.85),
        lost_time_minutes=int(draw.choice((5, 30, 60, 240, 600))),
        answered_at=resolution.resolved_at + timedelta(hours=5),
    )


def _write_signals(fleet: list[BusinessService], draw: np.random.Generator) -> None:
    insert_rows(
        Outage,
        [
            Outage(
                service=service,
                source="bench",
                external_key=str(service.pk),
                started_at=FIRST_DAY,
                ended_at=FIRST_DAY + timedelta(minutes=5),
            )
            for service in fleet
        ],
    )
    days = [WINDOW.first_on + timedelta(days=step) for step in range(WINDOW.days)]
    insert_rows(
        DayCell,
        [
            DayCell(service=service, day=day, measure="response_time", count=int(draw.integers(50, 500)))
            for day in days
            for service in fleet
        ],
    )


def copy_back(months: int) -> None:
    """Copy what windows read into so many months of 28 days before the window."""
    models_read = (Resolution, Response, PackedDay)
    newest = {m: m._default_manager.order_by("-pk").values_list("pk", flat=True)[0] for m in models_read}
    with connection.cursor() as cursor:
        for month in range(1, months + 1):
            for model in models_read:
                cursor.execute(_copy(model, newest, month))
        cursor.execute("ANALYZE")


def _copy(model: type[models.Model], newest: dict[type[models.Model], int], month: int) -> str:
    fields = list(model._meta.concrete_fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(_value(field, newest, month) for field in fields)
    table = model._meta.db_table
    return f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" WHERE id <= {newest[model]}'


def _value(field: models.Field, newest: dict[type[models.Model], int], month: int) -> str:
    name = f'"{field.column}"'
    days = month * WINDOW.days
    copied = field.model if field.primary_key else field.related_model
    if copied in newest:
        return f"{name} + {month * newest[copied]}"
    on_sqlite = connection.vendor == "sqlite"
    if isinstance(field, models.DateTimeField):
        return (
            f"strftime('%Y-%m-%d %H:%M:%S', {name}, '-{days} days')"
            if on_sqlite
            else (f"{name} - interval '{days} days'")
        )
    if isinstance(field, models.DateField):
        return f"date({name}, '-{days} days')" if on_sqlite else f"{name} - {days}"
    return name
