"""The inbox of answers whose rating and comment say opposite things."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from surveys.engine.contradictions import contradiction
from surveys.engine.scales import SCALES
from surveys.models import CommentSentiment, Contradiction, Response, User
from surveys.selectors.contradictions import second_thought


def look_at(found: Contradiction, *, by: User, now: datetime) -> bool:
    """Note that somebody looked at a contradiction; return False when somebody did before."""
    waiting = Contradiction.objects.waiting().filter(pk=found.pk)
    return bool(waiting.update(looked_at=now, looked_by=by))


def mean_it(response: Response, *, now: datetime) -> None:
    """Note that a person who was asked means the number; nothing is noted where there was nothing to ask.

    Nor of an anonymous answer, which keeps no time, and of one that was set apart.
    """
    kind = second_thought(response)
    if kind is None or response.nullifier or response.state != Response.State.ACCEPTED:
        return
    noted = {"kind": kind.value, "is_meant": True}
    Contradiction.objects.update_or_create(
        response=response, defaults=noted, create_defaults={**noted, "found_at": now}
    )


def judge_again(response: Response, *, now: datetime) -> None:
    """Find or forget the contradiction of an answer that was just changed; an unread comment has none."""
    newest = CommentSentiment.objects.filter(response=response).order_by("-pk").first()
    if newest is None:
        Contradiction.objects.filter(response=response).delete()
        return
    newest.response = response
    note_contradictions([newest], now=now)


def note_contradictions(sentiments: Sequence[CommentSentiment], *, now: datetime) -> None:
    """Keep one row per answer whose rating and comment say opposite things; one that agrees loses its row.

    Anonymous answers get none. What somebody looked at stays looked at while it says the same. Call it in
    the transaction that changed rating or sentiment.
    """
    found = {s.response_id: kind for s in sentiments if (kind := _kind(s)) is not None}
    Contradiction.objects.filter(response__in=[s.response_id for s in sentiments]).exclude(
        response__in=found
    ).delete()
    known = dict(Contradiction.objects.filter(response__in=found).values_list("response_id", "kind"))
    Contradiction.objects.filter(
        response__in=[key for key, kind in known.items() if kind != found[key]]
    ).delete()
    Contradiction.objects.bulk_create(
        [Contradiction(response_id=key, kind=kind, found_at=now) for key, kind in found.items()],
        ignore_conflicts=True,
    )


def _kind(sentiment: CommentSentiment) -> str | None:
    response = sentiment.response
    if response.rating is None or sentiment.polarity is None or response.nullifier:
        return None
    pomp = SCALES[response.scale].pomp(response.rating)
    found = contradiction(pomp, sentiment.polarity, confidence=sentiment.confidence or 0.0)
    return found.value if found else None
