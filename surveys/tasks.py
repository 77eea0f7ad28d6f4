"""The sweeps of the asking side. Each reads due rows; a lost wake-up call costs one interval."""

from __future__ import annotations

import threading

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from surveys.bounce_mailbox import read_new_mail
from surveys.services.apply_intake import apply_due_events
from surveys.services.close_invitations import close_invitations
from surveys.services.decide import decide_resolutions
from surveys.services.exclusions import propose_exclusions
from surveys.services.follow_up import call_webhooks
from surveys.services.remind import put_reminders
from surveys.services.score_comments import score_comments as score_waiting_comments
from surveys.services.send_messages import send_messages
from surveys.services.sentiment_versions import register_shipped_model
from surveys.services.settle_answers import settle_answers as settle_sent_answers
from surveys.services.take_bounces import take_bounce
from surveys.services.webhooks import post_deliveries
from surveys.wakeups import DECIDE_SWEEP, EVIDENCE_SWEEP, wake

ONE_SENDER = threading.Lock()


@shared_task
def apply_intake() -> None:
    """Apply the inbound events that are due, then decide about what they resolved."""
    if apply_due_events(now=timezone.now()):
        wake(DECIDE_SWEEP)


@shared_task
def decide_due_resolutions() -> None:
    """Decide whom to ask."""
    if decide_resolutions(now=timezone.now()):
        wake(EVIDENCE_SWEEP)


@shared_task
def send_due_messages() -> None:
    """Send the mail that is due. One sender per process: a killed one leaves at most one mail unconfirmed."""
    if ONE_SENDER.acquire(blocking=False):
        try:
            send_messages(now=timezone.now())
        finally:
            ONE_SENDER.release()


@shared_task
def close_due_invitations() -> None:
    """Close invitations whose time is over and remind of those still open."""
    now = timezone.now()
    close_invitations(now=now)
    put_reminders(now=now)


@shared_task
def settle_answers() -> None:
    """Judge answers once more, when whatever a mail scanner did beside them has come in."""
    if settle_sent_answers(now=timezone.now()):
        wake(EVIDENCE_SWEEP)


@shared_task
def read_bounces() -> None:
    """Read the mailbox of bounces, where there is one."""
    if settings.BOUNCE_MAILBOX:
        read_new_mail(settings.BOUNCE_MAILBOX, lambda content: take_bounce(content, now=timezone.now()))


@shared_task
def propose_shared_accounts() -> None:
    """Propose whoever has more tickets than one person can for exclusion."""
    propose_exclusions(now=timezone.now())


@shared_task
def call_due_webhooks() -> None:
    """Tell ticket systems which tickets are not solved, and what else was put there for them."""
    call_webhooks(now=timezone.now())
    post_deliveries(now=timezone.now())


@shared_task
def score_new_comments() -> None:
    """Score the comments that the model of their day has not scored yet."""
    now = timezone.now()
    register_shipped_model(now=now)
    if score_waiting_comments(now=now):
        wake(EVIDENCE_SWEEP)
