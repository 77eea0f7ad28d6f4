"""Comments as their readers may see them: what names somebody is masked without the right to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q

from surveys.engine.masking import mask_comment
from surveys.models import BusinessService, Response, SurveyVersion, User


def reads_unmasked(user: User, service_ids: Collection[int]) -> set[int]:
    """Return the services whose comments somebody reads with names, addresses and numbers.

    Those of the team that answers for them, as respondents were told, and all with the right to it.
    """
    own = BusinessService.objects.answered_for_by(user)
    found = set(own.filter(pk__in=service_ids).values_list("pk", flat=True))
    has_right = found != set(service_ids) and user.has_perm("surveys.read_unmasked")
    return set(service_ids) if has_right else found


def masked_comments(rows: Sequence[Response], reader: User) -> dict[int, str]:
    """Return the comments that `reader` sees masked, as they see them, by the key of their answer.

    Those of services that somebody else answers for, without the right to read names; those of
    confidential and anonymous surveys for everybody.
    """
    unmasked = reads_unmasked(reader, {row.service_id for row in rows})
    masked = [row for row in rows if row.service_id not in unmasked or not is_named(row)]
    names = _team_names({row.service_id for row in masked})
    return {row.pk: _masked(row, names) for row in masked}


def is_named(row: Response) -> bool:
    """Say whether the survey told people that their name stands beside their answer."""
    return row.survey_version.mode == SurveyVersion.Mode.NAMED


def _team_names(service_ids: Collection[int]) -> list[str]:
    """Return the names of those who look after these services: comments often thank them."""
    team = User.objects.filter(Q(owned_services__in=service_ids) | Q(team_services__in=service_ids))
    return [user.called for user in team.distinct()] if service_ids else []


def _masked(row: Response, team: Sequence[str]) -> str:
    """Return the comment with what names somebody masked; its length and the places of its cues stay."""
    person = row.resolution.person if row.resolution else None
    return mask_comment(row.comment, [*team, person.name] if person else team)
