"""Closing invitations whose time is over, and forgetting old visits."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from surveys.models import Invitation, Response, Visit
from surveys.services.settle_answers import settle_one

VISITS_KEPT = timedelta(days=30)
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


def forget_visits(*, now: datetime) -> int:
    """Remove the visits that are older than 30 days and return how many there were."""
    removed = 0
    old = Visit.objects.filter(visited_at__lt=now - VISITS_KEPT)
    while keys := list(old.values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            removed += Visit.objects.filter(pk__in=keys).delete()[0]
    return removed
