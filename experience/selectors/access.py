"""Who looks after a service, beyond being allowed to see it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from surveys.models import BusinessService, User


def looks_after(user: User, service: BusinessService) -> bool:
    """Say whether somebody acts on a service: its owner, its team, agreement admins and administrators.

    They also read single answers: respondents were told that the team does and that reports show groups.
    """
    if user.is_superuser or user.role in (user.Role.AGREEMENT_ADMIN, user.Role.ADMINISTRATOR):
        return True
    return service.owner_id == user.pk or service.team.filter(pk=user.pk).exists()


def looked_after(user: User, service_ids: Collection[int]) -> set[int]:
    """Return which of these services somebody looks after, in one query whatever their number."""
    if user.is_superuser or user.role in (user.Role.AGREEMENT_ADMIN, user.Role.ADMINISTRATOR):
        return set(service_ids)
    own = BusinessService.objects.filter(Q(owner=user) | Q(pk__in=user.team_services.values("pk")))
    return set(own.filter(pk__in=service_ids).values_list("pk", flat=True))


def reads_unmasked(user: User, service_ids: Collection[int]) -> set[int]:
    """Return the services whose comments somebody reads with names, addresses and numbers.

    Those of the team that answers for them, as respondents were told, and all with the right to it.
    """
    own = BusinessService.objects.filter(Q(owner=user) | Q(pk__in=user.team_services.values("pk")))
    found = set(own.filter(pk__in=service_ids).values_list("pk", flat=True))
    has_right = found != set(service_ids) and user.has_perm("surveys.read_unmasked")
    return set(service_ids) if has_right else found
