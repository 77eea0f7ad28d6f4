"""How comments lean as a whole, as if everybody who rated had written one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Avg, Count

from experience.engine.sentiment import standardised_polarity
from experience.selectors.readings import newest_reading
from experience.selectors.results import is_hidden
from surveys.models import BusinessService, Response


@dataclass(frozen=True, slots=True)
class CommentMood:
    """Mean polarity -1..1 of a service's comments: standardised to everybody's ratings, and as written."""

    standardised: float
    as_written: float
    comments: int


def comment_mood(service: BusinessService, *, first: date, last: date, until: datetime) -> CommentMood | None:
    """Return the mood of the comments on what was resolved on these days; None with too few people.

    Answers given after `until`, when the published result of these days was computed, wait with the rest.
    People who are unhappy write more. Per rating the mean polarity of those who wrote stands for all who
    gave it. Shown, never scored: comments count inside the rating.
    """
    answers = (
        Response.objects.accepted()
        .filter(service=service, resolution__resolved_on__range=(first, last), scale="satisfaction")
        .filter(rating__isnull=False, answered_at__lte=until)
        .annotate(polarity=newest_reading("polarity"))
    )
    writers = answers.filter(polarity__isnull=False).values("resolution__person").distinct().count()
    if not writers or is_hidden("", writers):
        return None
    rows = answers.values("rating").annotate(
        everyone=Count("pk"), wrote=Count("polarity"), mean=Avg("polarity")
    )
    answered = list(rows.order_by("rating"))
    comments = sum(row["wrote"] for row in answered)
    totals = [row["wrote"] * (row["mean"] or 0.0) for row in answered]
    found = standardised_polarity(
        [row["everyone"] for row in answered], [row["wrote"] for row in answered], totals
    )
    return None if found is None else CommentMood(found, sum(totals) / comments, comments)
