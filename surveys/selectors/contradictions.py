"""Answers whose rating and comment say opposite things."""

from __future__ import annotations

from surveys.engine.contradictions import HAPPY_POMP, UNHAPPY_POMP, Contradiction, contradiction
from surveys.engine.scales import SCALES
from surveys.models import Contradiction as Noted
from surveys.models import Response


def second_thought(response: Response) -> Contradiction | None:
    """Return how an answer contradicts itself, None where it does not or its person says that it is meant.

    Reads the comment now when no sweep has read it yet; one beside a rating in the middle is not read.
    """
    if response.rating is None or not response.comment:
        return None
    pomp = SCALES[response.scale].pomp(response.rating)
    if UNHAPPY_POMP < pomp < HAPPY_POMP or Noted.objects.filter(response=response, is_meant=True).exists():
        return None
    found = response.sentiments.order_by("-pk").first()
    # Only here, because commands should start without what reads comments.
    from surveys.engine.sentiment import score_comment

    read = found or score_comment(response.comment, response.language or None)
    if read.polarity is None:
        return None
    return contradiction(pomp, read.polarity, confidence=read.confidence or 0.0)
