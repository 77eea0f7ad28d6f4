"""The health page says what waits, for how long, and what to do."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from experience.models import NightlyRun
from experience.selectors.health import Check, queue_checks, worst
from experience.views import health
from experience.views.health import clock_check, worker_check
from surveys.models import IntakeEvent, IntakeSource, Message, User
from tests.factories import NOW, MessageFactory
from tests.servers import ValkeyServer
from xla_service import __version__
from xla_service import settings as product_settings
from xla_service.celery import app
from xla_service.sweeps import Sweep, note_end, sweeps

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
    assert f'<dt>XLA Service</dt><dd class="figure">{__version__}</dd>' in words


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


WORKS, GONE, UNASKED = (Check("Worker", light, "") for light in ("met", "below", "unknown"))


def sweep(name: str, every: int, ago: int | None) -> Sweep:
    ended_at = None if ago is None else NOW - timedelta(seconds=ago)
    return Sweep(name, timedelta(seconds=every), ended_at)


@pytest.mark.parametrize(
    ("schedule", "worker", "light", "says"),
    [
        ([sweep("mail", 10, 80), sweep("night", 3600, 9000)], WORKS, "met", ""),
        ([sweep("mail", 10, None)], WORKS, "unknown", "Look again"),
        ([sweep("mail", 10, None)], UNASKED, "unknown", ""),
        ([sweep("mail", 10, 120), sweep("night", 3600, 9000)], WORKS, "below", "celery beat"),
        ([sweep("mail", 10, 20), sweep("night", 3600, 20_000)], WORKS, "below", "worker's log"),
        ([sweep("mail", 10, 120)], GONE, "lean", "once the worker runs"),
    ],
    ids=["in time", "just started", "no broker", "no clock", "one does not end", "no worker"],
)
def test_the_clock_says_what_stands_still(
    schedule: list[Sweep], worker: Check, light: str, says: str
) -> None:
    found = clock_check(schedule, worker, now=NOW)

    assert found.light == light
    assert ("Redis or Valkey" in found.words) == (worker is UNASKED)
    assert says in found.what_to_do.replace("xla_service.celery beat", "celery beat")


def test_a_worker_that_does_not_answer_is_red_and_one_nobody_can_ask_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reachable = Check("Redis or Valkey", "met", "")
    monkeypatch.setattr(app.control, "ping", lambda timeout: [])
    assert worker_check(reachable).light == "below"

    monkeypatch.setattr(app.control, "ping", lambda timeout: [{"one": "pong"}])
    assert worker_check(reachable).words == "1 worker answers."
    assert worker_check(Check("Redis or Valkey", "below", "")).light == "unknown"


def test_the_end_of_a_sweep_is_remembered_and_all_are_read_at_once(valkey: ValkeyServer) -> None:
    with time_machine.travel(NOW, tick=False):
        note_end(sender=SimpleNamespace(name="surveys.tasks.apply_intake"))

    known = {found.name: found.ended_at for found in sweeps()}
    assert known["apply-intake"] == NOW
    assert known["send-mail"] is None


def test_without_valkey_the_page_comes_at_once_and_says_so(
    client: Client, administrator: User, settings: Any
) -> None:
    nobody = "redis://127.0.0.1:9/0"
    settings.CELERY_BROKER_URL = nobody
    settings.CACHES = {"default": {**product_settings.CACHES["default"], "LOCATION": nobody}}
    client.force_login(administrator)
    started = time.monotonic()

    words = client.get(reverse("health")).content.decode()

    assert "Start it, or correct REDIS_URL." in words
    assert "It can only be asked through Redis or Valkey." in words
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("name", "light"), [("", "met"), ("ENOUGH_ROOM", "lean"), ("LITTLE_ROOM", "below")])
def test_a_disk_that_fills_up_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch, name: str, light: str, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "not made yet"
    monkeypatch.setattr(health, "ENOUGH_ROOM", 2**62 if name else 0)
    monkeypatch.setattr(health, "LITTLE_ROOM", 2**62 if name == "LITTLE_ROOM" else 0)

    check = health.disk_check()

    assert check.light == light
    assert ("Make room" in check.what_to_do) is bool(name)
