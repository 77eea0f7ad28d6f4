"""Find what people write about, once a night, from the newest comments of all services."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from experience.models import CommentTheme
from experience.selectors.readings import newest_reading
from surveys.engine.masking import SHORTEST_PART
from surveys.engine.sentiment import shipped_function_words
from surveys.engine.themes import ThemeComment, find_themes
from surveys.models import Response, User

DAYS = 90
# About five seconds of work; with more comments than this, the newest ones say enough.
MOST_COMMENTS = 20_000
LONGEST_TERM = 200
_LETTERS = re.compile(r"[^\W\d_]+")


def refresh_themes(*, today: date) -> int:
    """Replace the themes of every service by those of its comments of the last 90 days; return how many.

    The names of the staff are left out: a theme of one would be a score of that person.
    """
    found = find_themes(_comments(today), function_words=shipped_function_words())
    rows = [
        CommentTheme(
            service_id=int(service),
            term=theme.term,
            people=theme.people,
            comments=theme.comments,
            weight=theme.weight,
            polarity=theme.polarity,
            low=theme.low,
            high=theme.high,
            made_on=today,
        )
        for service, themes in found.items()
        for theme in themes
        if len(theme.term) <= LONGEST_TERM
    ]
    with transaction.atomic():
        CommentTheme.objects.all().delete()
        CommentTheme.objects.bulk_create(rows)
    return len(rows)


def _staff_names() -> set[str]:
    """Return the parts of the names of all staff, in lower case."""
    names = " ".join(user.get_full_name() for user in User.objects.only("first_name", "last_name"))
    return {part for part in _LETTERS.findall(names.lower()) if len(part) >= SHORTEST_PART}


def _without(names: set[str], text: str) -> str:
    """Return a text with a comma for each of the names; "Will" is one, "will" is not."""
    return _LETTERS.sub(
        lambda word: "," if word[0][0].isupper() and word[0].lower() in names else word[0], text
    )


def _comments(today: date) -> list[ThemeComment]:
    # An answer comes after its resolution, so that older ones need not be looked at.
    since = datetime.combine(today - timedelta(days=DAYS + 1), time.min, UTC)
    rows = (
        Response.objects.accepted()
        .filter(resolution__resolved_on__gt=today - timedelta(days=DAYS), service__lifecycle="live")
        .filter(answered_at__gt=since)
        .exclude(comment="")
        .annotate(polarity=newest_reading("polarity"))
        .order_by("-answered_at", "-pk")
        .values_list("pk", "service_id", "resolution__person_id", "comment", "polarity")[:MOST_COMMENTS]
    )
    names = _staff_names()
    return [
        ThemeComment(str(service), f"p{person}" if person else f"r{pk}", _without(names, comment), polarity)
        for pk, service, person, comment, polarity in rows
    ]
