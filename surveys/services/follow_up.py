"""Telling the desk at once when somebody says that it was not solved."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from surveys.engine.retries import next_attempt
from surveys.engine.working_time import WorkingWeek, after_working_time
from surveys.models import (
    FollowUp,
    FollowUpReceiver,
    HookKind,
    IntakeSource,
    Invitation,
    Response,
    SurveyVersion,
    Ticket,
    User,
)
from surveys.selectors.follow_ups import receiver_of
from surveys.services.outbox import put_notice
from surveys.services.webhooks import CALLS_PER_SWEEP, ERROR_LENGTH, LEASE, post_signed
from surveys.wakeups import HOOK_SWEEP, MAIL_SWEEP, wake

logger = logging.getLogger(__name__)

WEEK = WorkingWeek(frozenset({1, 2, 3, 4, 5}), starts=time(8), ends=time(17))
WORKING_DAY = timedelta(hours=9)


def follow(response: Response, *, now: datetime) -> FollowUp | None:
    """Open a follow-up for an answer that says "not solved", or take one back; return the one there is.

    Call it in the transaction that stored the answer. Mail and webhook leave after it is committed.
    """
    if response.resolution is None or response.is_solved is None:
        return None
    found = FollowUp.objects.filter(resolution=response.resolution).first()
    if response.is_solved:
        if found and found.state == FollowUp.State.OPEN:
            FollowUp.objects.filter(pk=found.pk).update(state=FollowUp.State.TAKEN_BACK, hook_due_at=None)
        return None
    if found and found.state != FollowUp.State.TAKEN_BACK:
        return found
    receiver = receiver_of(response.resolution)
    if receiver is None:
        return None
    follow_up = found or FollowUp(resolution=response.resolution, service=response.service)
    follow_up.hook_due_at = now if receiver.is_told(HookKind.NOT_SOLVED) else None
    return _tell(follow_up, receiver, response, now)


@transaction.atomic
def wish_contact(invitation: Invitation, *, now: datetime) -> FollowUp | None:
    """Tell the desk that somebody wants to be contacted about a ticket; return the follow-up there is.

    It reads and writes no answer: after an anonymous survey nothing joins the two. None without a receiver.
    """
    Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    found = FollowUp.objects.filter(resolution=invitation.resolution_id).first()
    receiver = receiver_of(invitation.resolution)
    if found is not None or receiver is None:
        return found
    follow_up = FollowUp(
        resolution=invitation.resolution, service_id=invitation.service_id, is_contact_wish=True
    )
    return _tell(follow_up, receiver, None, now)


def ticket_links(tickets: Collection[Ticket]) -> list[str]:
    """Return the address of each ticket in the system it came from, "" where its source names none."""
    sources = IntakeSource.objects.filter(key__in={ticket.source for ticket in tickets})
    patterns = dict(sources.values_list("key", "ticket_url"))
    return [
        patterns.get(ticket.source, "").replace("{number}", quote(ticket.number, safe=""))
        for ticket in tickets
    ]


def mark_done(follow_up_id: int, *, by: User, now: datetime) -> bool:
    """Note that somebody took care of a follow-up; return False when nothing waited any more."""
    waiting = FollowUp.objects.open().filter(pk=follow_up_id)
    return bool(waiting.update(state=FollowUp.State.DONE, done_by=by, done_at=now))


def call_webhooks(*, now: datetime) -> int:
    """Tell the ticket systems what is due, and return how many took it. A refused call is tried again."""
    taken = 0
    for key in list(FollowUp.objects.hooks_due(now).values_list("pk", flat=True)[:CALLS_PER_SWEEP]):
        with transaction.atomic():
            claimed = FollowUp.objects.hooks_due(now).filter(pk=key)
            is_mine = claimed.update(hook_due_at=now + LEASE, hook_attempts=F("hook_attempts") + 1)
        if is_mine:
            taken += _call(FollowUp.objects.select_related("receiver", "resolution__ticket").get(pk=key), now)
    return taken


def _tell(
    follow_up: FollowUp, receiver: FollowUpReceiver, response: Response | None, now: datetime
) -> FollowUp:
    follow_up.receiver = receiver
    follow_up.state = FollowUp.State.OPEN
    follow_up.told_at = now
    follow_up.due_at = after_working_time(now, WORKING_DAY, WEEK, ZoneInfo(settings.TIME_ZONE))
    follow_up.hook_attempts, follow_up.hook_error = 0, ""
    follow_up.save()
    _mail(follow_up, response, now)
    wake(MAIL_SWEEP, HOOK_SWEEP)
    return follow_up


def _mail(follow_up: FollowUp, response: Response | None, now: datetime) -> None:
    ticket = follow_up.resolution.ticket
    is_named = response is not None and response.survey_version.mode == SurveyVersion.Mode.NAMED
    context = {
        "ticket": ticket,
        "follow_up": follow_up,
        "link": ticket_links([ticket])[0],
        # Beyond the ticket number nothing is told where the respondent was promised that nobody would be.
        "response": response if is_named else None,
    }
    # The desk reads the language of the organisation, whatever the respondent's page speaks.
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        about = _("Contact wanted") if follow_up.is_contact_wish else _("Not solved")
        text = render_to_string("surveys/mail/follow_up.txt", context)
    put_notice(
        key=f"not-solved-{follow_up.pk}-{int(follow_up.told_at.timestamp())}",
        recipient=follow_up.receiver.email,
        subject=f"{about}: {ticket.number} {ticket.short_description}",
        text=text,
        now=now,
    )


def _call(follow_up: FollowUp, now: datetime) -> bool:
    ticket = follow_up.resolution.ticket
    body = {
        "event": HookKind.NOT_SOLVED.value,
        "source": ticket.source,
        "number": ticket.number,
        "due_at": follow_up.due_at.isoformat(),
    }
    delivery = f"follow-up-{follow_up.pk}-{int(follow_up.told_at.timestamp())}"
    error = post_signed(follow_up.receiver, body, delivery=delivery)
    due_at = next_attempt(attempts=follow_up.hook_attempts, now=now) if error else None
    mine = FollowUp.objects.filter(pk=follow_up.pk, hook_attempts=follow_up.hook_attempts)
    mine.update(hook_due_at=due_at, hook_error=error[:ERROR_LENGTH])
    if error and due_at is None:
        logger.warning(
            "The webhook of follow-up %s is given up after %s calls.", follow_up.pk, follow_up.hook_attempts
        )
    return not error
