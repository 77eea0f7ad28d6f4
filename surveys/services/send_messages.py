"""Sending the mail of the outbox: claim rows, send outside any transaction, write what came of each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, prefetch_related_objects

from surveys.delivery import DeliveryError, MailConnection
from surveys.engine.retries import MOST_ATTEMPTS, next_attempt
from surveys.engine.working_time import QuietHours, when_not_quiet
from surveys.models import Invitation, Message, OptOut, Person, Response, SendingRule
from surveys.selectors.asking_rules import quiet_hours, zone_of
from surveys.selectors.current_response import answered_anonymously
from surveys.services.compose_mail import compose_mail
from surveys.services.withdraw import withdraw_invitations

logger = logging.getLogger(__name__)

# Longer than a mail can take: connecting, greeting and sending each end after the SMTP timeout of 20 seconds.
LEASE = timedelta(minutes=5)
# A sender claims a few mails at once and gives back what it has not begun after a second, so that nobody who
# was read as willing is mailed much later, and a slow mail server holds no mail back.
BATCH = 50
FRESH = timedelta(seconds=1)
ERROR_LENGTH = 300

Clock = Callable[[], datetime]


def send_messages(*, now: datetime) -> int:
    """Send the mail that is due over one connection, and return how many were confirmed.

    May run in several processes: each mail is claimed by one sender, and taken over when the sender died. A
    mail that may have gone out is sent again with the same Message-ID, at most five times in all.
    """
    clock = _running_clock(now)
    quiet = {rule.survey_id: quiet_hours(rule) for rule in SendingRule.objects.order_by("number")}
    sent = 0
    with MailConnection() as connection:
        while claimed := _claim(clock()):
            sent += _send_claimed(_hold_quiet(claimed, quiet, clock()), connection, clock)
    return sent


def _running_clock(now: datetime) -> Clock:
    """Return a clock that stands at `now` and goes on from there: leases are short, a sweep may be long."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def _claim(now: datetime) -> list[Message]:
    """Take a batch of due mails for the length of a lease and read them once the claim is committed."""
    with transaction.atomic():
        due = Message.objects.due(now).select_for_update(skip_locked=True).order_by("due_at", "pk")
        keys = list(due.values_list("pk", flat=True)[:BATCH])
        Message.objects.filter(pk__in=keys).update(
            state=Message.State.CLAIMED, lease_until=now + LEASE, attempts=F("attempts") + 1
        )
    # Many mails share a service and a survey: those are read once for all.
    messages = Message.objects.select_related("invitation__resolution__ticket", "invitation__person")
    shared = ("invitation__service", "invitation__survey_version__questions")
    claimed = list(messages.prefetch_related(*shared).filter(pk__in=keys).order_by("due_at", "pk"))
    reminders = [message for message in claimed if message.kind == Message.Kind.REMINDER]
    prefetch_related_objects(reminders, "invitation__messages")  # a reminder answers the first mail
    return claimed


def _hold_quiet(
    claimed: Sequence[Message], quiet: Mapping[int, QuietHours | None], now: datetime
) -> list[Message]:
    """Put off the mails whose people have quiet hours now; return the others."""
    awake = []
    for message in claimed:
        wakes_at = _wakes_at(message, quiet, now)
        if wakes_at == now:
            awake.append(message)
        else:
            _mine(message).update(
                state=Message.State.DUE, due_at=wakes_at, lease_until=None, attempts=F("attempts") - 1
            )
    return awake


def _wakes_at(message: Message, quiet: Mapping[int, QuietHours | None], now: datetime) -> datetime:
    invitation = message.invitation
    if invitation is None:
        return now
    zone = zone_of(invitation.person, invitation.service)
    return when_not_quiet(now, quiet.get(invitation.survey_version.survey_id), zone)


def _send_claimed(claimed: Sequence[Message], connection: MailConnection, clock: Clock) -> int:
    """Return how many mails were confirmed; those that were not begun in time are given back."""
    if not claimed:
        return 0
    unwanted, told = _unwanted(claimed, clock()), _answered_anonymously(claimed)
    read_at, confirmed = clock(), 0
    for position, message in enumerate(claimed):
        if position and clock() - read_at > FRESH:
            _give_back(claimed[position:])
            return confirmed
        if message.pk in unwanted:
            _withdraw(message, clock())
        elif message.pk in told:
            _note_sent(message, clock())
        else:
            confirmed += _send_one(message, connection, clock)
    return confirmed


def _send_one(message: Message, connection: MailConnection, clock: Clock) -> bool:
    if message.attempts > MOST_ATTEMPTS:
        _fail(message, "The sender stopped five times before the mail server confirmed.")
        return False
    try:
        connection.send(compose_mail(message))
    except DeliveryError as error:
        _note_failure(message, error, clock())
        return False
    return _note_sent(message, clock())


def _unwanted(claimed: Sequence[Message], now: datetime) -> set[int]:
    """Return the mails that are not to be sent: what was withdrawn, closed, answered or refused until now."""
    invitations = {message.pk: message.invitation for message in claimed if message.invitation}
    asked = invitations.values()
    open_ones = Invitation.objects.answerable(now).filter(pk__in=[row.pk for row in asked])
    answered = Response.objects.filter(
        resolution__in=[row.resolution_id for row in asked], state=Response.State.ACCEPTED
    )
    refused = OptOut.objects.filter(person__in=[row.person_id for row in asked])
    is_open = set(open_ones.values_list("pk", flat=True))
    is_answered = set(answered.values_list("resolution_id", flat=True))
    refusals: set[tuple[int, int | None]] = set(refused.values_list("person_id", "survey_id"))
    return {
        key
        for key, invitation in invitations.items()
        if invitation.pk not in is_open
        or invitation.resolution_id in is_answered
        or (invitation.person_id, None) in refusals
        or (invitation.person_id, invitation.survey_version.survey_id) in refusals
    }


def _answered_anonymously(claimed: Sequence[Message]) -> set[int]:
    """Return the reminders of anonymous surveys that were answered. They are written down as sent and not
    sent: any other word in the row would tell who answered.
    """
    reminders = {
        message.pk: message.invitation
        for message in claimed
        if message.kind == Message.Kind.REMINDER and message.invitation
    }
    answered = answered_anonymously(reminders.values())
    return {key for key, invitation in reminders.items() if invitation.pk in answered}


def _note_sent(message: Message, now: datetime) -> bool:
    changed = _mine(message).update(state=Message.State.SENT, sent_at=now, lease_until=None, last_error="")
    if not changed:
        logger.warning("Mail %s was sent after its lease ended; a second sender may send a copy.", message.pk)
    return bool(changed)


def _note_failure(message: Message, error: DeliveryError, now: datetime) -> None:
    due_at = None if error.permanent else next_attempt(attempts=message.attempts, now=now)
    if error.is_bad_address and message.invitation is not None:
        mailed = Person.objects.filter(pk=message.invitation.person_id, email__iexact=message.recipient)
        mailed.update(address_failed_at=now)
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


def _give_back(messages: Sequence[Message]) -> None:
    keys = [message.pk for message in messages]
    mine = Message.objects.filter(pk__in=keys, lease_until=messages[0].lease_until)
    mine.update(state=Message.State.DUE, lease_until=None, attempts=F("attempts") - 1)


def _mine(message: Message) -> QuerySet[Message]:
    """Return the row as long as this claim of it stands; every later claim has a later lease."""
    return Message.objects.filter(pk=message.pk, lease_until=message.lease_until)
