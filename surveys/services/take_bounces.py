"""Taking bounces: a wrong address is marked and gets no mail any more, one that may recover rests."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from surveys.engine.bounces import FailedDelivery, failed_deliveries, rests_until
from surveys.models import Bounce, Message, Person

# Failures that lie further apart than this have nothing to do with each other.
REMEMBERED = timedelta(days=90)
ERROR_LENGTH = 300


def take_bounce(content: bytes, *, now: datetime) -> int:
    """Take one mail from the mailbox of bounces and return how many failed deliveries it told of.

    Only reports about mail that we sent count, each once. A wrong address is marked; any other failure lets
    the address rest: a day, then a week, then a month. The mail stands among those that failed.
    """
    report_id = hashlib.blake2b(content, digest_size=16).hexdigest()
    with transaction.atomic():
        return sum(_take(failure, report_id, now) for failure in failed_deliveries(content))


def _take(failure: FailedDelivery, report_id: str, now: datetime) -> bool:
    sent = Message.objects.select_related("invitation__person").filter(message_id=failure.message_id)
    message = sent.first()
    if message is None:
        return False
    person = message.invitation.person if message.invitation else None
    if not _is_new(failure, report_id, message, person, now):
        return False
    returned = f"Came back: {failure.diagnosis or failure.status}"[:ERROR_LENGTH]
    Message.objects.filter(pk=message.pk, state=Message.State.SENT).update(
        state=Message.State.FAILED, last_error=returned
    )
    if person is not None and person.email.lower() == message.recipient.lower():
        _mark(person, failure, now)
    return True


def _is_new(
    failure: FailedDelivery, report_id: str, message: Message, person: Person | None, now: datetime
) -> bool:
    """Note a failure; return False when this report told of it before."""
    _, is_new = Bounce.objects.get_or_create(
        report_id=report_id,
        recipient=failure.recipient,
        defaults={
            "message": message,
            "person": person,
            "status": failure.status,
            "is_permanent": failure.is_permanent,
            "diagnosis": failure.diagnosis,
            "received_at": now,
        },
    )
    return is_new


def _mark(person: Person, failure: FailedDelivery, now: datetime) -> None:
    marked = Person.objects.filter(pk=person.pk)
    if failure.is_permanent:
        marked.update(address_failed_at=now, address_problem=failure.diagnosis)
        return
    lately = Bounce.objects.filter(person=person, is_permanent=False, received_at__gt=now - REMEMBERED)
    until = rests_until(lately.count(), now=now)
    marked.update(address_rests_until=until, address_problem=failure.diagnosis)
