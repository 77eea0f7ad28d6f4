"""The response that an invitation has got so far."""

from __future__ import annotations

from collections.abc import Iterable

from surveys.links import nullifier
from surveys.models import Invitation, Response, SurveyVersion


def current_response(invitation: Invitation) -> Response | None:
    """Return the response of an invitation, None without one; an anonymous one is found by its nullifier."""
    if invitation.survey_version.mode == SurveyVersion.Mode.ANONYMOUS:
        return Response.objects.filter(nullifier=nullifier(invitation.token)).first()
    return Response.objects.filter(resolution=invitation.resolution_id).first()


def answered_anonymously(invitations: Iterable[Invitation]) -> set[int]:
    """Return the keys of those anonymous invitations that were answered; only who has the key can tell."""
    tokens = {
        nullifier(row.token): row.pk
        for row in invitations
        if row.survey_version.mode == SurveyVersion.Mode.ANONYMOUS
    }
    found = Response.objects.accepted().filter(nullifier__in=tokens)
    return {tokens[str(key)] for key in found.values_list("nullifier", flat=True)}
