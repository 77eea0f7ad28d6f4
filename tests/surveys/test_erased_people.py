"""What comes late or once more about somebody who was erased: old files, directories, events."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from surveys.engine.tickets import Requester, TicketRecord
from surveys.models import ErasedMark, IntakeEvent, IntakeSource, Person, Response, Ticket, User
from surveys.services.apply_intake import apply_due_events
from surveys.services.erase_person import erase_person
from surveys.services.import_answers import AnswerImport, import_answers
from surveys.services.import_people import import_people
from surveys.services.receive_event import receive_event
from surveys.services.register_tickets import register_tickets
from tests.factories import NOW, BusinessServiceFactory, PersonFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ANNA = Requester(external_id="u-anna", email="anna@example.org", name="Anna Amsel")


@pytest.fixture(autouse=True)
def service() -> None:
    """The service that all these tickets are about."""
    BusinessServiceFactory.create(name="Printing")


def report(number: str = "INC1", opened_at: datetime = NOW - 5 * HOUR, **values: Any) -> TicketRecord:
    """Return a report on a resolved ticket of Anna's."""
    told = {"requester": ANNA, "short_description": "Anna's printer", "updated_at": opened_at + 2 * HOUR}
    resolved_at = opened_at + 2 * HOUR
    return TicketRecord(
        number=number,
        state="resolved",
        service="Printing",
        opened_at=opened_at,
        resolved_at=resolved_at,
        **(told | values),
    )


def erased_anna(*reports: TicketRecord, source: str = "desk") -> Person:
    """Let these tickets come in and Anna be erased; return who is left of her."""
    register_tickets(reports or [report()], source=source, now=NOW)
    person = Person.objects.get(external_id="u-anna")
    erase_person(person, now=NOW)
    person.refresh_from_db()
    return person


def nobody_is_called_anna() -> bool:
    return not Person.objects.filter(external_id="u-anna").exists()


# --- tickets


def test_an_old_ticket_file_brings_neither_name_nor_title_back() -> None:
    person = erased_anna()

    done = register_tickets([report()], source="desk", now=NOW + HOUR)

    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.short_description) == (person, "")
    assert ticket.resolutions.get().person == person
    assert (nobody_is_called_anna(), done.unchanged, len(done.about_erased)) == (True, 1, 1)


def test_a_late_report_on_her_open_ticket_counts_under_the_pseudonym() -> None:
    opened = replace(report(), state="open", resolved_at=None, updated_at=NOW - 4 * HOUR)
    person = erased_anna(opened)

    register_tickets([report(updated_at=NOW + HOUR)], source="desk", now=NOW + HOUR)

    resolution = Ticket.objects.get().resolutions.get()
    assert (resolution.person, nobody_is_called_anna()) == (person, True)


def test_an_older_ticket_that_was_never_seen_is_taken_under_the_pseudonym() -> None:
    person = erased_anna()
    same = report("INC9", NOW - 90 * HOUR, requester=Requester(email="anna@example.org", name="Anna Amsel"))

    register_tickets([same], source="another", now=NOW + HOUR)

    ticket = Ticket.objects.get(number="INC9")
    assert (ticket.requester, ticket.short_description) == (person, "")


def test_a_ticket_opened_after_the_erasure_makes_her_a_person_anew() -> None:
    erased_anna()

    register_tickets([report("INC2", NOW + HOUR)], source="desk", now=NOW + 9 * HOUR)

    ticket = Ticket.objects.get(number="INC2")
    assert ticket.requester is not None
    assert (ticket.requester.email, ticket.short_description) == ("anna@example.org", "Anna's printer")


def test_who_was_erased_before_hashes_were_kept_does_not_come_back_by_her_tickets() -> None:
    person = erased_anna()
    ErasedMark.objects.all().delete()

    register_tickets([report()], source="desk", now=NOW + HOUR)

    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.short_description) == (person, "")


def test_a_colleague_is_reported_as_ever() -> None:
    erased_anna()
    bert = Requester(external_id="u-bert", email="bert@example.org", name="Bert Buche")

    register_tickets([report("INC3", requester=bert)], source="desk", now=NOW + HOUR)

    ticket = Ticket.objects.get(number="INC3")
    assert (str(ticket.requester), ticket.short_description) == ("Bert Buche", "Anna's printer")


def test_what_is_kept_tells_nobody_without_the_key(settings: Any) -> None:
    erased_anna()
    assert ErasedMark.objects.count() == 2

    settings.ANONYMITY_KEY = "another key"
    register_tickets([report("INC9", NOW - 90 * HOUR)], source="desk", now=NOW + HOUR)

    assert not nobody_is_called_anna()


def test_an_address_that_others_have_too_is_not_remembered() -> None:
    PersonFactory.create(email="anna@example.org", external_id="u-other")
    erased_anna()

    assert ErasedMark.objects.count() == 1


# --- events


def told_again(*tickets: dict[str, str]) -> IntakeEvent | None:
    """Let the ticket system send these tickets late; return what is left of the event."""
    source, _ = IntakeSource.objects.get_or_create(
        key="desk", defaults={"name": "Desk", "preset": "servicenow", "secret": "s" * 16}
    )
    body = json.dumps({"result": list(tickets)} if len(tickets) > 1 else tickets[0]).encode()
    event, _ = receive_event(source, body, delivery_id="late", now=NOW + HOUR)
    apply_due_events(now=NOW + HOUR)
    return IntakeEvent.objects.filter(pk=event.pk).first()


def sent(number: str = "INC1", **values: str) -> dict[str, str]:
    """Return one of Anna's tickets as ServiceNow sends it."""
    return {
        "number": number,
        "state": "Resolved",
        "business_service": "Printing",
        "caller_id": "u-anna",
        "caller_email": "anna@example.org",
        "short_description": "Anna's printer",
        "opened_at": f"{NOW - 5 * HOUR:%Y-%m-%d %H:%M:%S}",
        "resolved_at": f"{NOW - 3 * HOUR:%Y-%m-%d %H:%M:%S}",
        "sys_updated_on": f"{NOW:%Y-%m-%d %H:%M:%S}",
    } | values


def test_a_late_event_leaves_its_ticket_and_no_body() -> None:
    person = erased_anna()

    event = told_again(sent())

    assert event is not None
    assert (event.state, event.body) == ("applied", "")
    assert (event.ticket, nobody_is_called_anna()) == (Ticket.objects.get(requester=person), True)


def test_a_late_event_that_cannot_be_taken_is_not_kept() -> None:
    erased_anna()

    assert told_again(sent("INC9", business_service="Nowhere")) is None


# --- answers


def answers_file(folder: Path, *, comment: str = "My printer at home, says Anna", rating: int = 2) -> Path:
    path = folder / "answers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "answered_at", "rating", "comment"])
        writer.writerow(["INC1", f"{NOW - 2 * HOUR:%Y-%m-%d %H:%M:%S}", rating, comment])
    return path


def import_again(folder: Path, **values: Any) -> AnswerImport:
    return import_answers(answers_file(folder, **values), source="desk", now=NOW + HOUR)


def test_an_old_answers_file_does_not_bring_her_words_back(tmp_path: Path) -> None:
    register_tickets([report()], source="desk", now=NOW)
    import_again(tmp_path)
    assert Response.objects.get().comment
    erased_anna()

    done = import_again(tmp_path)

    assert (Response.objects.get().comment, Response.objects.get().rating) == ("", 2)
    assert (done.registration.unchanged, done.registration.unworded) == (1, 1)


def test_an_answer_that_comes_first_after_the_erasure_counts_without_its_words(tmp_path: Path) -> None:
    erased_anna()

    done = import_again(tmp_path)

    assert (done.registration.created, Response.objects.get().comment) == (1, "")


# --- the directory


def directory(folder: Path) -> Path:
    path = folder / "people.csv"
    path.write_text("external_id,email,name\nu-anna,anna@example.org,Anna Amsel\nu-bert,,Bert Buche\n")
    return path


def test_a_directory_leaves_out_who_was_erased_and_says_so(tmp_path: Path) -> None:
    erased_anna()

    tried = import_people(directory(tmp_path), dry_run=True)
    done = import_people(directory(tmp_path))

    assert (tried.created, tried.erased) == (0, 1)
    assert (done.created, done.erased, done.unchanged) == (1, 1, 0)
    assert nobody_is_called_anna()


def test_a_directory_tells_more_of_who_came_back_by_a_later_ticket(tmp_path: Path) -> None:
    erased_anna()
    back = Requester(external_id="u-anna")
    register_tickets([report("INC2", NOW + HOUR, requester=back)], source="desk", now=NOW + 9 * HOUR)

    done = import_people(directory(tmp_path))

    assert (done.changed, done.erased) == (1, 0)
    assert Person.objects.get(external_id="u-anna").name == "Anna Amsel"


def test_the_api_leaves_out_who_was_erased_and_says_so(client: Client, agreement_admin: User) -> None:
    erased_anna()
    client.force_login(agreement_admin)

    batch = {"people": [{"external_id": "u-anna", "name": "Anna Amsel"}]}
    answer = client.post("/api/v1/people/", batch, content_type="application/json")

    assert answer.json() == {"people": 1, "created": 0, "changed": 0, "erased": 1}
    assert nobody_is_called_anna()
