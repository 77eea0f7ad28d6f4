"""Putting mail that was given up back into the outbox."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from surveys.models import Message


def send_again(messages: QuerySet[Message], *, now: datetime) -> int:
    """Make the failed ones among these mails due again, with all their attempts, and return how many there
    were.

    What is not wanted any more, because the survey closed or the person opted out, is still not sent.
    """
    return messages.filter(state=Message.State.FAILED).update(
        state=Message.State.DUE, due_at=now, attempts=0, lease_until=None
    )
