"""Withdrawing invitations, because the ticket was opened again or the person does not want to be asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from surveys.models import Invitation, Message, Person, Resolution, Response
from surveys.services.changes import mark_changed

REOPENED_WORDS = "withdrawn before it was confirmed"


def stop_mail(person: Person, *, now: datetime) -> None:
    """Mail nothing more about surveys to a person: what is due is taken back, with surveys not mailed yet.

    Pages of mails that they have already got still take their answer.
    """
    due = Message.objects.filter(invitation__person=person, state=Message.State.DUE)
    unmailed = due.filter(kind=Message.Kind.INVITATION)
    withdraw_invitations(list(unmailed.values_list("invitation__resolution_id", flat=True)), now=now)
    due.update(state=Message.State.WITHDRAWN)


@transaction.atomic
def withdraw_invitations(resolution_ids: Collection[int], *, now: datetime) -> int:
    """Withdraw the open, unanswered invitations of these resolutions and return how many there were.

    Their pages take no answer any more, their mails that are still due are not sent, and the resolutions
    leave N.
    """
    # Taken in order, so that two withdrawals cannot wait for each other; an answer being stored is waited
    # for.
    waiting = Invitation.objects.select_for_update(of=("self",)).filter(
        resolution_id__in=resolution_ids, state=Invitation.State.OPEN
    )
    taken = list(waiting.order_by("pk").values_list("pk", flat=True))
    answered = Response.objects.accepted().filter(invitation__in=taken)
    unanswered = Invitation.objects.filter(pk__in=taken).exclude(resolution__in=answered.values("resolution"))
    withdrawn = list(unanswered.values_list("pk", "resolution_id", "service_id", "resolution__resolved_on"))
    invitation_ids = [row[0] for row in withdrawn]
    Invitation.objects.filter(pk__in=invitation_ids).update(state=Invitation.State.WITHDRAWN)
    Message.objects.filter(invitation_id__in=invitation_ids, state=Message.State.DUE).update(
        state=Message.State.WITHDRAWN
    )
    Response.objects.filter(invitation__in=invitation_ids, state=Response.State.PROVISIONAL).update(
        state=Response.State.SET_APART, set_apart_reason=REOPENED_WORDS
    )
    Resolution.objects.filter(pk__in=[row[1] for row in withdrawn]).update(withdrawn_at=now)
    mark_changed((service_id, day) for _, _, service_id, day in withdrawn)
    return len(withdrawn)
