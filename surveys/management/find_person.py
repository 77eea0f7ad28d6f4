"""Finding the person that a command line means."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db.models import Q

from surveys.models import Person


def find_person(name: str) -> Person:
    """Return the one person with this id or address. Raises CommandError for none and for several."""
    found = list(Person.objects.filter(Q(external_id=name) | Q(email__iexact=name), erased_at=None)[:2])
    if len(found) != 1:
        how_many = "Several people have" if found else "Nobody has"
        raise CommandError(f"{how_many} the id or address {name!r}. Give the id of the person's source.")
    return found[0]
