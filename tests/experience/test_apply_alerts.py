"""Alerts come in as events and become outages, however often and in whatever pairs they arrive."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experience.models import Outage
from surveys.models import BusinessService, EvidenceChange, IntakeEvent, IntakeSource
from surveys.services.apply_intake import apply_due_events
from surveys.services.receive_event import receive_event

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def mail(db: None) -> BusinessService:
    return BusinessService.objects.create(key="mail", name="E-mail")


def source(preset: str) -> IntakeSource:
    return IntakeSource.objects.create(
        key=preset.replace("_", "-"), name=preset, preset=preset, secret="s" * 16
    )


def take(sender: IntakeSource, body: Any, *, at: datetime = NOW) -> IntakeEvent:
    event, _ = receive_event(sender, json.dumps(body).encode(), delivery_id="", now=at)
    apply_due_events(now=at)
    event.refresh_from_db()
    return event


def firing(**change: Any) -> dict[str, Any]:
    alert = {
        "status": "firing",
        "labels": {"service": "mail"},
        "fingerprint": "f1",
        "startsAt": "2026-05-04T10:00:00Z",
    }
    return {"alerts": [alert | change]}


def heartbeat(status: int, time: str) -> dict[str, Any]:
    return {
        "monitor": {"id": 7, "name": "E-mail"},
        "heartbeat": {"status": status, "time": f"2026-05-04 {time}"},
    }


def test_an_alert_opens_an_outage_and_its_end_closes_it() -> None:
    grafana = source("grafana")
    assert take(grafana, firing()).state == "applied"
    assert Outage.objects.get().ended_at is None

    take(grafana, firing(status="resolved", endsAt="2026-05-04T11:00:00Z"))

    outage = Outage.objects.get()
    assert (outage.started_at, outage.ended_at) == (START, START + timedelta(hours=1))
    assert EvidenceChange.objects.filter(service__key="mail", day=START.date()).exists()


def test_two_times_of_one_alert_are_two_outages() -> None:
    grafana = source("grafana")
    take(grafana, firing(status="resolved", endsAt="2026-05-04T10:10:00Z"))
    take(grafana, firing(startsAt="2026-05-04T11:00:00Z"))

    assert Outage.objects.count() == 2


def test_a_monitor_that_is_up_again_ends_its_open_outage_and_no_other() -> None:
    kuma = source("uptime_kuma")
    Outage.objects.create(
        service=BusinessService.objects.get(), source="uptime-kuma", external_key="70@x", started_at=START
    )
    take(kuma, heartbeat(0, "10:00:00"))
    take(kuma, heartbeat(0, "10:05:00"))  # it repeats itself while it is down
    take(kuma, heartbeat(1, "10:30:00"))

    ended = Outage.objects.exclude(ended_at=None).get()
    assert (ended.started_at, ended.ended_at) == (START, START + timedelta(minutes=30))
    assert Outage.objects.filter(ended_at=None).get().external_key == "70@x"


def test_a_monitor_that_was_never_down_changes_nothing() -> None:
    event = take(source("uptime_kuma"), heartbeat(1, "10:30:00"))

    assert (event.state, event.reason) == ("ignored", "It says nothing about up or down.")
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (firing(labels={"service": "fax"}), "No business service is called 'fax'"),
        (firing(status="odd"), "The state 'odd' is not known"),
        ({"alerts": [firing()["alerts"][0], "x"]}, "There is no alert in it"),
    ],
)
def test_what_cannot_be_taken_waits_with_its_reason_and_leaves_nothing(body: Any, reason: str) -> None:
    event = take(source("grafana"), body)

    assert event.state == "failed"
    assert reason in event.reason
    assert not Outage.objects.exists()


def test_a_body_that_is_no_json_waits_with_its_reason() -> None:
    event, _ = receive_event(source("grafana"), b"{broken", delivery_id="", now=NOW)
    apply_due_events(now=NOW)

    event.refresh_from_db()
    assert event.reason.startswith("The body is not JSON")
