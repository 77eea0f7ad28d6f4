"""Who looks after a service or a gap, beyond being allowed to see it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from experience.models import Agreement, AgreementService, AgreementVersion, Gap
from surveys.models import BusinessService, User


def looks_after(user: User, service: BusinessService) -> bool:
    """Say whether somebody acts on a service: its owner, its team, agreement admins and administrators.

    They also read single answers: respondents were told that the team does and that reports show groups.
    """
    if user.sets_up:
        return True
    return service.owner_id == user.pk or service.team.filter(pk=user.pk).exists()


def looked_after(user: User, service_ids: Collection[int]) -> set[int]:
    """Return which of these services somebody looks after, in one query whatever their number."""
    if user.sets_up:
        return set(service_ids)
    own = BusinessService.objects.answered_for_by(user)
    return set(own.filter(pk__in=service_ids).values_list("pk", flat=True))


def gaps_looked_after(user: User, gaps: Collection[Gap]) -> set[int]:
    """Return which of these gaps somebody acts on, by primary key, in two queries whatever their number.

    On those of a service who looks after it; on those of a journey as a whole the owner of its agreement, and
    who owns one of its services.
    """
    services = looked_after(user, {gap.service_id for gap in gaps if gap.service_id is not None})
    journeys = {gap.agreement_id for gap in gaps if gap.service_id is None and gap.agreement_id is not None}
    if not user.sets_up:
        journeys = set(journeys_of(user).filter(pk__in=journeys).values_list("pk", flat=True))
    return {
        gap.pk
        for gap in gaps
        if (gap.service_id in services if gap.service_id else gap.agreement_id in journeys)
    }


def journeys_of(user: User) -> QuerySet[Agreement]:
    """Return the agreements that somebody owns, or of which one service in force is theirs."""
    through = services_in_force().filter(service__owner=user).values("version__agreement")
    return Agreement.objects.filter(Q(owner=user) | Q(pk__in=through))


def services_in_force() -> QuerySet[AgreementService]:
    """Return which services the published versions cover by name."""
    return AgreementService.objects.filter(version__state=AgreementVersion.State.PUBLISHED)
