"""Webhooks of receivers: their address, secret and switch, and posting to them, signed.

What is posted is a follow-up (`surveys.services.follow_up`), a delivery that somebody put here, or a test.
Each change is written down.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.error import HTTPError

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from surveys.engine.retries import next_attempt
from surveys.engine.signatures import sign
from surveys.models import FollowUp, FollowUpReceiver, HookDelivery, HookKind, User
from surveys.services.audit import record_change
from surveys.wakeups import HOOK_SWEEP, wake
from xla_service.outbound import REDIRECTS, UNREACHED, call, led_to, reason_of
from xla_service.stored_words import stored

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
TEST = "test"
# All calls of one sweep end within the lease of its first, however slow the other side is.
LEASE = timedelta(minutes=2)
CALLS_PER_SWEEP = 10
ERROR_LENGTH = 300
_SWITCHED_OFF = stored(gettext_noop("Not posted: the webhook was switched off. Switch it on and post again."))
_MOVED = stored(
    gettext_noop("The address leads elsewhere (%(status)s, %(address)s). Write that address down instead.")
)
_ANSWERED = stored(gettext_noop("It answered %(status)s. Look into its log for what it refused."))
_UNREACHED = stored(
    gettext_noop("It cannot be reached (%(reason)s). Check the address and what stands between.")
)


@transaction.atomic
def set_webhook(receiver: FollowUpReceiver, address: str, *, by: User, now: datetime) -> str:
    """Let the ticket system of a receiver be told at this address; return the secret made for it.

    One that has a secret keeps it, and "" comes back.
    """
    details = [("address", receiver.webhook_url or None, address)]
    made = "" if receiver.webhook_secret else token_urlsafe(32)
    receiver.webhook_url = address
    receiver.webhook_secret = receiver.webhook_secret or made
    receiver.save(update_fields=["webhook_url", "webhook_secret"])
    record_change(_subject(receiver), gettext_noop("Address set"), by=by, now=now, details=details)
    return made


@transaction.atomic
def renew_webhook_secret(receiver: FollowUpReceiver, *, by: User, now: datetime) -> str:
    """Give a webhook a new secret and return it; the old one signs nothing any more."""
    receiver.webhook_secret = token_urlsafe(32)
    receiver.save(update_fields=["webhook_secret"])
    record_change(_subject(receiver), gettext_noop("New secret"), by=by, now=now)
    return receiver.webhook_secret


@transaction.atomic
def switch_webhook(receiver: FollowUpReceiver, *, is_on: bool, by: User, now: datetime) -> None:
    """Switch a webhook on, or off: what waits is not posted then and can be posted again by hand."""
    receiver.webhook_is_on = is_on
    receiver.save(update_fields=["webhook_is_on"])
    if not is_on:
        _hold_back(receiver)
    what = gettext_noop("Switched on") if is_on else gettext_noop("Switched off")
    record_change(_subject(receiver), what, by=by, now=now)


@transaction.atomic
def take_webhook_away(receiver: FollowUpReceiver, *, by: User, now: datetime) -> None:
    """Forget address and secret; the receiver still hears by mail."""
    details = [("address", receiver.webhook_url, None)]
    receiver.webhook_url, receiver.webhook_secret, receiver.webhook_is_on = "", "", True
    receiver.save(update_fields=["webhook_url", "webhook_secret", "webhook_is_on"])
    _hold_back(receiver)
    record_change(_subject(receiver), gettext_noop("Taken away"), by=by, now=now, details=details)


@transaction.atomic
def choose_webhook_kinds(
    receiver: FollowUpReceiver, kinds: Collection[str], *, by: User, now: datetime
) -> None:
    """Post from now on what is of these kinds, and nothing else; what waits of others is held back."""
    before = receiver.webhook_kinds
    receiver.webhook_kinds = [kind.value for kind in HookKind if kind in kinds]
    receiver.save(update_fields=["webhook_kinds"])
    if HookKind.NOT_SOLVED not in receiver.webhook_kinds:
        _hold_back_follow_ups(receiver)
    _hold_back_deliveries(receiver, HookDelivery.objects.exclude(kind__in=receiver.webhook_kinds))
    details = [("kinds", ", ".join(before) or None, ", ".join(receiver.webhook_kinds) or None)]
    record_change(_subject(receiver), gettext_noop("Chose what is posted"), by=by, now=now, details=details)


def put_delivery(
    receiver: FollowUpReceiver,
    kind: HookKind,
    body: Mapping[str, Any],
    *,
    key: str,
    subject: str,
    now: datetime,
) -> bool:
    """Let a body be posted to a webhook, once per `key`; return False when it was put there already."""
    _, is_new = HookDelivery.objects.get_or_create(
        receiver=receiver,
        key=key,
        defaults={"kind": kind, "subject": subject[:250], "body": body, "put_at": now, "due_at": now},
    )
    if is_new:
        wake(HOOK_SWEEP)
    return is_new


def post_deliveries(*, now: datetime) -> int:
    """Post what is due, and return how much was taken. A refused call is tried again under the same key."""
    taken = 0
    for key in list(
        HookDelivery.objects.due(now).order_by("due_at", "pk").values_list("pk", flat=True)[:CALLS_PER_SWEEP]
    ):
        claimed = HookDelivery.objects.due(now).filter(pk=key)
        if claimed.update(due_at=now + LEASE, attempts=F("attempts") + 1):
            taken += _post(HookDelivery.objects.select_related("receiver").get(pk=key), now)
    return taken


def _post(delivery: HookDelivery, now: datetime) -> bool:
    error = post_signed(delivery.receiver, delivery.body, delivery=delivery.key)
    due_at = next_attempt(attempts=delivery.attempts, now=now) if error else None
    mine = HookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    if error:  # held back meanwhile, it stays so
        mine = mine.exclude(due_at=None)
    mine.update(due_at=due_at, error=error[:ERROR_LENGTH])
    if error and due_at is None:
        logger.warning("Delivery %s is given up after %s calls.", delivery.pk, delivery.attempts)
    return not error


def post_delivery_again(delivery: HookDelivery, *, now: datetime) -> bool:
    """Let a delivery that is given up be posted anew; return False when nothing would be posted."""
    if not delivery.receiver.is_told(delivery.kind):
        return False
    given_up = HookDelivery.objects.filter(pk=delivery.pk, due_at=None).exclude(error="")
    is_due = bool(given_up.update(due_at=now, attempts=0, error=""))
    if is_due:
        wake(HOOK_SWEEP)
    return is_due


def try_webhook(receiver: FollowUpReceiver, *, now: datetime) -> str:
    """Post a test that names no ticket; return what went wrong, "" when the other side took it."""
    body = {"event": TEST, "source": "", "number": "", "due_at": now.isoformat()}
    return post_signed(receiver, body, delivery=f"test-{int(now.timestamp())}")


def post_again(follow_up: FollowUp, *, now: datetime) -> bool:
    """Let a follow-up that is given up be posted anew; return False when nothing would be posted."""
    if not follow_up.receiver.is_told(HookKind.NOT_SOLVED):
        return False
    given_up = FollowUp.objects.filter(pk=follow_up.pk, hook_due_at=None).exclude(hook_error="")
    is_due = bool(given_up.update(hook_due_at=now, hook_attempts=0, hook_error=""))
    if is_due:
        wake(HOOK_SWEEP)
    return is_due


def post_signed(receiver: FollowUpReceiver, body: Mapping[str, Any], *, delivery: str) -> str:
    """Post a body, signed; return what went wrong, "" when the other side took it."""
    sent = json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "X-XLA-Signature": sign(sent, receiver.webhook_secret),
        "X-XLA-Delivery": delivery,
    }
    try:
        request = urllib.request.Request(receiver.webhook_url, data=sent, headers=headers)
        with call(request, seconds=TIMEOUT_SECONDS):
            return ""
    except HTTPError as error:
        return _refusal(error)
    except UNREACHED as error:
        return _UNREACHED % {"reason": reason_of(error)}


def _refusal(error: HTTPError) -> str:
    if error.code in REDIRECTS:
        return _MOVED % {"status": error.code, "address": led_to(error)}
    return _ANSWERED % {"status": error.code}


def _hold_back(receiver: FollowUpReceiver) -> None:
    _hold_back_follow_ups(receiver)
    _hold_back_deliveries(receiver, HookDelivery.objects.all())


def _hold_back_deliveries(receiver: FollowUpReceiver, among: QuerySet[HookDelivery]) -> None:
    among.filter(receiver=receiver, due_at__isnull=False).update(due_at=None, error=_SWITCHED_OFF)


def _hold_back_follow_ups(receiver: FollowUpReceiver) -> None:
    waiting = FollowUp.objects.filter(receiver=receiver, hook_due_at__isnull=False)
    waiting.update(hook_due_at=None, hook_error=_SWITCHED_OFF)


def _subject(receiver: FollowUpReceiver) -> str:
    return f"webhook of {receiver.name}"
