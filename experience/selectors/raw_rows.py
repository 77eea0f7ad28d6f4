"""Raw rows of service-days, in the shape the evidence engine takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from experience.engine.agreement_terms import EVERYONE, Scope
from experience.engine.daycells import Answer, ResolutionFacts, UnjoinedAnswer
from experience.engine.periods import Period, bounds
from experience.engine.sentiment import SHIPPED_CALIBRATION, Calibration, counts_for_blending
from experience.models import Outage
from surveys.engine.weeks import iso_week
from surveys.models import BusinessService, CommentSentiment, Resolution, Response, SentimentVersion
from surveys.models.sentiment import in_force
from surveys.selectors.resolution_targets import ResolutionTargets

ServiceDay = tuple[int, date]
MINUTE = timedelta(minutes=1)
MONDAY = 0
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
_ANONYMOUS_COLUMNS = (
    "pk", "service_id", "iso_week", "response_class", "state", "scale", "rating", "lost_time_minutes",
    "is_solved",
)  # fmt: skip


def resolution_facts(
    service_days: Iterable[ServiceDay], scope: Scope = EVERYONE
) -> dict[ServiceDay, list[ResolutionFacts]]:
    """Return the facts of these service-days' resolutions, of the people in scope only, in three queries."""
    rows = list(_resolution_rows(set(service_days), scope))
    targets = ResolutionTargets.stored()
    sentiments = _sentiments({row["response__pk"]: row["resolved_on"] for row in rows if row["response__pk"]})
    facts: dict[ServiceDay, list[ResolutionFacts]] = defaultdict(list)
    for row in rows:
        facts[row["service_id"], row["resolved_on"]].append(_facts(row, sentiments, targets))
    return facts


def anonymous_answers(service_days: Iterable[ServiceDay]) -> dict[ServiceDay, list[UnjoinedAnswer]]:
    """Return the accepted answers of anonymous surveys, each on the Monday of its ISO week."""
    rows = anonymous_rows(service_days)
    sentiments = _sentiments({row["response__pk"]: row["day"] for row in rows})
    found: dict[ServiceDay, list[UnjoinedAnswer]] = defaultdict(list)
    for row in rows:
        answer = _answer(row, sentiments)
        if answer is not None:
            found[row["service"], row["day"]].append(UnjoinedAnswer(row["response__response_class"], answer))
    return found


def anonymous_rows(service_days: Iterable[ServiceDay]) -> list[dict[str, Any]]:
    """Return the accepted anonymous answers of these service-days, with `service` and `day`.

    Without a Monday among the days there is no query.
    """
    wanted = {(service, iso_week(day)): day for service, day in service_days if day.weekday() == MONDAY}
    if not wanted:
        return []
    found = (
        Response.objects.accepted()
        .anonymous()
        .filter(service__in={service for service, _ in wanted}, iso_week__in={week for _, week in wanted})
    )
    rows = [
        {f"response__{key}": value for key, value in row.items()} for row in found.values(*_ANONYMOUS_COLUMNS)
    ]
    places = [(row["response__service_id"], row["response__iso_week"]) for row in rows]
    return [
        {**row, "service": place[0], "day": wanted[place]}
        for row, place in zip(rows, places, strict=True)
        if place in wanted
    ]


def anonymous_days(services: Iterable[BusinessService]) -> set[ServiceDay]:
    """Return the Mondays on which anonymous answers about these services stand."""
    found = Response.objects.anonymous().filter(service__in=services)
    weeks = found.values_list("service_id", "iso_week").distinct()
    return {(service, date.fromisoformat(week)) for service, week in weeks}


def _resolution_rows(wanted: set[ServiceDay], scope: Scope) -> Iterator[dict[str, Any]]:
    found = Resolution.objects.filter(of_people(scope), on_service_days(wanted, day="resolved_on"))
    yield from found.values(*_COLUMNS).iterator(chunk_size=5000)


def on_service_days(service_days: Iterable[ServiceDay], *, service: str = "service", day: str) -> Q:
    """Return the condition that a row is of one of these service-days; `service` and `day` name its columns.

    Services with the same dates share a term. Without a service-day nothing fits.
    """
    dates: dict[int, set[date]] = defaultdict(set)
    for key, on in service_days:
        dates[key].add(on)
    services: dict[frozenset[date], list[int]] = defaultdict(list)
    for key, days in dates.items():
        services[frozenset(days)].append(key)
    terms = (Q(**{f"{service}__in": keys, f"{day}__in": days}) for days, keys in services.items())
    return reduce(or_, terms, Q(pk__in=()))


def of_people(scope: Scope, path: str = "") -> Q:
    """Return the condition that a resolution, reached by `path`, is one of the people in scope."""
    wanted = {"persona__in": scope.personas, "site__in": scope.sites}
    return Q(**{path + name: values for name, values in wanted.items() if values})


@dataclass(frozen=True, slots=True)
class _Said:
    """What a comment says: its polarity, the rating that goes with it where it is blended, who read it."""

    polarity: float | None
    pomp: float | None
    version: str


_SILENT = _Said(None, None, "")
_SENTIMENT_COLUMNS = ("response_id", "model_version", "polarity", "confidence", "word_count", "language")


def _sentiments(resolved_on: Mapping[int, date]) -> dict[int, _Said]:
    """Return what the comment of each response says, by the version in force on the day of its resolution."""
    versions = list(SentimentVersion.objects.without_files())
    by_day = {day: in_force(versions, day) for day in set(resolved_on.values())}
    ids = sorted(resolved_on)
    said: dict[int, _Said] = {}
    for start in range(0, len(ids), 5000):
        rows = CommentSentiment.objects.filter(response__in=ids[start : start + 5000]).order_by("pk")
        read: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.values(*_SENTIMENT_COLUMNS):
            read[row["response_id"]].append(row)
        said |= {pk: _said(own, by_day[resolved_on[pk]]) for pk, own in read.items()}
    return said


def _said(rows: Sequence[dict[str, Any]], version: SentimentVersion | None) -> _Said:
    """Return what the model of the day read, or the newest one where that model did not."""
    own = [row for row in rows if version is not None and row["model_version"] == version.model_version]
    row = (own or rows)[-1]
    if row["polarity"] is None:
        return _SILENT
    is_blended = counts_for_blending(confidence=row["confidence"] or 0.0, words=row["word_count"])
    curve = version.curves.get(row["language"]) if version is not None and own else None
    calibration = Calibration(tuple(curve)) if curve else SHIPPED_CALIBRATION
    name = str(version) if version is not None and own else row["model_version"]
    return _Said(row["polarity"], calibration.pomp_of(row["polarity"]) if is_blended else None, name)


def _facts(
    row: dict[str, Any], sentiments: Mapping[int, _Said], targets: ResolutionTargets
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


def _answer(row: dict[str, Any], sentiments: Mapping[int, _Said]) -> Answer | None:
    if row["response__state"] != Response.State.ACCEPTED:
        return None
    said = sentiments.get(row["response__pk"], _SILENT)
    return Answer(
        scale=row["response__scale"],
        rating=row["response__rating"],
        lost_time_minutes=row["response__lost_time_minutes"],
        polarity=said.polarity,
        model_version=said.version,
        is_solved=row["response__is_solved"],
        comment_pomp=said.pomp,
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
