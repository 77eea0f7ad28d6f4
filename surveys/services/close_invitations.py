"""Closing invitations whose time is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from surveys.models import Invitation, Response
from surveys.services.settle_answers import settle_one

# Rows per statement: SQLite's one write lock is given back in between.
CHUNK = 500


def close_invitations(*, now: datetime) -> int:
    """Close every open invitation past its closing time and return how many there were.

    What is still provisional is accepted or set apart first.
    """
    closed = 0
    over = Invitation.objects.to_close(now)
    while keys := list(over.values_list("pk", flat=True)[:CHUNK]):
        waiting = Response.objects.filter(invitation__in=keys, state=Response.State.PROVISIONAL)
        for invitation_id in waiting.values_list("invitation_id", flat=True):
            settle_one(invitation_id, now=now, is_closing=True)
        with transaction.atomic():
            closed += over.filter(pk__in=keys).update(state=Invitation.State.CLOSED)
    return closed
