"""What the pages of agreements show: the list, what indicators were in the past, a rehearsal as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Prefetch

from experience.engine.agreement_terms import AgreementTerms
from experience.engine.periods import Period
from experience.engine.rehearsal import Rehearsal, RehearsedResult
from experience.models import Agreement, AgreementVersion, Measurement
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

_MOST_RESULTS = 600
_PAST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class RehearsedRow:
    """One subject of a rehearsal: its months oldest first, how many fall below target, how many flip."""

    name: str
    months: tuple[RehearsedResult, ...]
    breaches: int
    flips: int


def agreements_of(user: User | AnonymousUser) -> list[Agreement]:
    """Return the agreements a user may read, with all their versions, newest first."""
    versions = AgreementVersion.objects.order_by("-number").prefetch_related("services")
    found = Agreement.objects.visible_to(user) if not _sets_up(user) else Agreement.objects.all()
    return list(
        found.select_related("owner").prefetch_related(Prefetch("versions", versions)).order_by("name")
    )


def _sets_up(user: User | AnonymousUser) -> bool:
    """Whoever drafts agreements also sees drafts that cover no service yet."""
    return user.is_authenticated and user.sees_every_service


def past_values(terms: AgreementTerms, *, today: date) -> dict[str, list[float]]:
    """Return by indicator what it was in past months of the services the terms cover, unhidden ones alone."""
    found = (
        Measurement.objects.published()
        .primary()
        .filter(period=Measurement.Period.MONTH, ends_on__range=(today - _PAST, today))
    )
    if not terms.covers_rest:
        found = found.filter(service__key__in=terms.services)
    values: dict[str, list[float]] = defaultdict(list)
    shown = found.exclude(status=Measurement.Status.HIDDEN).order_by("-ends_on", "pk")
    for document in shown.values_list("results", flat=True)[:_MOST_RESULTS]:
        for row in document.get("indicators", ()):
            if row["value"] is not None and row["state"] != "hidden":
                values[row["key"]].append(row["value"])
    return dict(values)


def service_names() -> dict[str, str]:
    """Return the name of every service by key."""
    return dict(BusinessService.objects.values_list("key", "name"))


def rehearsed_rows(rehearsal: Rehearsal) -> list[RehearsedRow]:
    """Return a rehearsal by subject, those with the most months below target first."""
    names = service_names()
    by_subject: dict[str, list[RehearsedResult]] = defaultdict(list)
    for result in rehearsal.results:
        by_subject[result.subject].append(result)
    rows = [_row(names.get(key, key), rehearsal.months, own) for key, own in by_subject.items()]
    return sorted(rows, key=lambda row: (-row.breaches, -row.flips, row.name.casefold()))


def _row(name: str, months: Sequence[Period], own: Sequence[RehearsedResult]) -> RehearsedRow:
    by_month = {result.period: result for result in own}
    return RehearsedRow(
        name=name,
        months=tuple(by_month[month] for month in months if month in by_month),
        breaches=sum(result.is_breach for result in own),
        flips=sum(result.flips for result in own),
    )
