"""Erasing a person: who they are and what they wrote goes, what was counted stays."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from secrets import token_hex

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from surveys.links import notice_message_id
from surveys.models import (
    Bounce,
    CommentSentiment,
    FollowUp,
    IntakeEvent,
    Invitation,
    Message,
    Person,
    Resolution,
    Response,
    SentAnswer,
    Ticket,
    User,
    Visit,
)
from surveys.services.audit import record_change
from surveys.services.withdraw import withdraw_invitations

GONE = {
    "email": "",
    "name": "",
    "language": "",
    "time_zone": "",
    "site": "",
    "persona": "",
    "department": "",
    "is_manager": False,
    "address_problem": "",
    "address_rests_until": None,
}
# A shorter name or id would be found inside the bodies of other people's events.
LEAST_LENGTH = 4


class ErasedError(ValueError):
    """The person was erased before; there is nothing left to do."""


@transaction.atomic
def erase_person(person: Person, *, now: datetime, by: User | None = None) -> str:
    """Replace a person by a random pseudonym, and return it.

    Texts (ticket titles, comments, the words that decided their sentiment), addresses, mails, visits and the
    stored bodies of events go. Ratings, sentiment scores, response classes and decisions stay, so that every
    count and result stays right. Open surveys are closed; those not mailed yet are withdrawn. Raises
    ErasedError.
    """
    stored = Person.objects.select_for_update().get(pk=person.pk)
    if stored.erased_at is not None:
        raise ErasedError("This person was erased before. There is nothing left to erase.")
    names = [name for name in (stored.external_id, stored.email, stored.name) if name]
    pseudonym = f"erased-{token_hex(8)}"
    _stop_asking(stored, now)
    _erase_words(stored)
    _erase_mail(stored)
    _erase_tickets(stored, names)
    Person.objects.filter(pk=stored.pk).update(**GONE, external_id=pseudonym, erased_at=now)
    kind = ContentType.objects.get_for_model(Person)
    LogEntry.objects.filter(content_type=kind, object_id=str(stored.pk)).update(
        object_repr=pseudonym, change_message=""
    )
    record_change(f"person {pseudonym}", gettext_noop("Erased"), by=by, now=now)
    return pseudonym


def _stop_asking(person: Person, now: datetime) -> None:
    unmailed = Message.objects.filter(
        invitation__person=person, kind=Message.Kind.INVITATION, state=Message.State.DUE
    )
    withdraw_invitations(list(unmailed.values_list("invitation__resolution_id", flat=True)), now=now)
    Message.objects.filter(invitation__person=person, state=Message.State.DUE).update(
        state=Message.State.WITHDRAWN
    )
    still_open = Invitation.objects.filter(person=person, state=Invitation.State.OPEN)
    still_open.update(state=Invitation.State.CLOSED, remind_at=None)


def _erase_words(person: Person) -> None:
    answers = Response.objects.filter(resolution__person=person)
    CommentSentiment.objects.filter(response__in=answers).update(cues=[])
    answers.exclude(comment="").update(comment="")
    sent = SentAnswer.objects.filter(invitation__person=person)
    sent.update(comment="", network_hash="", visit=None)
    Visit.objects.filter(invitation__person=person).delete()


def _erase_mail(person: Person) -> None:
    mails = Message.objects.filter(invitation__person=person)
    mails.update(recipient="", subject="", text="", html="", last_error="")
    for key in FollowUp.objects.filter(resolution__person=person).values_list("pk", flat=True):
        begins = notice_message_id(f"not-solved-{key}-").partition("@")[0]
        told = Message.objects.filter(message_id__startswith=begins)
        told.update(subject="", text="")
    Bounce.objects.filter(person=person).update(recipient="", diagnosis="")


def _erase_tickets(person: Person, names: Collection[str]) -> None:
    tickets = Ticket.objects.filter(Q(requester=person) | Q(resolutions__person=person))
    keys = list(tickets.values_list("pk", flat=True).distinct())
    Ticket.objects.filter(pk__in=keys).update(short_description="")
    Resolution.objects.filter(resolved_by__in=names).update(resolved_by="")
    IntakeEvent.objects.filter(ticket__in=keys).update(body="", reason="")
    for name in filter(lambda name: len(name) >= LEAST_LENGTH, names):
        # Events that found no ticket, or somebody else's that names them; many senders escape "ü" as \u00fc.
        for written in {name, json.dumps(name)[1:-1]}:
            IntakeEvent.objects.filter(ticket__isnull=True, body__icontains=written).delete()
            IntakeEvent.objects.filter(body__icontains=written).update(body="", reason="")
