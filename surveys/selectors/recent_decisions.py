"""What was decided lately about asking, over all services that somebody sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from surveys.models import BusinessService, Decision, Resolution, User
from surveys.selectors.narrowing import EVERYTHING, Narrowing, NarrowingChoices, choices_among

DAYS = 7


@dataclass(frozen=True, slots=True)
class DecisionChoice:
    """Which decisions to show: by supplier and assignment group, service key and reason; empty for all."""

    narrowing: Narrowing = EVERYTHING
    service: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.narrowing or self.service or self.reason)


def recent_decisions(
    user: User | AnonymousUser, choice: DecisionChoice, *, today: date
) -> QuerySet[Decision]:
    """Return the decisions about tickets resolved in the last seven days, the newest resolution first."""
    found = Decision.objects.filter(resolution__in=_resolutions(user, choice, today))
    if choice.reason:
        found = found.filter(reason=choice.reason)
    rows = found.select_related("resolution__ticket", "resolution__service")
    return rows.order_by("-resolution__resolved_at", "-resolution_id")


def decision_choices(user: User | AnonymousUser, *, today: date) -> NarrowingChoices:
    """Return by whom these decisions may be narrowed; one query."""
    rows = _resolutions(user, DecisionChoice(), today).order_by()
    return choices_among(rows.values_list("service__supplier", "assignment_group").distinct())


def _resolutions(user: User | AnonymousUser, choice: DecisionChoice, today: date) -> QuerySet[Resolution]:
    services = BusinessService.objects.visible_to(user)
    if choice.service:
        services = services.filter(key=choice.service)
    wanted = choice.narrowing.rows(supplier="service__supplier", group="assignment_group")
    return Resolution.objects.filter(
        wanted, service__in=services, resolved_on__gt=today - timedelta(days=DAYS)
    )
