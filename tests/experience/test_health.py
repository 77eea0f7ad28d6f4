"""The health page says what waits, for how long, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import NightlyRun
from experience.selectors.health import Check, queue_checks, worst
from surveys.models import IntakeEvent, IntakeSource, Message, User
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db


def lights() -> dict[str, Check]:
    return {check.name: check for check in queue_checks(now=NOW)}


def test_a_fresh_installation_is_fine() -> None:
    found = lights()

    assert {check.light for check in found.values()} == {"met", "unknown"}
    assert found["Nightly judgement"].light == "unknown"


@pytest.mark.parametrize(("age", "light"), [(1, "met"), (10, "lean"), (45, "below")])
def test_mail_that_waits_turns_amber_and_then_red(age: int, light: str) -> None:
    MessageFactory.create(due_at=NOW - timedelta(minutes=age))

    mail = lights()["Mail"]

    assert mail.light == light
    assert f"1 waiting, the oldest for {age} minute" in mail.words
    assert bool(mail.what_to_do) == (light != "met")


def test_a_night_that_was_missed_names_beat() -> None:
    NightlyRun.objects.create(day=NOW.date() - timedelta(days=3), started_at=NOW - timedelta(days=3))

    assert "beat" in lights()["Nightly judgement"].what_to_do


def test_the_worst_light_is_that_of_the_whole() -> None:
    assert worst([Check("a", "met", ""), Check("b", "lean", "")]) == "lean"
    assert worst([Check("a", "below", ""), Check("b", "lean", "")]) == "below"
    assert worst([Check("a", "met", "")]) == "met"


def test_the_page_names_the_database_and_the_mail_given_up(client: Client, administrator: User) -> None:
    MessageFactory.create(state=Message.State.FAILED)
    client.force_login(administrator)

    words = client.get(reverse("health")).content.decode()

    assert "1 mail needs attention." in words
    assert "SQLite" in words or "PostgreSQL" in words


def test_an_event_that_failed_is_shown_with_its_reason_and_applied_again(
    client: Client, agreement_admin: User
) -> None:
    source = IntakeSource.objects.create(key="snow", name="ServiceNow", preset="servicenow", secret="s" * 16)
    event = IntakeEvent.objects.create(
        source=source, idempotency_key="1", state=IntakeEvent.State.FAILED, body="{}",
        received_at=NOW, due_at=NOW, reason="The number is missing.",
    )  # fmt: skip
    client.force_login(agreement_admin)
    assert "The number is missing." in client.get(reverse("inbound")).content.decode()

    client.post(reverse("inbound-replay"))
    event.refresh_from_db()
    assert event.state == IntakeEvent.State.FAILED

    client.post(reverse("inbound-replay"), {"event": [event.pk]})
    event.refresh_from_db()
    assert event.state == IntakeEvent.State.RECEIVED
