"""Who looks after a service, beyond being allowed to see it."""

from __future__ import annotations

from surveys.models import BusinessService, User


def looks_after(user: User, service: BusinessService) -> bool:
    """Say whether somebody acts on a service: its owner, its team, agreement admins and administrators.

    They also read single answers: respondents were told that the team does and that reports show groups.
    """
    if user.is_superuser or user.role in (user.Role.AGREEMENT_ADMIN, user.Role.ADMINISTRATOR):
        return True
    return service.owner_id == user.pk or service.team.filter(pk=user.pk).exists()
