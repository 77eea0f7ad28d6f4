"""Sending the mail of the outbox: claim a row, send outside any transaction, write what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from surveys.delivery import DeliveryError, MailConnection
from surveys.engine.retries import MOST_ATTEMPTS, next_attempt
from surveys.models import Invitation, Message, OptOut, Person
from surveys.services.compose_mail import compose_mail
from surveys.services.withdraw import withdraw_invitations

logger = logging.getLogger(__name__)

# Longer than one mail can take: connecting, greeting and sending each end after the SMTP timeout of 20
# seconds.
LEASE = timedelta(minutes=5)
CANDIDATES = 100
ERROR_LENGTH = 300


def send_messages(*, now: datetime, limit: int | None = None) -> int:
    """Send the mail that is due, at most `limit`, over one connection, and return how many were confirmed.

    May run in several processes: each mail is claimed by one sender, and taken over when the sender died. A
    mail that may have gone out is sent again with the same Message-ID, at most five times in all.
    """
    clock = _running_clock(now)
    sent = tried = 0
    with MailConnection() as connection:
        while limit is None or tried < limit:
            due = Message.objects.due(clock()).order_by("due_at", "pk")
            keys = list(due.values_list("pk", flat=True)[:CANDIDATES])
            if not keys:
                break
            for key in keys[: None if limit is None else limit - tried]:
                tried += 1
                sent += _send_one(key, connection, clock)
    return sent


def _running_clock(now: datetime) -> Callable[[], datetime]:
    """Return a clock that stands at `now` and goes on from there: leases are short, a sweep may be long."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def _send_one(key: int, connection: MailConnection, clock: Callable[[], datetime]) -> bool:
    lease_until = _claim(key, clock())
    if lease_until is None:
        return False
    message = _claimed(key)
    if message.attempts > MOST_ATTEMPTS:
        _fail(message, "The sender stopped five times before the mail server confirmed.")
        return False
    if not _is_wanted(message, clock()):
        _withdraw(message, clock())
        return False
    try:
        connection.send(compose_mail(message))
    except DeliveryError as error:
        _note_failure(message, error, clock())
        return False
    return _note_sent(message, clock())


def _claim(key: int, now: datetime) -> datetime | None:
    """Take the mail for the length of a lease; None when somebody else was faster."""
    lease_until = now + LEASE
    claimed = Message.objects.due(now).filter(pk=key)
    taken = claimed.update(state=Message.State.CLAIMED, lease_until=lease_until, attempts=F("attempts") + 1)
    return lease_until if taken else None


def _claimed(key: int) -> Message:
    related = ("invitation__resolution__ticket", "invitation__service", "invitation__person")
    messages = Message.objects.select_related(*related, "invitation__survey_version")
    return messages.prefetch_related("invitation__survey_version__questions").get(pk=key)


def _is_wanted(message: Message, now: datetime) -> bool:
    """Asked after the claim: what was withdrawn, closed, answered or opted out of until now is not mailed."""
    invitation = message.invitation
    if invitation is None:
        return True
    is_open = invitation.state == Invitation.State.OPEN and invitation.closes_at > now
    if not is_open or hasattr(invitation.resolution, "response"):
        return False
    refusals = OptOut.objects.filter(person=invitation.person)
    return not any(refusal.survey_id in (None, invitation.survey_version.survey_id) for refusal in refusals)


def _note_sent(message: Message, now: datetime) -> bool:
    changed = _mine(message).update(state=Message.State.SENT, sent_at=now, lease_until=None, last_error="")
    if not changed:
        logger.warning("Mail %s was sent after its lease ended; a second sender may send a copy.", message.pk)
    return bool(changed)


def _note_failure(message: Message, error: DeliveryError, now: datetime) -> None:
    due_at = None if error.permanent else next_attempt(attempts=message.attempts, now=now)
    if error.is_bad_address and message.invitation is not None:
        Person.objects.filter(pk=message.invitation.person_id).update(address_failed_at=now)
    if due_at is None:
        _fail(message, str(error))
        return
    _mine(message).update(
        state=Message.State.DUE, due_at=due_at, lease_until=None, last_error=str(error)[:ERROR_LENGTH]
    )


def _fail(message: Message, error: str) -> None:
    logger.warning("Mail %s is given up after %s attempts.", message.pk, message.attempts)
    _mine(message).update(state=Message.State.FAILED, lease_until=None, last_error=error[:ERROR_LENGTH])


def _withdraw(message: Message, now: datetime) -> None:
    _mine(message).update(state=Message.State.WITHDRAWN, lease_until=None)
    if message.invitation is not None and message.kind == Message.Kind.INVITATION:
        withdraw_invitations([message.invitation.resolution_id], now=now)


def _mine(message: Message) -> QuerySet[Message]:
    """The row, as long as this claim of it stands."""
    return Message.objects.filter(pk=message.pk, state=Message.State.CLAIMED, lease_until=message.lease_until)
