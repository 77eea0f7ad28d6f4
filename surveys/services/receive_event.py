"""Receiving inbound events: stored as they arrived, before anybody looks into them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from surveys.models import IntakeEvent, IntakeSource
from surveys.wakeups import INTAKE_SWEEP, wake

LONGEST_KEY = 80


class DeliveryReusedError(Exception):
    """The same delivery id came with another body before. Send a new id with each delivery."""


def receive_event(
    source: IntakeSource, body: bytes, *, delivery_id: str, now: datetime
) -> tuple[IntakeEvent, bool]:
    """Store one event and return it, with whether it is new; applying it is the sweep's work.

    The same delivery id, or without one the same body, is the same event. What is not text stays readable:
    bytes that are no UTF-8 are kept as escapes, and the event then waits with its reason. Raises
    DeliveryReusedError when a delivery id comes back with another body, which would else be lost.
    """
    text = body.decode("utf-8", errors="backslashreplace").replace("\x00", "\\x00")
    event, is_new = IntakeEvent.objects.get_or_create(
        source=source,
        idempotency_key=_idempotency_key(delivery_id, body),
        defaults={"body": text, "received_at": now, "due_at": now},
    )
    if event.body != text:
        raise DeliveryReusedError(delivery_id)
    if is_new:
        wake(INTAKE_SWEEP)
    return event, is_new


def _idempotency_key(delivery_id: str, body: bytes) -> str:
    if 0 < len(delivery_id) <= LONGEST_KEY and delivery_id.isprintable():
        return delivery_id
    return hashlib.sha256(delivery_id.encode("utf-8", "surrogateescape") or body).hexdigest()
