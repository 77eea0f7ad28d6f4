"""A person's wish not to be asked, and its withdrawal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from surveys.models import OptOut, Person
from surveys.services.withdraw import stop_mail


@transaction.atomic
def opt_out(person: Person, *, now: datetime) -> None:
    """Ask this person nothing any more, in any survey; see `stop_mail` for what is under way."""
    OptOut.objects.get_or_create(person=person, survey=None, defaults={"opted_out_at": now})
    stop_mail(person, now=now)


def opt_in(person: Person) -> None:
    """Forget every opt-out of this person: they may be asked again from the next resolution on."""
    OptOut.objects.filter(person=person).delete()
