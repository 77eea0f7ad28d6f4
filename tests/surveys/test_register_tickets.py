from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.engine.tickets import Requester, TicketRecord
from surveys.models import BusinessService, EvidenceChange, Person, Resolution, ServiceAlias, Ticket
from surveys.services.register_tickets import CHUNK, register_tickets
from surveys.services.registration import Registration
from tests.factories import InvitationFactory, ResponseFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
ANNA = Requester(external_id="anna", email="anna@example.org", name="Anna Berg", language="de")


@pytest.fixture
def mail(db: None) -> BusinessService:
    service = BusinessService.objects.create(key="mail", name="E-mail", time_zone="Europe/Berlin")
    ServiceAlias.objects.create(source="servicenow", name="Category 42", service=service)
    return service


@pytest.fixture
def printing(db: None) -> BusinessService:
    return BusinessService.objects.create(key="printing", name="Printing")


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def report(state: str = "open", hour: float = 0, *, number: str = "INC1", **facts: Any) -> TicketRecord:
    facts = {
        "service": "mail",
        "requester": ANNA,
        "category": "password",
        "opened_at": at(0),
        "resolved_at": at(hour) if state == "resolved" else None,
    } | facts
    return TicketRecord(number=number, state=state, updated_at=at(hour), **facts)  # type: ignore[arg-type]


def register(*records: TicketRecord) -> Registration:
    return register_tickets(records, source="servicenow", now=NOW)


def world() -> dict[str, Any]:
    """Return everything registered, without the keys that depend on the order of arrival."""
    tickets = Ticket.objects.values().order_by("number")
    resolutions = Resolution.objects.values(
        *[column.attname for column in Resolution._meta.concrete_fields if column.attname != "id"],
        "ticket__number",
        "person__external_id",
    ).order_by("ticket__number", "resolved_at")
    people = Person.objects.values().order_by("external_id")
    keys = {"id", "ticket_id", "person_id", "requester_id"}
    return {
        name: [{key: value for key, value in row.items() if key not in keys} for row in rows]
        for name, rows in (("tickets", tickets), ("resolutions", resolutions), ("people", people))
    }


# --- what is kept


def test_a_resolved_ticket_has_a_resolution_with_the_facts_as_they_stood(mail: BusinessService) -> None:
    counts = register(
        report(
            "resolved",
            40,
            priority=2,
            assignment_group="Group 56",
            site="Berlin",
            resolved_by="agent",
            reassignment_count=2,
            waiting_minutes=30,
            parent_number="INC0",
        )
    )

    assert counts == Registration(created=1, resolutions=1)
    ticket, resolution = Ticket.objects.get(), Resolution.objects.get()
    assert (ticket.state, ticket.service, ticket.parent_number) == ("resolved", mail, "INC0")
    assert resolution.person is not None
    assert resolution.person.email == "anna@example.org"
    assert (resolution.priority, resolution.assignment_group, resolution.site) == (2, "Group 56", "Berlin")
    assert (resolution.user_clock_minutes, resolution.minutes_to_resolve) == (40 * 60, 40 * 60)
    assert (resolution.waiting_minutes, resolution.resolved_by) == (30, "agent")
    # Over twice nothing, over the target of priority 2, in another language, reassigned twice.
    assert resolution.response_class == "001102"


def test_the_day_is_the_local_date_of_the_service(mail: BusinessService) -> None:
    register(report("resolved", 14.5))  # 22:30 UTC is half past midnight in Berlin

    resolution = Resolution.objects.get()
    assert str(resolution.resolved_on) == "2026-05-05"
    assert list(EvidenceChange.objects.values_list("service", "day")) == [(mail.pk, resolution.resolved_on)]


def test_working_time_of_the_source_is_the_time_to_resolve_and_the_user_waits_on(
    mail: BusinessService,
) -> None:
    register(report("resolved", 24, business_minutes=90))

    resolution = Resolution.objects.get()
    assert (resolution.minutes_to_resolve, resolution.user_clock_minutes) == (90, 24 * 60)


def test_made_sla_is_taken_at_closing_and_dropped_by_a_reopening(mail: BusinessService) -> None:
    register(report("resolved", 2, made_sla=True))
    assert Ticket.objects.get().made_sla is None

    register(report("closed", 9, resolved_at=at(2), made_sla=False, closed_at=at(9)))
    assert Ticket.objects.get().made_sla is False

    register(report("open", 10))
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.made_sla, ticket.closed_at) == ("open", None, None)


def test_what_a_report_leaves_out_stays(mail: BusinessService) -> None:
    register(report("open", 0, priority=2, short_description="Password forgotten"))

    register(TicketRecord(number="INC1", state="resolved", updated_at=at(3), resolved_at=at(3)))

    ticket, resolution = Ticket.objects.get(), Resolution.objects.get()
    assert (ticket.service, ticket.short_description, ticket.opened_at) == (mail, "Password forgotten", at(0))
    assert (resolution.priority, resolution.user_clock_minutes) == (2, 180)
    assert resolution.person == ticket.requester


def test_an_older_report_never_overwrites_a_newer_one(mail: BusinessService) -> None:
    register(report("closed", 9, resolved_at=at(2), priority=1, made_sla=True, closed_at=at(9)))

    register(report("open", 1, priority=3, subcategory="reset"))

    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.priority, ticket.made_sla) == ("closed", 1, True)
    assert ticket.subcategory == "reset"  # nobody had said


def test_a_cancelled_ticket_is_closed_without_a_resolution(mail: BusinessService) -> None:
    register(report("cancelled", 3))

    assert Ticket.objects.get().state == "closed"
    assert not Resolution.objects.exists()


def test_the_facts_of_a_resolution_are_those_of_its_earliest_report(mail: BusinessService) -> None:
    ben = Requester(external_id="ben", persona="Nurse")
    register(report("closed", 9, resolved_at=at(2), priority=1))

    register(report("resolved", 2, priority=3, requester=ben))

    resolution, ticket = Resolution.objects.get(), Ticket.objects.get()
    assert resolution.person is not None
    assert (resolution.priority, resolution.person.external_id, resolution.persona) == (3, "ben", "Nurse")
    assert resolution.response_class[3] == "0"  # Anna is written to in another language, Ben is not
    assert ticket.requester is not None
    assert (ticket.priority, ticket.requester.external_id) == (1, "anna")


# --- reopening


def test_a_ticket_resolved_twice_has_two_resolutions(mail: BusinessService) -> None:
    register(
        report("resolved", 2, reopen_count=0, reassignment_count=0),
        report("open", 5, reopen_count=1, reassignment_count=1),
        report("resolved", 7, reopen_count=1, reassignment_count=1),
    )

    first, second = Resolution.objects.order_by("resolved_at")
    assert (first.reopened_at, first.reopen_count, first.response_class) == (at(5), 0, "000100")
    assert (second.reopened_at, second.reopen_count, second.response_class) == (None, 1, "010101")
    assert Ticket.objects.get().reopen_count == 1


def test_a_reopening_withdraws_the_unanswered_invitation(mail: BusinessService) -> None:
    register(report("resolved", 2))
    resolution = Resolution.objects.get()
    invitation = InvitationFactory.create(resolution=resolution, closes_at=NOW)

    counts = register(report("open", 5))

    invitation.refresh_from_db()
    resolution.refresh_from_db()
    assert counts.reopened == 1
    assert invitation.state == "withdrawn"
    assert (resolution.reopened_at, resolution.withdrawn_at) == (at(5), NOW)


def test_a_withdrawal_survives_the_next_report(mail: BusinessService) -> None:
    register(report("resolved", 2))
    InvitationFactory.create(resolution=Resolution.objects.get(), closes_at=NOW)
    register(report("open", 5))

    register(report("resolved", 2, priority=1), report("resolved", 8))

    assert Resolution.objects.earliest("resolved_at").withdrawn_at == NOW


# --- repeat contacts


def test_a_repeat_contact_is_noted_on_both_sides_and_marks_the_earlier_day(mail: BusinessService) -> None:
    register(report("resolved", 2))
    earlier = Resolution.objects.get()
    EvidenceChange.objects.all().delete()

    register(report("open", 50, number="INC2", opened_at=at(50)))

    earlier.refresh_from_db()
    assert earlier.came_back_at == at(50)
    assert list(EvidenceChange.objects.values_list("day", flat=True)) == [earlier.resolved_on]

    register(report("resolved", 60, number="INC2", opened_at=at(50)))
    later = Resolution.objects.get(ticket__number="INC2")
    assert later.is_repeat_contact
    assert later.response_class[0] == "1"
    assert not Resolution.objects.get(ticket__number="INC1").is_repeat_contact


def test_a_resolution_that_arrives_late_makes_the_other_one_a_repeat(mail: BusinessService) -> None:
    register(report("resolved", 60, number="INC2", opened_at=at(50)))

    register(report("resolved", 2))

    later = Resolution.objects.get(ticket__number="INC2")
    assert (later.is_repeat_contact, later.response_class[0]) == (True, "1")


def test_a_return_long_after_is_not_forgotten_when_an_old_ticket_changes(mail: BusinessService) -> None:
    register(
        report("resolved", 2),
        report("resolved", 30 * 24, number="INC2", opened_at=at(20)),
        report("open", 33 * 24, number="INC3", opened_at=at(33 * 24)),
    )

    register(report("resolved", 3, resolved_at=at(2), priority=1))

    assert Resolution.objects.get(ticket__number="INC2").came_back_at == at(33 * 24)


def test_moving_a_ticket_to_another_category_takes_the_repeat_contact_back(mail: BusinessService) -> None:
    register(report("resolved", 2), report("resolved", 60, number="INC2", opened_at=at(50)))

    register(report("resolved", 61, number="INC2", opened_at=at(50), resolved_at=at(60), category="quota"))

    first, second = Resolution.objects.order_by("resolved_at")
    assert (first.came_back_at, second.is_repeat_contact, second.response_class[0]) == (None, False, "0")


def test_a_shared_account_repeats_nothing(mail: BusinessService) -> None:
    Person.objects.create(external_id="anna", is_shared_account=True)

    register(report("resolved", 2), report("resolved", 60, number="INC2", opened_at=at(50)))

    assert not Resolution.objects.filter(is_repeat_contact=True).exists()
    assert not Resolution.objects.filter(came_back_at__isnull=False).exists()


def test_the_other_tickets_of_a_shared_account_are_not_read(mail: BusinessService) -> None:
    Person.objects.create(external_id="anna", is_shared_account=True)
    register(report("resolved", 2))

    with CaptureQueriesContext(connection) as captured:
        register(report("resolved", 60, number="INC2", opened_at=at(50)))

    assert not [query for query in captured if "BETWEEN" in query["sql"]]


# --- services and people


@pytest.mark.parametrize("name", ["Category 42", "mail", "E-mail", "e-mail"])
def test_a_service_is_found_by_alias_key_or_name(mail: BusinessService, name: str) -> None:
    register(report(service=name))

    assert Ticket.objects.get().service == mail


def test_an_alias_belongs_to_its_source(mail: BusinessService) -> None:
    counts = register_tickets([report(service="Category 42")], source="another-desk", now=NOW)

    assert "say on the page of the source 'another-desk'" in counts.rejected[0].reason


def test_a_ticket_moved_to_another_service_takes_its_resolutions_and_answers_along(
    mail: BusinessService, printing: BusinessService
) -> None:
    register(report("resolved", 14.5))
    response = ResponseFactory.create(
        invitation=InvitationFactory.create(resolution=Resolution.objects.get(), closes_at=NOW)
    )
    EvidenceChange.objects.all().delete()

    register(report("resolved", 20, resolved_at=at(14.5), service="printing"))

    resolution = Resolution.objects.get()
    response.refresh_from_db()
    response.invitation.refresh_from_db()
    assert {resolution.service, response.service, response.invitation.service} == {printing}
    assert str(resolution.resolved_on) == "2026-05-04"  # in the new service's zone
    assert {str(day) for day in EvidenceChange.objects.values_list("day", flat=True)} == {
        "2026-05-04",
        "2026-05-05",
    }


def test_a_person_is_found_by_id_and_learns_new_details(mail: BusinessService) -> None:
    Person.objects.create(external_id="anna", email="old@example.org", department="Finance")

    register(report())

    person = Person.objects.get()
    assert (person.email, person.language, person.department) == ("anna@example.org", "de", "Finance")


def test_a_person_known_by_address_gets_the_id(mail: BusinessService) -> None:
    Person.objects.create(email="anna@example.org")

    register(report())

    assert Person.objects.get().external_id == "anna"


def test_two_ids_behind_one_address_are_two_people(mail: BusinessService) -> None:
    register(report(), report(number="INC2", requester=replace(ANNA, external_id="anna-2")))

    assert Person.objects.count() == 2


# --- what is refused


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"service": "Fax"}, "No business service is called 'Fax'"),
        ({"service": ""}, "It names no service"),
        ({"opened_at": None}, "It does not say when the ticket was opened"),
        ({"state": "resolved", "resolved_at": at(-1)}, "before it was opened"),
    ],
)
def test_a_report_that_cannot_be_taken_says_why_and_the_rest_goes_in(
    mail: BusinessService, facts: dict[str, Any], words: str
) -> None:
    counts = register(replace(report(number="BAD"), line=7, **facts), report(number="GOOD"))

    (rejection,) = counts.rejected
    assert (rejection.number, rejection.line) == ("BAD", 7)
    assert words in rejection.reason
    assert [ticket.number for ticket in Ticket.objects.all()] == ["GOOD"]


# --- one and many


def test_registering_again_changes_nothing(mail: BusinessService) -> None:
    records = [
        report("resolved", 2),
        report("open", 5),
        report("closed", 9, resolved_at=at(7), made_sla=True),
        report("resolved", 60, number="INC2", opened_at=at(50)),
    ]
    register(*records)
    before = world()
    EvidenceChange.objects.all().delete()

    counts = register(*records)

    assert counts == Registration(unchanged=2)
    assert world() == before
    assert not EvidenceChange.objects.exists()


def test_a_chunk_of_tickets_takes_as_few_queries_as_one_ticket(mail: BusinessService) -> None:
    def queries_for(count: int, prefix: str) -> int:
        records = [
            report("resolved", 2, number=f"{prefix}{n}", requester=Requester(external_id=f"{prefix}{n}"))
            for n in range(count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            register(*records)
        return len([query for query in captured if not query["sql"].startswith("INSERT")])

    assert queries_for(1, "A") <= 20
    assert queries_for(CHUNK, "B") <= 20


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@st.composite
def histories(draw: st.DrawFn) -> list[TicketRecord]:
    """Draw the reports of a few tickets of two people in order of time, as a source with all facts tells
    them.
    """
    records = []
    for number in range(draw(st.integers(1, 4))):
        hour = draw(st.integers(0, 300))
        person = draw(st.sampled_from(["anna", "ben"]))
        facts: dict[str, Any] = {
            "number": f"INC{number}",
            "requester": Requester(external_id=person),
            "category": draw(st.sampled_from(["password", "quota"])),
            "service": draw(st.sampled_from(["mail", "printing"])),
            "opened_at": at(hour),
            "priority": 3,
            "assignment_group": "desk",
            "site": "Berlin",
            "resolved_by": "agent",
        }
        reopened = 0
        resolved_at = None
        for state in draw(st.lists(st.sampled_from(["open", "resolved", "closed"]), min_size=1, max_size=5)):
            hour += draw(st.integers(1, 90))
            if state == "open":
                reopened += resolved_at is not None
                resolved_at = None
            else:
                resolved_at = resolved_at or at(hour)
            records.append(
                TicketRecord(
                    **facts,
                    state=state,  # type: ignore[arg-type]
                    updated_at=at(hour),
                    resolved_at=resolved_at,
                    closed_at=at(hour) if state == "closed" else None,
                    made_sla=bool(hour % 2) if state == "closed" else None,
                    reopen_count=reopened,
                    reassignment_count=reopened,
                )
            )
    return sorted(records, key=lambda record: record.reported_at)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=histories(), data=st.data())
def test_one_by_one_is_the_same_as_all_at_once_in_any_order(
    mail: BusinessService, printing: BusinessService, records: list[TicketRecord], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(records))
    with rolled_back():
        for record in records:
            register(record)
        one_by_one = world()
    with rolled_back():
        register(*shuffled)
        all_at_once = world()
    with rolled_back():
        for record in shuffled:
            register(record)
        in_disorder = world()

    assert all_at_once == one_by_one
    # When a reopening is reported before the resolution it undoes, only its time can be lost.
    for known in (one_by_one, in_disorder):
        for row in known["resolutions"]:
            row["reopened_at"] = row["reopened_at"] is not None
    assert in_disorder == one_by_one
