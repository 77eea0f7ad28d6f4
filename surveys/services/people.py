"""People: found by the source's id or by address, created when nobody is found, whoever reports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction

from surveys.engine.tickets import Requester
from surveys.models import Person

DETAILS = ("email", "name", "language", "time_zone", "persona", "department", "site", "is_manager")
UNTOLD = ("", None)
# What was known of an address goes with it.
ADDRESS_STATE = {"address_failed_at": None, "address_rests_until": None, "address_problem": ""}


@dataclass(frozen=True)
class PeopleRegistration:
    """The person of each report, and how many people were created and changed."""

    people: dict[Requester, Person]
    created: int
    changed: int


@dataclass
class _Register:
    """The persons known in one call, those to create and those that changed."""

    by_id: dict[str, Person] = field(default_factory=dict)
    by_email: dict[str, Person] = field(default_factory=dict)
    new: list[Person] = field(default_factory=list)
    changed: dict[int, Person] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        """Make a person findable by id and address; the first one with an address keeps it."""
        if person.external_id:
            self.by_id[person.external_id] = person
        if person.email:
            self.by_email.setdefault(person.email, person)

    def person_of(self, requester: Requester) -> Person:
        """Return the person meant, with newly reported details; a new one when nobody fits."""
        person = self.by_id.get(requester.external_id) or self._by_address(requester)
        if person is None:
            told = {name: value for name in DETAILS if (value := getattr(requester, name)) not in UNTOLD}
            person = Person(external_id=requester.external_id, **told)
            self.new.append(person)
        elif _update(person, requester) and person.pk:
            self.changed[person.pk] = person
        self.add(person)
        return person

    def _by_address(self, requester: Requester) -> Person | None:
        person = self.by_email.get(requester.email)
        if person is None or (requester.external_id and person.external_id):
            return None  # two ids behind one address are two people
        return person


@transaction.atomic
def register_people(requesters: Iterable[Requester]) -> PeopleRegistration:
    """Create or update the person of each report; later ones bring newer details. A few queries for any
    number.

    Details that are not reported stay as they are. A new address is trusted again.
    """
    wanted = list(requesters)
    register = _Register()
    ids = {requester.external_id for requester in wanted if requester.external_id}
    emails = {requester.email for requester in wanted if requester.email}
    for person in Person.objects.filter(external_id__in=ids) if ids else ():
        register.add(person)
    for person in Person.objects.filter(email__in=emails).order_by("pk") if emails else ():
        if person.external_id not in register.by_id:
            register.add(person)
    found = {requester: register.person_of(requester) for requester in wanted}
    Person.objects.bulk_create(register.new)
    _save(register.changed.values())
    return PeopleRegistration(found, len(register.new), len(register.changed))


def _update(person: Person, requester: Requester) -> bool:
    reported = {name: getattr(requester, name) for name in ("external_id", *DETAILS)}
    differing = {
        name: value
        for name, value in reported.items()
        if value not in UNTOLD and getattr(person, name) != value
    }
    if "email" in differing:
        differing |= ADDRESS_STATE
    for name, value in differing.items():
        setattr(person, name, value)
    return bool(differing)


def _save(people: Collection[Person]) -> None:
    if people:
        Person.objects.bulk_update(people, ["external_id", *DETAILS, *ADDRESS_STATE], batch_size=200)
