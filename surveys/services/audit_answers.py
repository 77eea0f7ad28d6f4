"""Deciding by hand about answers that the scanner rule judged."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from surveys.models import SentAnswer, User
from surveys.services.settle_answers import settle_one


def decide_by_hand(sent_answer_ids: Collection[int], verdict: str, *, by: User, now: datetime) -> int:
    """Restore these answers, exclude them, or leave them to the rule again; return how many there were.

    Nothing is deleted. The response of each invitation follows at once, and so do the results.
    """
    chosen = SentAnswer.objects.filter(pk__in=sent_answer_ids)
    invitations = sorted(set(chosen.values_list("invitation_id", flat=True)))
    # Not settled: should this stop half-way, the sweep does the rest.
    changed = chosen.update(hand_verdict=verdict, decided_by=by, decided_at=now, is_settled=False)
    for invitation_id in invitations:
        settle_one(invitation_id, now=now)
    return changed
