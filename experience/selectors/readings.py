"""How a comment was read: by the newest model that read it."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from surveys.models import CommentSentiment


def newest_reading(column: str) -> Subquery:
    """Return a column of the newest reading of each response's comment; null where nobody read it."""
    newest = CommentSentiment.objects.filter(response=OuterRef("pk")).order_by("-pk")
    return Subquery(newest.values(column)[:1])
