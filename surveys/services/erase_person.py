"""Erasing a person: who they are and what they wrote goes, what was counted stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from secrets import token_hex
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from surveys.engine.erasing import Marks, body_without
from surveys.engine.mapping import TicketMapping, ticket_mapping
from surveys.engine.values import MappingError
from surveys.links import notice_message_id
from surveys.models import (
    Bounce,
    CommentSentiment,
    ConfigurationChange,
    FollowUp,
    IntakeEvent,
    IntakeSource,
    Invitation,
    Job,
    Message,
    Person,
    Resolution,
    Response,
    SentAnswer,
    ServiceNotice,
    Ticket,
    User,
    Visit,
)
from surveys.services.audit import record_change
from surveys.services.erased_people import remember_erased, write_events
from surveys.services.withdraw import stop_mail

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
# Columns with words of others, and of programs, that may name the person. The judging side adds its own.
MENTIONS: list[tuple[type[Model], str]] = [
    (Ticket, "short_description"),
    (Ticket, "configuration_item"),
    (Resolution, "resolved_by"),
    (Response, "comment"),
    (SentAnswer, "comment"),
    (CommentSentiment, "cues"),
    (Message, "subject"),
    (Message, "text"),
    (Message, "html"),
    (Message, "last_error"),
    (Bounce, "recipient"),
    (Bounce, "diagnosis"),
    (FollowUp, "hook_error"),
    (ServiceNotice, "wording"),
    (IntakeEvent, "reason"),
    (Job, "outcome"),
    (Job, "problem"),
    (ConfigurationChange, "what"),
    (ConfigurationChange, "details"),
    (LogEntry, "object_repr"),
    (LogEntry, "change_message"),
]
# Ticket numbers looked for at once.
AT_ONCE = 100


class ErasedError(ValueError):
    """The person was erased before; there is nothing left to do."""


def erase_person(person: Person, *, now: datetime, by: User | None = None) -> str:
    """Replace a person by a random pseudonym, and return it.

    Texts (ticket titles, comments, the words that decided their sentiment), addresses, mails, visits and
    their tickets in stored events go; where others name the person, the name goes. Ratings, sentiment
    scores, response classes and decisions stay, so that every count and result stays right. Open surveys are
    closed; those not mailed yet are withdrawn. What comes late or once more is told by keyed hashes of id and
    address (`erased_people`). Raises ErasedError.
    """
    marks, pseudonym = _marks(person), f"erased-{token_hex(8)}"
    # Looked for before anything is locked: it reads what was stored about everybody.
    bodies, mentions = _cleaned_events(person, marks), list(_cleaned_mentions(marks))
    with transaction.atomic():
        stored = Person.objects.select_for_update().get(pk=person.pk)
        if stored.erased_at is not None:
            raise ErasedError("This person was erased before. There is nothing left to erase.")
        for model, column, key, value in mentions:
            model._default_manager.filter(pk=key).update(**{column: value})
        write_events(bodies)
        remember_erased(stored, marks)
        _stop_asking(stored, now)
        _erase_words(stored)
        _erase_mail(stored)
        _erase_tickets(stored)
        Person.objects.filter(pk=stored.pk).update(**GONE, external_id=pseudonym, erased_at=now)
        kind = ContentType.objects.get_for_model(Person)
        LogEntry.objects.filter(content_type=kind, object_id=str(stored.pk)).update(
            object_repr=pseudonym, change_message=""
        )
        record_change(f"person {pseudonym}", gettext_noop("Erased"), by=by, now=now)
    return pseudonym


def _marks(person: Person) -> Marks:
    """Return what tells the person; a name or address that another person has too is theirs as well."""
    others = Person.objects.exclude(pk=person.pk)
    return Marks(
        external_id=person.external_id,
        email="" if others.filter(email__iexact=person.email).exists() else person.email,
        name="" if others.filter(name__iexact=person.name).exists() else person.name,
    )


def _stop_asking(person: Person, now: datetime) -> None:
    stop_mail(person, now=now)
    still_open = Invitation.objects.filter(person=person, state=Invitation.State.OPEN)
    still_open.update(state=Invitation.State.CLOSED, remind_at=None)


def _erase_words(person: Person) -> None:
    answers = Response.objects.filter(
        Q(resolution__person=person) | Q(silent_line__invitation__person=person)
    )
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
        told.update(subject="", text="", html="")
    FollowUp.objects.filter(resolution__person=person).update(hook_error="")
    Bounce.objects.filter(person=person).update(recipient="", diagnosis="")


def _erase_tickets(person: Person) -> None:
    keys = list(_tickets_of(person).values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=keys).update(short_description="")


def _tickets_of(person: Person) -> QuerySet[Ticket]:
    return Ticket.objects.filter(Q(requester=person) | Q(resolutions__person=person)).distinct()


def _cleaned_events(person: Person, marks: Marks) -> dict[int, str]:
    """Return what is left of the body of each stored event that holds something of the person."""
    tickets = list(_tickets_of(person))
    keys = {ticket.pk for ticket in tickets}
    numbers: dict[str, set[str]] = {}
    for ticket in tickets:
        numbers.setdefault(ticket.source, set()).add(ticket.number)
    mappings = {source.key: _mapping_of(source) for source in IntakeSource.objects.all()}
    cleaned = {}
    for event in _events_to_read(keys, [*marks.fragments(), *(ticket.number for ticket in tickets)]):
        source = event.source.key
        left = body_without(
            event.body,
            marks,
            numbers=numbers.get(source, ()),
            mapping=mappings[source],
            is_about_them=event.ticket_id in keys,
        )
        if left != event.body:
            cleaned[event.pk] = left
    return cleaned


def _events_to_read(tickets: Collection[int], words: Sequence[str]) -> Iterator[IntakeEvent]:
    """Yield, once each, the events of these tickets and those whose body holds one of the words."""
    seen: set[int] = set()
    holding = [
        reduce(or_, (Q(body__icontains=word) for word in words[start : start + AT_ONCE]))
        for start in range(0, len(words), AT_ONCE)
    ]
    for found in (Q(ticket__in=tickets), *holding):
        events = IntakeEvent.objects.exclude(body="").filter(found).select_related("source")
        for event in events.order_by("pk").iterator(chunk_size=500):
            if event.pk not in seen:
                seen.add(event.pk)
                yield event


def _mapping_of(source: IntakeSource) -> TicketMapping | None:
    try:
        return ticket_mapping(source.preset, source.mapping)
    except MappingError:
        return None  # it brings no tickets, or cannot be read


def _cleaned_mentions(marks: Marks) -> Iterator[tuple[type[Model], str, int, Any]]:
    """Yield each stored text that names the person, by its place, with what is left of it."""
    fragments = marks.fragments()
    for model, column in MENTIONS if fragments else ():
        holds = reduce(or_, (Q(written__icontains=fragment) for fragment in fragments))
        written = model._default_manager.annotate(written=Cast(column, TextField()))
        rows = written.filter(holds).order_by("pk")
        for key, value in rows.values_list("pk", column).iterator(chunk_size=500):
            left = marks.out_of_all(value)
            if left != value:
                yield model, column, key, left
