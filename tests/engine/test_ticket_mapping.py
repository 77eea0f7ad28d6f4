from datetime import UTC, datetime
from typing import Any

import pytest

from surveys.engine.mapping import ticket_mapping
from surveys.engine.tickets import Requester, TicketRecord
from surveys.engine.values import MappingError, parse_time

# A record as a business rule or the Table API sends it: references with link and value, times naive UTC.
EVENT = {
    "result": {
        "number": "INC0010023",
        "sys_class_name": "incident",
        "state": "6",
        "priority": "3",
        "business_service": {"display_value": "E-mail", "value": "9f8e"},
        "caller_id": {"display_value": "Anna Berg", "value": "a1b2", "link": "https://desk.example.org/a1b2"},
        "opened_by": {"display_value": "Desk Agent", "value": "ffff"},
        "opened_at": "2026-05-04 08:00:00",
        "resolved_at": "2026-05-04 10:30:00",
        "sys_updated_on": "2026-05-04 10:30:01",
        "business_duration": "1970-01-01 01:10:49",
        "reopen_count": "0",
        "reassignment_count": "2",
        "parent_incident": {"value": "INC0010001"},
        "made_sla": "true",
        "closed_at": "",
    }
}


def read(body: Any, preset: str = "servicenow", mapping: dict[str, Any] | None = None) -> TicketRecord:
    reader = ticket_mapping(preset, mapping)
    (ticket,) = reader.tickets_in(body)
    return reader.record(ticket)


def ticket(**changes: Any) -> dict[str, Any]:
    return {"result": EVENT["result"] | changes}


def test_a_servicenow_record_is_read_as_it_is_sent() -> None:
    assert read(EVENT) == TicketRecord(
        number="INC0010023",
        state="resolved",
        kind="incident",
        service="E-mail",
        requester=Requester(external_id="a1b2", name="Anna Berg"),
        priority=3,
        opened_at=datetime(2026, 5, 4, 8, tzinfo=UTC),
        resolved_at=datetime(2026, 5, 4, 10, 30, tzinfo=UTC),
        updated_at=datetime(2026, 5, 4, 10, 30, 1, tzinfo=UTC),
        business_minutes=70,
        reopen_count=0,
        reassignment_count=2,
        parent_number="INC0010001",
        made_sla=True,
    )


def test_requested_for_comes_before_the_caller_and_brings_its_own_address() -> None:
    record = read(ticket(requested_for="c3d4", caller_email="anna@example.org"))

    assert record.requester == Requester(external_id="c3d4")


def test_who_opened_it_is_never_asked() -> None:
    assert read(ticket(caller_id="")).requester is None


def test_an_address_as_identity_is_also_where_to_write() -> None:
    requester = read(ticket(caller_id="Anna@Example.org")).requester

    assert requester == Requester(external_id="Anna@Example.org", email="anna@example.org")


def test_a_body_may_hold_one_ticket_or_many() -> None:
    reader = ticket_mapping("generic")

    assert reader.tickets_in({"number": "1"}) == [{"number": "1"}]
    assert reader.tickets_in({"tickets": [{"number": "1"}, {"number": "2"}]}) == [
        {"number": "1"},
        {"number": "2"},
    ]


def test_a_mapping_is_data_over_the_preset() -> None:
    body = {
        "payload": {
            "id": "T-7",
            "phase": "Done",
            "who": {"mail": "anna@example.org"},
            "tags": ["vip", "mail"],
        }
    }
    mapping = {
        "items": "payload",
        "number": "id",
        "state": "phase",
        "caller_email": "who.mail",
        "service": "tags[1]",
        "states": {"done": "resolved"},
    }

    record = read(body, "generic", mapping)

    assert (record.number, record.state, record.service) == ("T-7", "resolved", "mail")
    assert record.requester == Requester(email="anna@example.org")


def test_limited_to_the_columns_of_a_file_it_reads_the_same() -> None:
    row = {
        "number": "INC1",
        "incident_state": "Closed",
        "category": "Mail",
        "caller_id": "?",
        "requested_for": "b",
    }
    full, limited = ticket_mapping("servicenow"), ticket_mapping("servicenow", columns=row)

    assert limited.record(row) == full.record(row)
    assert full.record(row).service == "Mail"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "Frozen"}, '{"states": {"Frozen": "resolved"}}'),
        ({"opened_at": "05/13/2026 10:00"}, "A month first cannot be told apart"),
        ({"opened_at": "soon"}, "`opened_at` is 'soon'"),
        ({"made_sla": "perhaps"}, "Write true or false"),
        ({"priority": "purple"}, "The priority 'purple'"),
        ({"reopen_count": "-1"}, "`reopen_count` is '-1'"),
        ({"reopen_count": "many"}, "Write a whole number"),
        ({"number": "9" * 61}, "`number` is longer than 60"),
        ({"category": ["a", "b"]}, "`category` holds list"),
    ],
)
def test_what_cannot_be_read_says_what_to_correct(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError) as caught:
        read(ticket(**changes))

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("preset", "mapping", "words"),
    [
        ("unheard-of", {}, "Choose one of freshservice, generic"),
        ("generic", {"colour": "x"}, "There is no field 'colour'"),
        ("generic", {"service": "tags["}, "is not a JMESPath expression"),
        ("generic", {"service": 7}, "is not a JMESPath expression"),
        ("generic", {"service": "(" * 1000}, "is not a JMESPath expression"),
        ("generic", {"states": {"done": ["resolved"]}}, "must look like"),
        ("generic", {"time_zone": "Berlin"}, "`time_zone` is 'Berlin'. Write a name such as Europe/Berlin."),
        ("generic", {"states": {"done": "finished"}}, "`states` must look like"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(preset: str, mapping: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError) as caught:
        ticket_mapping(preset, mapping)

    assert words in str(caught.value)


def test_a_name_may_be_written_as_it_stands_above_its_column() -> None:
    mapping = {"number": "Ticket-Nr", "opened_at": "Eröffnet am", "service": "IT Dienst || Dienst"}
    row = {"ticket-nr": "T-1", "eröffnet_am": "4.5.2026 08:00", "dienst": "E-Mail"}

    with pytest.raises(MappingError, match="is not a JMESPath expression"):
        ticket_mapping("generic", mapping, columns=row)  # alternatives are an expression
    record = ticket_mapping("generic", {**mapping, "service": "Dienst"}, columns=row).record(row)

    assert (record.number, record.service) == ("T-1", "E-Mail")
    assert record.opened_at == datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_times_without_a_zone_are_those_of_the_mapping() -> None:
    body = {"number": "T-1", "opened_at": "4.5.2026 10:00", "resolved_at": "2026-05-04T10:30:00Z"}

    record = read(body, "generic", {"time_zone": "Europe/Berlin"})

    assert record.opened_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert record.resolved_at == datetime(2026, 5, 4, 10, 30, tzinfo=UTC)


def test_german_words_are_understood() -> None:
    body = {"number": "T-1", "state": "Gelöst", "kind": "Serviceanfrage", "priority": "Hoch"}

    record = read(body | {"made_sla": "Nein"}, "generic")

    assert (record.state, record.kind, record.priority, record.made_sla) == ("resolved", "request", 2, False)


def test_a_body_without_a_ticket_says_so() -> None:
    with pytest.raises(MappingError, match="There is no ticket in it"):
        read("hello", "generic")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-28 19:52:37", datetime(2026, 2, 28, 19, 52, 37, tzinfo=UTC)),
        ("29/2/2016 01:16", datetime(2016, 2, 29, 1, 16, tzinfo=UTC)),
        ("1.3.2016 01:16:05", datetime(2016, 3, 1, 1, 16, 5, tzinfo=UTC)),
        ("2026-02-28T19:52:37.5+0100", datetime(2026, 2, 28, 18, 52, 37, 500000, tzinfo=UTC)),
        ("2026-02-28T19:52:37Z", datetime(2026, 2, 28, 19, 52, 37, tzinfo=UTC)),
        (1485797534721, datetime(2017, 1, 30, 17, 32, 14, 721000, tzinfo=UTC)),
        ("1485797534", datetime(2017, 1, 30, 17, 32, 14, tzinfo=UTC)),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(written: Any, meant: datetime) -> None:
    assert parse_time(written, field="opened_at") == meant


@pytest.mark.parametrize(
    "written", ["1/2/16 10:00", "31/31/2016 10:00", "0001-01-01T00:00:00Z", "", None, 1e30]
)
def test_what_is_no_time_is_refused(written: Any) -> None:
    with pytest.raises(MappingError):
        parse_time(written, field="opened_at")


# What each system sends by itself, beside the bodies that docs/intake.md tells administrators to write.
ZENDESK_EVENT = {
    "type": "zen:event-type:ticket.status_changed",
    "id": "01JX-EVENT",
    "subject": "zen:ticket:4711",
    "detail": {
        "id": "4711",
        "status": "SOLVED",
        "type": "INCIDENT",
        "requester_id": "208",
        "group_id": "987",
        "subject": "Cannot send mail",
        "created_at": "2026-05-04T08:00:00Z",
        "updated_at": "2026-05-04T10:30:00Z",
    },
    "event": {"current": "SOLVED", "previous": "OPEN"},
}
ZAMMAD_TICKET = {
    "number": "4711",
    "state": "closed",
    "title": "Cannot send mail",
    "group": {"name": "Service Desk"},
    "organization": {"name": "Example Ltd."},
    "customer": {
        "login": "anna@example.org",
        "email": "anna@example.org",
        "firstname": "Anna",
        "lastname": "Berg",
        "department": "Sales",
    },
}
GLPI_ITEM = {
    "id": 4711,
    "name": "Cannot send mail",
    "type": 2,
    "status": {"id": 5, "name": "Solved"},
    "category": {"id": 3, "name": "E-mail"},
    "team": [
        {"id": 9, "name": "desk", "type": "Group", "role": "assigned"},
        {"id": 5, "name": "ben", "type": "User", "role": "assigned"},
        {"id": 7, "name": "anna", "type": "User", "role": "requester"},
    ],
}


def test_an_event_of_zendesk_is_about_its_ticket() -> None:
    record = read(ZENDESK_EVENT, "zendesk")

    assert (record.number, record.state, record.service) == ("4711", "resolved", "987")
    assert record.requester == Requester(external_id="208")


def test_a_customer_of_zammad_has_a_whole_name_and_their_company_is_no_supplier() -> None:
    record = read({"ticket": ZAMMAD_TICKET}, "zammad")

    assert record.supplier == ""
    assert record.requester == Requester(
        external_id="anna@example.org", email="anna@example.org", name="Anna Berg", department="Sales"
    )


def test_a_ticket_of_zammad_without_a_customer_asks_nobody() -> None:
    assert read({"ticket": ZAMMAD_TICKET | {"customer": None}}, "zammad").requester is None


def test_the_team_of_a_ticket_of_glpi_says_whom_it_is_for_and_who_worked_on_it() -> None:
    record = read({"event": "update", "item": GLPI_ITEM}, "glpi")

    assert record.requester == Requester(external_id="7", name="anna")
    assert (record.assignment_group, record.resolved_by, record.kind) == ("desk", "ben", "request")


@pytest.mark.parametrize("word", ["Service Request", "[System] Service request", "request", "sc_req_item"])
def test_a_service_request_is_a_request(word: str) -> None:
    assert read(ticket(sys_class_name=word)).kind == "request"
