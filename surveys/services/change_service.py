"""Changing what is known about a business service: its owner, its place in life, how many use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop

from surveys.engine.zones import named_zone
from surveys.models import BusinessService, Survey, User
from surveys.services.audit import Detail, record_change
from surveys.services.changes import mark_changed

COLUMNS = (
    "name", "description", "lifecycle", "value_stream", "owner", "supplier", "time_zone", "survey",
    "hour_cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What is known about a service; `user_count` is the newest one, None where nobody told. `hour_cost` is
    what an hour of working time costs, None: as everywhere.
    """

    name: str
    description: str
    lifecycle: str
    value_stream: str
    owner: User | None
    team: frozenset[User]
    supplier: str
    time_zone: str
    survey: Survey | None
    user_count: int | None
    hour_cost: Decimal | None


def facts_of(service: BusinessService) -> ServiceFacts:
    """Return what is known about a service now."""
    newest = service.user_counts.order_by("valid_from").last()
    return ServiceFacts(
        name=service.name,
        description=service.description,
        lifecycle=service.lifecycle,
        value_stream=service.value_stream,
        owner=service.owner,
        team=frozenset(service.team.all()),
        supplier=service.supplier,
        time_zone=service.time_zone,
        survey=service.survey,
        user_count=newest.user_count if newest else None,
        hour_cost=service.hour_cost,
    )


@transaction.atomic
def change_service(service: BusinessService, facts: ServiceFacts, *, by: User | None, now: datetime) -> bool:
    """Write these facts, and what changed into the audit log; return False when nothing did.

    A number of users holds from today on; None leaves the one there is.
    """
    details = _differences(_in_words(facts_of(service)), _in_words(facts))
    if not details:
        return False
    for column in COLUMNS:
        setattr(service, column, getattr(facts, column))
    service.save(update_fields=COLUMNS)
    service.team.set(facts.team)
    today = day_at(service, now)
    if facts.user_count is not None:
        service.user_counts.update_or_create(valid_from=today, defaults={"user_count": facts.user_count})
    record_change(f"service {service.key}", gettext_noop("Changed"), by=by, now=now, details=details)
    mark_changed({(service.pk, today)})
    return True


def day_at(service: BusinessService, now: datetime) -> date:
    """Return the day that it is for a service."""
    return now.astimezone(named_zone(service.time_zone)).date()


def _in_words(facts: ServiceFacts) -> dict[str, str]:
    return {
        "name": facts.name,
        "description": facts.description,
        "lifecycle": facts.lifecycle,
        "value_stream": facts.value_stream,
        "owner": facts.owner.get_username() if facts.owner else "",
        "team": ", ".join(sorted(user.get_username() for user in facts.team)),
        "supplier": facts.supplier,
        "time_zone": facts.time_zone,
        "survey": facts.survey.key if facts.survey else "",
        "user_count": "" if facts.user_count is None else str(facts.user_count),
        "hour_cost": "" if facts.hour_cost is None else f"{facts.hour_cost:.2f}",
    }


def _differences(before: dict[str, str], after: dict[str, str]) -> list[Detail]:
    after = {**after, "user_count": after["user_count"] or before["user_count"]}
    return [(name, before[name], after[name]) for name in before if before[name] != after[name]]
