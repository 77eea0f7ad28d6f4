"""What is remembered of erased people, so that an old file or a late event does not bring them back.

Of their ids and addresses keyed hashes stay, beside the pseudonym. A report on a ticket that was opened
before the erasure, or that is known as theirs, is taken under the pseudonym and without its title. A ticket
opened later makes them a person anew: the source still names them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from django.conf import settings
from django.db.models import Q

from surveys.engine.erasing import Marks, body_without
from surveys.engine.mapping import TicketMapping
from surveys.engine.tickets import Requester, TicketRecord
from surveys.models import ErasedMark, IntakeEvent, Person, Ticket

UNTOLD = Requester()


@dataclass(frozen=True)
class ErasedPeople:
    """Erased people by the hashes of what told them, and by their keys."""

    by_digest: dict[str, Person] = field(default_factory=dict)
    by_key: dict[int, Person] = field(default_factory=dict)

    @classmethod
    def among(cls, requesters: Iterable[Requester], *, keys: Collection[int] = ()) -> ErasedPeople:
        """Return who of these requesters, and of the people with these keys, was erased. Two queries."""
        digests = {digest for requester in requesters for digest in _digests(requester)}
        marks = ErasedMark.objects.filter(digest__in=digests).select_related("person")
        # Who came back and was erased again is the newest of them.
        by_digest = {mark.digest: mark.person for mark in marks.order_by("person__erased_at", "pk")}
        erased = Person.objects.filter(pk__in=keys, erased_at__isnull=False) if keys else ()
        return cls(by_digest if digests else {}, {person.pk: person for person in erased})

    def person_of(self, requester: Requester) -> Person | None:
        """Return the erased person whom a source names like this."""
        found = (self.by_digest.get(digest) for digest in _digests(requester))
        return next((person for person in found if person), None)

    def without_them(
        self, record: TicketRecord, known: Ticket | None, people: Collection[int]
    ) -> TicketRecord:
        """Return a report as it may be taken: itself, or under the pseudonym and without who it was about.

        `known` is the stored ticket, `people` are those of its resolutions.
        """
        owner = self._owner(record, known)
        if owner is None and self.by_key.keys().isdisjoint(people):
            return record
        if owner is None:
            return replace(record, short_description="")
        told = _marks_of(record.requester or UNTOLD)
        return replace(
            record,
            requester=Requester(external_id=owner.external_id),
            short_description="",
            resolved_by=told.out_of(record.resolved_by),
            configuration_item=told.out_of(record.configuration_item),
        )

    def _owner(self, record: TicketRecord, known: Ticket | None) -> Person | None:
        """Return the erased person a report belongs to: the one the ticket has, else the one it names."""
        if known is not None and known.requester_id in self.by_key:
            return self.by_key[known.requester_id]
        named = self.person_of(record.requester) if record.requester else None
        opened_at = known.opened_at if known else record.opened_at
        is_older = named and named.erased_at and opened_at and opened_at <= named.erased_at
        return named if is_older else None


def remember_erased(person: Person, marks: Marks) -> None:
    """Keep the hashes of an id and an address that are this person's alone."""
    ErasedMark.objects.bulk_create(
        ErasedMark(person=person, digest=digest)
        for digest in _digests(Requester(external_id=marks.external_id, email=marks.email))
    )


def without_erased(requesters: Sequence[Requester]) -> list[Requester]:
    """Return those of a directory who were not erased, or came back by a later ticket."""
    erased = ErasedPeople.among(requesters)
    gone = {requester for requester in requesters if erased.person_of(requester)}
    if not gone:
        return list(requesters)
    ids = {requester.external_id for requester in gone if requester.external_id}
    emails = {requester.email for requester in gone if requester.email}
    back = Person.objects.filter(Q(external_id__in=ids) | Q(email__in=emails))
    known = {value for pair in back.values_list("external_id", "email") for value in pair if value}
    return [
        requester
        for requester in requesters
        if requester not in gone or not known.isdisjoint((requester.external_id, requester.email))
    ]


def body_of_erased(body: str, record: TicketRecord, mapping: TicketMapping) -> str:
    """Return the body of an event without the erased person whom this report in it is about."""
    marks = _marks_of(record.requester or UNTOLD)
    return body_without(body, marks, numbers={record.number}, mapping=mapping, is_about_them=True)


def write_events(bodies: Mapping[int, str]) -> None:
    """Store what is left. Of an event with nothing left only its ticket stays; without one it is deleted."""
    for key, body in bodies.items():
        event = IntakeEvent.objects.filter(pk=key)
        if body:
            event.update(body=body)
        elif not event.filter(ticket=None).delete()[0]:
            event.exclude(state=IntakeEvent.State.APPLIED).update(state=IntakeEvent.State.IGNORED)
            event.update(body="", reason="")


def _marks_of(requester: Requester) -> Marks:
    return Marks(external_id=requester.external_id, email=requester.email, name=requester.name)


def _digests(requester: Requester) -> list[str]:
    # Alike for both, because some sources call people by their address.
    return [_digest(told.casefold()) for told in (requester.external_id, requester.email) if told]


def _digest(told: str) -> str:
    key = settings.ANONYMITY_KEY.encode()[:64]
    return blake2b(f"erased|{told}".encode(), key=key, digest_size=32).hexdigest()
