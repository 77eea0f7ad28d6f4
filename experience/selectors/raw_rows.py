"""Raw rows of service-days, in the shape the evidence engine takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from experience.engine.agreement_terms import EVERYONE, Scope
from experience.engine.daycells import Answer, ResolutionFacts
from experience.engine.periods import Period, bounds
from experience.models import Outage
from surveys.models import BusinessService, CommentSentiment, Resolution, Response
from surveys.selectors.resolution_targets import ResolutionTargets

ServiceDay = tuple[int, date]
MINUTE = timedelta(minutes=1)
_COLUMNS = (
    "pk",
    "service_id",
    "resolved_on",
    "resolved_at",
    "reopened_at",
    "came_back_at",
    "withdrawn_at",
    "response_class",
    "minutes_to_resolve",
    "user_clock_minutes",
    "waiting_minutes",
    "reopen_count",
    "reassignment_count",
    "priority",
    "person_id",
    "person__is_shared_account",
    "ticket__made_sla",
    "ticket__opened_at",
    "ticket__first_response_at",
    "decision__probability",
    "decision__is_asked",
    "decision__is_eligible",
    "response__pk",
    "response__state",
    "response__scale",
    "response__rating",
    "response__lost_time_minutes",
    "response__is_solved",
)


def resolution_facts(
    service_days: Iterable[ServiceDay], scope: Scope = EVERYONE
) -> dict[ServiceDay, list[ResolutionFacts]]:
    """Return the facts of these service-days' resolutions, of the people in scope only, in three queries."""
    wanted = set(service_days)
    rows = [
        row for row in _resolution_rows(wanted, scope) if (row["service_id"], row["resolved_on"]) in wanted
    ]
    sentiments = _newest_sentiments({row["response__pk"] for row in rows} - {None})
    targets = ResolutionTargets.stored()
    facts: dict[ServiceDay, list[ResolutionFacts]] = defaultdict(list)
    for row in rows:
        facts[row["service_id"], row["resolved_on"]].append(_facts(row, sentiments, targets))
    return facts


def _resolution_rows(wanted: set[ServiceDay], scope: Scope) -> Iterator[dict[str, Any]]:
    services = {service for service, _ in wanted}
    days = {day for _, day in wanted}
    found = Resolution.objects.filter(of_people(scope), service__in=services, resolved_on__in=days)
    yield from found.values(*_COLUMNS).iterator(chunk_size=5000)


def of_people(scope: Scope, path: str = "") -> Q:
    """Return the condition that a resolution, reached by `path`, is one of the people in scope."""
    wanted = {"persona__in": scope.personas, "site__in": scope.sites}
    return Q(**{path + name: values for name, values in wanted.items() if values})


def _newest_sentiments(response_ids: set[int]) -> dict[int, tuple[float | None, str]]:
    ids = sorted(response_ids)
    scored: dict[int, tuple[float | None, str]] = {}
    for start in range(0, len(ids), 5000):
        rows = CommentSentiment.objects.filter(response__in=ids[start : start + 5000]).order_by("pk")
        for response, polarity, version in rows.values_list("response_id", "polarity", "model_version"):
            scored[response] = (polarity, version)
    return scored


def _facts(
    row: dict[str, Any], sentiments: dict[int, tuple[float | None, str]], targets: ResolutionTargets
) -> ResolutionFacts:
    in_frame = row["decision__is_eligible"] and row["withdrawn_at"] is None
    can_come_back = row["person_id"] is not None and not row["person__is_shared_account"]
    return ResolutionFacts(
        response_class=row["response_class"],
        probability=row["decision__probability"] if in_frame else None,
        is_asked=bool(row["decision__is_asked"]),
        minutes_to_resolve=row["minutes_to_resolve"],
        user_clock_minutes=row["user_clock_minutes"],
        resolved_at=row["resolved_at"],
        reopened_at=row["reopened_at"],
        came_back=row["came_back_at"] is not None if can_come_back else None,
        made_sla=row["ticket__made_sla"],
        answer=_answer(row, sentiments),
        target_minutes=targets.minutes(row["service_id"], row["priority"]),
        reopen_count=row["reopen_count"],
        reassignment_count=row["reassignment_count"],
        waiting_minutes=row["waiting_minutes"],
        first_response_minutes=_first_response_minutes(row),
    )


def _first_response_minutes(row: dict[str, Any]) -> int | None:
    responded_at = row["ticket__first_response_at"]
    return max(0, (responded_at - row["ticket__opened_at"]) // MINUTE) if responded_at else None


def _answer(row: dict[str, Any], sentiments: dict[int, tuple[float | None, str]]) -> Answer | None:
    if row["response__state"] != Response.State.ACCEPTED:
        return None
    polarity, version = sentiments.get(row["response__pk"], (None, ""))
    return Answer(
        scale=row["response__scale"],
        rating=row["response__rating"],
        lost_time_minutes=row["response__lost_time_minutes"],
        polarity=polarity,
        model_version=version,
        is_solved=row["response__is_solved"],
    )


def outage_rows(services: Iterable[BusinessService], days: set[date]) -> dict[int, list[Outage]]:
    """Return the outages of these services that touch the span of these days, by service."""
    period = Period(min(days), max(days))
    edges = [bounds(period, ZoneInfo(zone)) for zone in {service.time_zone for service in services}]
    first, end = min(start for start, _ in edges), max(stop for _, stop in edges)
    not_over_before = Q(ended_at__isnull=True) | Q(ended_at__gt=first)
    found = Outage.objects.filter(not_over_before, service__in=services, started_at__lt=end)
    outages: dict[int, list[Outage]] = defaultdict(list)
    for outage in found:
        outages[outage.service_id].append(outage)
    return outages
