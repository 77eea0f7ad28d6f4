"""A person's wish not to be asked, and its withdrawal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from surveys.models import Message, OptOut, Person
from surveys.services.withdraw import withdraw_invitations


@transaction.atomic
def opt_out(person: Person, *, now: datetime) -> None:
    """Ask this person nothing any more, in any survey. What was not mailed yet is withdrawn.

    Pages of mails that they have already got still take their answer.
    """
    OptOut.objects.get_or_create(person=person, survey=None, defaults={"opted_out_at": now})
    waiting = Message.objects.filter(invitation__person=person, state=Message.State.DUE)
    unmailed = waiting.filter(kind=Message.Kind.INVITATION)
    withdraw_invitations(list(unmailed.values_list("invitation__resolution_id", flat=True)), now=now)
    waiting.update(state=Message.State.WITHDRAWN)


def opt_in(person: Person) -> None:
    """Forget every opt-out of this person: they may be asked again from the next resolution on."""
    OptOut.objects.filter(person=person).delete()
