import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.models import BusinessService, IntakeEvent, IntakeSource, Resolution, Ticket, User
from surveys.services import apply_intake
from surveys.services.apply_intake import apply_due_events, replay_events

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SERVICENOW_FIELDS = (
    *("number", "state", "category", "caller_id", "caller_email", "requested_for", "priority", "made_sla"),
    *("opened_at", "resolved_at", "closed_at", "sys_updated_on", "reopened_time", "business_stc"),
    *(
        "reopen_count",
        "reassignment_count",
        "waiting_minutes",
        "short_description",
        "location",
        "sys_class_name",
    ),
)
TICKET = {
    "number": "INC1",
    "state": "Resolved",
    "business_service": "mail",
    "caller_id": "anna@example.org",
    "opened_at": "2026-05-04 08:00:00",
    "resolved_at": "2026-05-04 10:00:00",
    "sys_updated_on": "2026-05-04 10:00:00",
}


@pytest.fixture(autouse=True)
def source(db: None) -> IntakeSource:
    BusinessService.objects.create(key="mail", name="E-mail")
    return IntakeSource.objects.create(
        key="desk", name="Desk", preset="servicenow", secret="a secret of the desk"
    )


def receive(body: Any, *, received_at: datetime = NOW) -> IntakeEvent:
    text = body if isinstance(body, str) else json.dumps(body)
    return IntakeEvent.objects.create(
        source=IntakeSource.objects.get(),
        idempotency_key=str(IntakeEvent.objects.count()),
        body=text,
        received_at=received_at,
        due_at=received_at,
    )


def ticket(**changes: Any) -> dict[str, Any]:
    return TICKET | changes


def failure(body: Any) -> str:
    """Apply one event and return the reason for which it failed."""
    event = receive(body)
    assert apply_due_events(now=NOW) == 0
    event.refresh_from_db()
    assert event.state == "failed"
    return event.reason


def test_a_resolved_ticket_arrives() -> None:
    event = receive({"result": ticket()})

    assert apply_due_events(now=NOW) == 1

    event.refresh_from_db()
    resolution = Resolution.objects.get()
    assert (event.state, event.reason, event.ticket) == ("applied", "", resolution.ticket)
    assert resolution.ticket.source == "desk"
    assert resolution.person is not None
    assert resolution.person.email == "anna@example.org"


def test_events_come_in_any_order() -> None:
    receive(ticket(state="Closed", closed_at="2026-05-09 10:00:00", sys_updated_on="2026-05-09 10:00:00"))
    receive(ticket())
    receive(ticket(state="New", resolved_at="", sys_updated_on="2026-05-04 08:00:00"))

    assert apply_due_events(now=NOW) == 3

    assert (Ticket.objects.get().state, Resolution.objects.count()) == ("closed", 1)


def test_without_a_time_of_update_events_are_ordered_by_arrival() -> None:
    receive(ticket(state="In Progress", sys_updated_on="", resolved_at=""), received_at=NOW)
    receive(ticket(sys_updated_on=""), received_at=NOW - timedelta(hours=1))

    apply_due_events(now=LATER)

    assert Ticket.objects.get().state == "open"
    assert Resolution.objects.get().reopened_at == NOW


def test_what_is_not_due_waits() -> None:
    receive(ticket(), received_at=LATER)

    assert apply_due_events(now=NOW) == 0
    assert IntakeEvent.objects.get().state == "received"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{broken", "The body is not JSON"),
        ("[" * 100_000, "The body is not JSON"),
        ("7", "There is no ticket in it"),
        (ticket(state="Frozen"), "The state 'Frozen' is not known"),
        (ticket(business_service="Fax"), "INC1: No business service is called 'Fax'"),
        (ticket(opened_at="yesterday"), "`opened_at` is 'yesterday'"),
        (ticket(priority={"a": 1, "b": 2}, category=["x"]), "`category` holds list"),
    ],
)
def test_what_cannot_be_applied_waits_with_its_reason(body: Any, words: str) -> None:
    assert words in failure(body)
    assert not Ticket.objects.exists()


def test_half_a_character_is_replaced() -> None:
    receive('{"result": ' + json.dumps(ticket()).replace("INC1", "INC1\\ud800") + "}")

    assert apply_due_events(now=NOW) == 1
    assert Ticket.objects.get().number == "INC1?"


def test_one_broken_event_spoils_no_other() -> None:
    broken, fine = receive("{broken"), receive(ticket())

    assert apply_due_events(now=NOW) == 1

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == ("failed", "applied")


def test_of_several_tickets_in_an_event_the_good_ones_go_in() -> None:
    reason = failure({"records": [ticket(), ticket(number="INC2", business_service="Fax")]})

    assert reason.startswith("INC2: ")
    assert Ticket.objects.get().number == "INC1"


def test_an_event_without_a_ticket_is_nothing_to_do() -> None:
    event = receive([])

    assert apply_due_events(now=NOW) == 0

    event.refresh_from_db()
    assert (event.state, event.reason) == ("ignored", "There is no ticket in it.")


def test_a_failed_event_is_applied_after_its_cause_is_gone() -> None:
    failure(ticket(business_service="Fax"))
    BusinessService.objects.create(key="fax", name="Fax")

    assert replay_events(IntakeEvent.objects.all(), now=NOW) == 1
    assert apply_due_events(now=NOW) == 1

    event = IntakeEvent.objects.get()
    assert (event.state, event.reason, event.attempts) == ("applied", "", 1)


def test_an_event_that_is_waiting_is_not_replayed() -> None:
    receive(ticket())

    assert replay_events(IntakeEvent.objects.all(), now=NOW) == 0


def test_a_mapping_that_does_not_work_is_named(source: IntakeSource) -> None:
    IntakeSource.objects.update(mapping={"service": "tags["})

    assert failure(ticket()).startswith("The mapping of Desk does not work.")


def test_the_mapping_of_the_source_is_used(source: IntakeSource) -> None:
    IntakeSource.objects.update(mapping={"items": "payload", "number": "id"})
    receive({"payload": ticket(number="", id="T-7")})

    apply_due_events(now=NOW)

    assert Ticket.objects.get().number == "T-7"


def test_two_workers_apply_an_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    receive(ticket())
    counts = []
    register = apply_intake.register_tickets

    def meanwhile(*args: Any, **options: Any) -> Any:
        counts.append(apply_due_events(now=NOW))
        return register(*args, **options)

    monkeypatch.setattr(apply_intake, "register_tickets", meanwhile)

    assert apply_due_events(now=NOW) == 1
    assert counts == [0]


def test_an_event_whose_worker_died_is_taken_over_after_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    receive(ticket())

    def killed(*args: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(apply_intake, "register_tickets", killed)
        with pytest.raises(KeyboardInterrupt):
            apply_due_events(now=NOW)

    assert apply_due_events(now=NOW + timedelta(minutes=4)) == 0
    assert apply_due_events(now=NOW + timedelta(minutes=5)) == 1


def test_an_event_that_kills_every_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    event = receive(ticket())

    def killed(records: Any, **options: Any) -> Any:
        if list(records):
            raise KeyboardInterrupt
        return register([], **options)

    register = apply_intake.register_tickets
    monkeypatch.setattr(apply_intake, "register_tickets", killed)
    for day in range(5):
        with pytest.raises(KeyboardInterrupt):
            apply_due_events(now=NOW + timedelta(days=day))
    apply_due_events(now=NOW + timedelta(days=5))

    event.refresh_from_db()
    assert event.state == "failed"
    assert "interrupted too often" in event.reason


def test_what_the_database_refuses_is_tried_again_alone_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison, fine = receive(ticket(number="BAD")), receive(ticket())
    register = apply_intake.register_tickets

    def refusing(records: Any, **options: Any) -> Any:
        records = list(records)
        if any(record.number == "BAD" for record in records):
            raise DatabaseError("deadlock detected")
        return register(records, **options)

    monkeypatch.setattr(apply_intake, "register_tickets", refusing)
    moment = NOW
    assert apply_due_events(now=moment) == 0
    for _ in range(5):
        moment += timedelta(hours=7)
        apply_due_events(now=moment)

    poison.refresh_from_db()
    fine.refresh_from_db()
    assert (poison.state, fine.state) == ("failed", "applied")
    assert poison.reason == "The database refused it: deadlock detected"


def test_the_log_names_the_events_and_not_what_the_database_says_of_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = receive(ticket())

    def refusing(records: Any, **options: Any) -> Any:
        raise IntegrityError("duplicate key\nDETAIL:  Key (email)=(anna@example.org) already exists.")

    monkeypatch.setattr(apply_intake, "register_tickets", refusing)
    with caplog.at_level(logging.INFO):
        apply_due_events(now=NOW)

    assert f"Events {event.pk} of" in caplog.text
    assert "anna" not in caplog.text


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["9999-12-31 23:59:59"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from([*SERVICENOW_FIELDS]), anything, max_size=4))
def test_whatever_a_field_holds_the_sweep_goes_on(changes: dict[str, Any]) -> None:
    with transaction.atomic():
        event, fine = receive(ticket() | changes), receive(ticket(number="INC2"))

        apply_due_events(now=NOW)

        event.refresh_from_db()
        fine.refresh_from_db()
        assert event.state in ("applied", "failed")
        assert fine.state == "applied"
        transaction.set_rollback(True)


# --- the admin ----------------------------------------------------------------------------------------------


def test_the_administrator_replays_failed_events(client: Client, administrator: User) -> None:
    failure("{broken")
    client.force_login(administrator)
    event = IntakeEvent.objects.get()

    page = client.get("/admin/surveys/intakeevent/?state__exact=failed")
    assert "The body is not JSON" in page.text
    client.post(
        "/admin/surveys/intakeevent/", {"action": "replay", "_selected_action": [event.pk]}, follow=True
    )

    event.refresh_from_db()
    assert event.state == "received"


def test_a_source_is_made_with_a_mapping_that_works(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    values = {"key": "zammad", "name": "Zammad", "preset": "generic", "secret": "x" * 20, "is_active": "on"}

    refused = client.post("/admin/surveys/intakesource/add/", values | {"mapping": '{"colour": "x"}'})
    assert "There is no field &#x27;colour&#x27;" in refused.text
    client.post("/admin/surveys/intakesource/add/", values | {"mapping": '{"number": "ticket.number"}'})

    assert IntakeSource.objects.get(key="zammad").mapping == {"number": "ticket.number"}
