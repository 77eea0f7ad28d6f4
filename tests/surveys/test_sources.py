"""Sources are set up on a page: made, tried, mapped, named services, given a new secret, switched off."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from surveys.engine.mapping import ticket_mapping
from surveys.engine.source_mapping import as_typed, from_typed, is_monitor
from surveys.engine.ticket_presets import PRESETS
from surveys.models import (
    BusinessService,
    ConfigurationChange,
    IntakeEvent,
    IntakeSource,
    ServiceAlias,
    Ticket,
    User,
)
from surveys.selectors.sources import sources_with_state
from surveys.services.apply_intake import apply_due_events
from surveys.services.preview_source import preview_source
from surveys.staff.source_guides import BY_KEY, GUIDES
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def mail(db: None) -> BusinessService:
    return BusinessService.objects.create(key="mail", name="E-mail")


@pytest.fixture
def page(client: Client, agreement_admin: User) -> Client:
    client.force_login(agreement_admin)
    return client


@pytest.fixture
def desk(db: None) -> IntakeSource:
    return IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="s" * 20)


def words(response: Any) -> str:
    return response.content.decode()


def event(
    source: IntakeSource, state: str = "applied", age: timedelta = timedelta(), body: str = "{}"
) -> None:
    IntakeEvent.objects.create(
        source=source,
        idempotency_key=str(IntakeEvent.objects.count()),
        state=state,
        body=body,
        reason="x" if state == "failed" else "",
        received_at=NOW - age,
        due_at=NOW,
    )


# --- the examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_the_example_of_each_system_is_taken_by_its_preset(key: str) -> None:
    preview = preview_source(source="x", preset=key, mapping={}, sample=BY_KEY[key].example, now=NOW)

    assert preview.complaint == ""
    assert [(found.service, found.complaint) for found in preview.found] == [("E-mail", "")]
    facts = dict(preview.found[0].facts)
    if is_monitor(key):
        assert facts["started_at"] == "2026-05-04 10:00:00 UTC"
    else:
        assert (facts["state"], facts["requester_email"]) == ("resolved", "anna@example.org")
        assert facts["opened_at"].startswith("2026-05-04 ")


@pytest.mark.parametrize("key", sorted(PRESETS))
def test_the_example_of_each_ticket_system_resolves_after_two_and_a_half_hours(key: str) -> None:
    mapping = ticket_mapping(key)

    (ticket,) = mapping.tickets_in(json.loads(BY_KEY[key].example))
    record = mapping.record(ticket)

    assert record.resolved_at is not None
    assert record.opened_at is not None
    assert record.resolved_at - record.opened_at == timedelta(hours=2, minutes=30)


def test_every_system_says_what_to_do_there() -> None:
    assert [guide.key for guide in GUIDES if len(guide.steps) < 2] == []


# --- the mapping as it is typed -----------------------------------------------------------------------------


def test_a_mapping_is_typed_as_it_was_meant() -> None:
    mapping = {"service": "a || b", "supplier": "", "states": {"done": "resolved", "a = b": "open"}}

    assert from_typed(as_typed(mapping)) == mapping
    assert as_typed({"supplier": ""})["supplier"] == "-"
    assert from_typed({"service": "  ", "states": "\n"}) == {}


# --- the pages ----------------------------------------------------------------------------------------------


def test_without_a_source_the_page_offers_to_connect_one(page: Client) -> None:
    assert "No system is connected yet" in words(page.get(reverse("sources")))


def test_the_list_says_how_each_source_does(page: Client, desk: IntakeSource) -> None:
    event(desk)
    event(desk, age=timedelta(hours=13))  # yesterday
    event(desk, "failed")
    silent = IntakeSource.objects.create(key="old", name="Old", preset="zammad", secret="s" * 20)
    event(silent, age=timedelta(days=8))
    IntakeSource.objects.create(key="new", name="New", preset="jira", secret="s" * 20)

    shown = words(page.get(reverse("sources")))

    assert [
        state for state in ("Needs attention", "Silent for a week", "Nothing came yet") if state not in shown
    ] == []
    assert re.search(r'data-label="Today" class="num">2<', shown)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by the size of the table.")
def test_the_state_of_a_source_is_read_from_indexes_however_long_its_history() -> None:
    plan = sources_with_state(now=NOW).explain()

    assert plan.count("COVERING INDEX intake_event_source_time") == 2
    assert "intake_event_source_failed" in plan


def test_a_new_source_shows_its_secret_once_and_is_ready(page: Client) -> None:
    made = page.post(reverse("source-new"), {"system": "zendesk", "name": "Service Desk"})
    source = IntakeSource.objects.get()
    assert made["Location"] == reverse("source", args=["service-desk"])

    first, second = (words(page.get(made["Location"])) for _ in range(2))

    assert source.secret in first
    assert source.secret not in second
    assert "/api/v1/intake/service-desk/" in second
    assert "{{ticket.id}}" in second
    sent = Client().post(
        "/api/v1/intake/service-desk/", BY_KEY["zendesk"].example, content_type="application/json",
        headers={"Authorization": f"Bearer {source.secret}"},
    )  # fmt: skip
    assert sent.status_code == 202
    apply_due_events(now=NOW)
    assert Ticket.objects.get().number == "4711"


def test_two_sources_of_one_name_have_two_addresses(page: Client) -> None:
    for _ in range(3):
        page.post(reverse("source-new"), {"system": "jira", "name": "Desk"})

    assert set(IntakeSource.objects.values_list("key", flat=True)) == {"desk", "desk-2", "desk-3"}


@pytest.mark.parametrize("form", [{"system": "jira", "name": ""}, {"system": "fax", "name": "Fax"}])
def test_a_source_without_name_or_system_is_not_made(page: Client, form: dict[str, str]) -> None:
    assert page.post(reverse("source-new"), form).status_code == 422
    assert not IntakeSource.objects.exists()


def test_the_newest_body_is_what_is_tried(page: Client, desk: IntakeSource) -> None:
    event(desk, body='{"number": "OLD"}', age=timedelta(hours=1))
    event(desk, body='{"number": "NEW"}')

    shown = words(page.get(reverse("source", args=["desk"])))

    assert "NEW" in shown
    assert "OLD" not in shown


def test_what_waits_is_put_right_with_its_own_body_and_can_be_applied_again(
    page: Client, desk: IntakeSource
) -> None:
    event(desk, "failed", timedelta(hours=1), body='{"number": "T-1", "service": "Post"}')
    event(desk, body='{"number": "T-2"}')

    waiting = IntakeEvent.objects.needing_attention().get()
    address = f"{reverse('source', args=['desk'])}?event={waiting.pk}"
    assert f'href="{address}#sample"' in words(page.get(reverse("inbound")))
    assert "T-1" in page.get(address).context["sample"]

    told = page.post(reverse("source-alias", args=["desk"]), {"name": "Post", "service": "mail"}, follow=True)
    assert "What waits can be applied again under Inbound." in words(told)


def test_the_body_of_another_source_is_not_shown(page: Client, desk: IntakeSource) -> None:
    other = IntakeSource.objects.create(key="other", name="Other", preset="generic", secret="s" * 20)
    event(other, body='{"number": "T-9"}')

    address = f"{reverse('source', args=['desk'])}?event={IntakeEvent.objects.get().pk}"

    assert "T-9" not in page.get(address).context["sample"]


def test_a_preview_shows_what_would_be_made_and_writes_nothing(page: Client, desk: IntakeSource) -> None:
    sample = json.dumps({"id": 7, "svc": "Mail!", "opened_at": "2026-05-04T08:00:00Z", "state": "done"})
    typed = {"sample": sample, "map.number": "id", "map.service": "svc"}

    shown = words(page.post(reverse("source-preview", args=["desk"]), typed, headers={"HX-Request": "true"}))

    assert "<html" not in shown
    assert "No service is called “Mail!”" in shown
    assert "<dd>7</dd>" in shown
    desk.refresh_from_db()
    assert (desk.mapping, Ticket.objects.count(), IntakeEvent.objects.count()) == ({}, 0, 0)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"sample": "{broken"}, "This is not JSON"),
        ({"sample": "[]"}, "Nothing to take"),
        ({"sample": "{}", "map.service": "a ||"}, "is not a JMESPath expression"),
        ({"sample": "{}", "map.states": "done"}, "is no pair"),
        ({"sample": '{"state": "odd"}'}, "is not known"),
        ({"sample": '{"service": "mail", "opened_at": "2026-05-04T08:00:00Z"}'}, "The ticket has no number."),
        ({"sample": '{"service": "mail", "number": "1"}'}, "does not say when the ticket was opened"),
        ({"sample": '"text"'}, "There is no ticket in it"),
        ({"sample": "[" * 100_000}, "This is not JSON"),
    ],
)
def test_a_preview_says_what_to_correct(
    page: Client, desk: IntakeSource, typed: dict[str, str], says: str
) -> None:
    response = page.post(reverse("source-preview", args=["desk"]), typed)

    assert response.status_code == 200
    assert says in words(response).replace("&#x27;", "'")


def test_a_preview_reads_rows_of_a_csv_file_with_the_mapping_that_is_typed(
    page: Client, desk: IntakeSource
) -> None:
    sample = "Nr;service;Geöffnet am;Farbe\nINC1;E-mail;1.5.2026 08:00;rot\nINC2;E-mail;gestern;blau\n"
    typed = {"map.number": '"nr"', "map.opened_at": '"geöffnet_am"', "sample": sample}

    shown = words(page.post(reverse("source-preview", args=["desk"]), typed, headers={"hx-request": "true"}))

    assert "Read as rows of a CSV file" in shown
    assert "1 column is not read:" in shown
    assert "farbe" in shown
    assert "INC1" in shown
    assert "This would be taken, for E-mail." in shown
    assert "which is no time" in shown
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("sample", "complaint"),
    [
        ("hello", "neither JSON nor rows of a CSV file"),
        ("number;service\n", "neither JSON nor rows of a CSV file"),
        ("Nr;service\nINC1;E-mail\n", "There is no column number"),
        ("number;number\nINC1;E-mail\n", "is there twice"),
        ('{"number": ', "This is not JSON"),
    ],
)
def test_a_preview_of_no_table_says_what_to_correct(
    page: Client, desk: IntakeSource, sample: str, complaint: str
) -> None:
    found = preview_source(source="desk", preset="generic", mapping={}, sample=sample, now=NOW)

    assert complaint in found.complaint


def test_a_preview_complains_in_the_language_of_the_page(page: Client, desk: IntakeSource) -> None:
    for sample in (
        '{"service": "mail", "opened_at": "2026-05-04T08:00:00Z"}',
        '{"service": "mail", "number": "1"}',
    ):
        told = page.post(
            reverse("source-preview", args=["desk"]), {"sample": sample}, headers={"Accept-Language": "de"}
        )

        assert "Map the field" not in words(told)


def test_a_mapping_is_kept_with_its_change_in_the_audit_log(page: Client, desk: IntakeSource) -> None:
    page.post(reverse("source", args=["desk"]), {"map.service": "svc", "map.states": "done = resolved"})
    page.post(reverse("source", args=["desk"]), {"map.service": "svc", "map.states": "done = resolved"})

    desk.refresh_from_db()
    assert desk.mapping == {"service": "svc", "states": {"done": "resolved"}}
    assert ConfigurationChange.objects.get().details[0] == ["service", None, "svc"]


def test_a_mapping_that_cannot_work_is_not_kept_and_what_was_typed_stays(
    page: Client, desk: IntakeSource
) -> None:
    response = page.post(reverse("source", args=["desk"]), {"map.service": "a ||", "sample": '{"mine": 1}'})

    desk.refresh_from_db()
    assert (response.status_code, desk.mapping) == (422, {})
    assert 'value="a ||"' in words(response)
    assert "mine" in words(response)


def test_a_service_gets_the_name_that_the_source_uses(
    page: Client, desk: IntakeSource, mail: BusinessService
) -> None:
    page.post(reverse("source-alias", args=["desk"]), {"name": "Mail!", "service": "mail"})
    page.post(reverse("source-alias", args=["desk"]), {"name": "Other", "service": ""})

    alias = ServiceAlias.objects.get()
    assert (alias.source, alias.name, alias.service) == ("desk", "Mail!", mail)
    sample = '{"number": "1", "service": "Mail!", "opened_at": "2026-05-04T08:00:00Z"}'
    shown = words(page.post(reverse("source-preview", args=["desk"]), {"sample": sample}))
    assert "This would be taken, for E-mail." in shown


def test_a_new_secret_ends_the_old_one(page: Client, desk: IntakeSource) -> None:
    old = desk.secret

    page.post(reverse("source-secret", args=["desk"]))

    desk.refresh_from_db()
    assert desk.secret != old
    assert desk.secret in words(page.get(reverse("source", args=["desk"])))
    (change,) = ConfigurationChange.objects.all()
    assert (change.what, change.details) == ("New secret", [])


def test_a_source_that_is_switched_off_is_refused_until_it_is_on_again(
    page: Client, desk: IntakeSource
) -> None:
    def send() -> int:
        headers = {"Authorization": f"Bearer {desk.secret}"}
        return (
            Client()
            .post("/api/v1/intake/desk/", "{}", content_type="application/json", headers=headers)
            .status_code
        )

    page.post(reverse("source-switch", args=["desk"]), {"off": "1"})
    assert send() == 404
    page.post(reverse("source-switch", args=["desk"]), {"on": "1"})
    assert send() == 202


def test_the_page_of_a_source_takes_few_queries_whatever_it_received(
    page: Client, desk: IntakeSource, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        event(desk, "failed")

    with django_assert_max_num_queries(12):
        page.get(reverse("source", args=["desk"]))
