"""Who was asked and did not answer, and which of them may be asked again in person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from surveys.engine.scales import SCALES
from surveys.models import (
    BusinessService,
    Invitation,
    OptOut,
    Question,
    Response,
    SilentSampleLine,
    SurveyVersion,
)

_COLUMNS = (
    "pk",
    "person_id",
    "person__external_id",
    "person__name",
    "person__email",
    "person__erased_at",
    "person__is_shared_account",
    "survey_version_id",
    "survey_version__survey_id",
    "resolution__response__state",
    "resolution__response__scale",
    "resolution__response__rating",
)


@dataclass(frozen=True)
class SilentFrame:
    """What named surveys on one scale asked about a service's resolutions of a period.

    `rating_counts` says how often each rating was given, the lowest first. `silent` are the invitations
    without an answer whose person may be asked again, `left_out` is how many others have none.
    """

    scale: str
    asked: int
    rating_counts: tuple[int, ...]
    silent: tuple[int, ...]
    left_out: int


def silent_frame(
    service: BusinessService, *, starts_on: date, ends_on: date, now: datetime
) -> SilentFrame | None:
    """Return the frame of a draw, in four queries; None where no named survey asked anybody.

    The scale is that of the newest survey version that asked; resolutions withdrawn since are left out.
    May not be asked again: who was erased, shares an account, has no name, does not want surveys, or stands
    in another sample that is still open.
    """
    asked = _asked(service, starts_on, ends_on)
    rows = list(asked.order_by("pk").values(*_COLUMNS))
    if not rows:
        return None
    scales = _scales({row["survey_version_id"] for row in rows})
    scale = scales[max(scales)]
    rows = [row for row in rows if scales[row["survey_version_id"]] == scale and _is_on(row, scale)]
    given = Counter(row["resolution__response__rating"] for row in rows if _has_answered(row))
    silent = [row for row in rows if not _has_answered(row)]
    askable = _askable(silent, _unwanted(asked.values("person")), now)
    counts = tuple(given[rating] for rating in SCALES[scale].ratings)
    return SilentFrame(scale, len(rows), counts, askable, len(silent) - len(askable))


def _asked(service: BusinessService, starts_on: date, ends_on: date) -> QuerySet[Invitation]:
    return Invitation.objects.exclude(state=Invitation.State.WITHDRAWN).filter(
        service=service,
        resolution__resolved_on__range=(starts_on, ends_on),
        resolution__withdrawn_at=None,
        survey_version__mode=SurveyVersion.Mode.NAMED,
    )


def _askable(
    silent: Sequence[dict[str, Any]], unwanted: set[tuple[int, int | None]], now: datetime
) -> tuple[int, ...]:
    elsewhere = set(SilentSampleLine.objects.open(now).values_list("invitation__person", flat=True))
    return tuple(
        row["pk"]
        for row in silent
        if _is_somebody(row)
        and row["person_id"] not in elsewhere
        and not _is_unwanted(row["person_id"], row["survey_version__survey_id"], unwanted)
    )


def _scales(versions: set[int]) -> dict[int, str]:
    ratings = Question.objects.filter(version__in=versions, kind=Question.Kind.RATING)
    return dict(ratings.values_list("version_id", "scale"))


def _has_answered(row: dict[str, Any]) -> bool:
    return bool(row["resolution__response__state"] == Response.State.ACCEPTED)


def _is_on(row: dict[str, Any], scale: str) -> bool:
    """Say whether a row has no answer or one on the scale: an imported answer may be on another."""
    is_rated = row["resolution__response__rating"] is not None
    return not _has_answered(row) or (is_rated and row["resolution__response__scale"] == scale)


def _is_somebody(row: dict[str, Any]) -> bool:
    has_name = row["person__name"] or row["person__email"] or row["person__external_id"]
    return bool(has_name) and row["person__erased_at"] is None and not row["person__is_shared_account"]


def opted_out(invitations: Sequence[Invitation]) -> set[int]:
    """Return those of these invitations, by key, whose person wants no survey, or not this one."""
    unwanted = _unwanted([invitation.person_id for invitation in invitations])
    return {
        invitation.pk
        for invitation in invitations
        if _is_unwanted(invitation.person_id, invitation.survey_version.survey_id, unwanted)
    }


def _unwanted(people: Sequence[int] | QuerySet[Any, Any]) -> set[tuple[int, int | None]]:
    """Return which of these people want no survey (None), or not this one."""
    return set(OptOut.objects.filter(person__in=people).values_list("person_id", "survey_id"))


def _is_unwanted(person: int, survey: int, unwanted: set[tuple[int, int | None]]) -> bool:
    return not unwanted.isdisjoint({(person, None), (person, survey)})


def line_of(invitation: Invitation) -> SilentSampleLine | None:
    """Return the line that asks an invitation's person again, with its sample and answer."""
    lines = SilentSampleLine.objects.select_related("sample", "response")
    return lines.filter(invitation=invitation).first()
