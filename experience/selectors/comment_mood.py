"""How comments lean as a whole, as if everybody who rated had written one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Avg, Count, OuterRef, Subquery

from experience.engine.sentiment import standardised_polarity
from surveys.models import BusinessService, CommentSentiment, Response


@dataclass(frozen=True, slots=True)
class CommentMood:
    """Mean polarity -1..1 of a service's comments: standardised to everybody's ratings, and as written."""

    standardised: float
    as_written: float
    comments: int


def comment_mood(service: BusinessService, *, first: date, last: date) -> CommentMood | None:
    """Return the mood of the comments on what was resolved on these days; None with too few people.

    People who are unhappy write more. Per rating the mean polarity of those who wrote stands for all who
    gave it. Shown, never scored: comments count inside the rating.
    """
    newest = CommentSentiment.objects.filter(response=OuterRef("pk")).order_by("-pk")
    rows = (
        Response.objects.accepted()
        .filter(service=service, resolution__resolved_on__range=(first, last), rating__isnull=False)
        .annotate(polarity=Subquery(newest.values("polarity")[:1]))
        .values("scale", "rating")
        .annotate(everyone=Count("pk"), wrote=Count("polarity"), mean=Avg("polarity"))
        .order_by("scale", "rating")
    )
    answered = [row for row in rows if row["scale"] == "satisfaction"]
    comments = sum(row["wrote"] for row in answered)
    totals = [row["wrote"] * (row["mean"] or 0.0) for row in answered]
    if comments < settings.PRIVACY_MINIMUM:
        return None
    found = standardised_polarity(
        [row["everyone"] for row in answered], [row["wrote"] for row in answered], totals
    )
    return None if found is None else CommentMood(found, sum(totals) / comments, comments)
