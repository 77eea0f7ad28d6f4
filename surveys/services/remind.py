"""Reminding once of surveys that nobody answered: one mail more, in the thread of the first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from surveys.links import reminder_message_id
from surveys.models import Invitation, Message, Response

# Rows per transaction: SQLite's one write lock is given back in between.
CHUNK = 200
# A first mail that is still on its way is waited for this long before we look again.
LOOK_AGAIN = timedelta(days=1)


def put_reminders(*, now: datetime) -> int:
    """Put the reminders that are due into the outbox and return how many there were.

    Nobody is reminded who answered, whose survey was withdrawn or closed, or whose first mail did not get
    out; who opted out meanwhile is left out by the sender, which looks again.
    """
    count = 0
    while keys := list(Invitation.objects.to_remind(now).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            count += _put_chunk(keys, now)
    return count


def _put_chunk(keys: Sequence[int], now: datetime) -> int:
    due = Invitation.objects.to_remind(now).select_for_update(of=("self",)).filter(pk__in=keys)
    invitations = dict(due.order_by("pk").values_list("pk", "resolution_id"))
    answered = Response.objects.filter(resolution__in=invitations.values(), state=Response.State.ACCEPTED)
    done = list(answered.values_list("resolution_id", flat=True))
    firsts = Message.objects.filter(invitation__in=invitations, kind=Message.Kind.INVITATION)
    sent = firsts.filter(state=Message.State.SENT).exclude(invitation__resolution__in=done)
    reminders = [_reminder(first, now) for first in sent]
    Message.objects.bulk_create(reminders, ignore_conflicts=True)
    under_way = firsts.filter(state__in=[Message.State.DUE, Message.State.CLAIMED])
    waiting = list(under_way.values_list("invitation", flat=True))
    Invitation.objects.filter(pk__in=invitations).update(remind_at=None)
    Invitation.objects.filter(pk__in=waiting).update(remind_at=now + LOOK_AGAIN)
    return len(reminders)


def _reminder(first: Message, now: datetime) -> Message:
    return Message(
        kind=Message.Kind.REMINDER,
        invitation_id=first.invitation_id,
        message_id=reminder_message_id(first.message_id),
        recipient=first.recipient,
        due_at=now,
    )
