import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.db import transaction
from django.utils import timezone
from time_machine import travel

from surveys import tasks, wakeups
from surveys.models import Decision, Response, SendingRule
from surveys.wakeups import DECIDE_SWEEP, EVIDENCE_SWEEP, wake
from tests.factories import InvitationFactory, MessageFactory, ResolutionFactory, ResponseFactory
from tests.servers import SmtpPeer
from xla_service.celery import app
from xla_service.embedded.ports import free_port

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: names.append(name))
    return names


def test_every_sweep_of_the_schedule_exists() -> None:
    app.loader.import_default_modules()  # as a worker does
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert scheduled == {name for name in app.tasks if not name.startswith("celery.")}


def test_every_sweep_that_can_be_woken_is_on_the_schedule() -> None:
    names = {value for name, value in vars(wakeups).items() if name.endswith("_SWEEP")}

    assert names <= {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_the_sweeps_find_nothing_to_do_and_wake_nobody_where_nothing_is(
    woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        tasks.decide_due_resolutions()
        tasks.send_due_messages()
        tasks.close_due_invitations()
        tasks.score_new_comments()

    assert woken == []
    assert not Decision.objects.exists()


def test_deciding_and_scoring_wake_the_judging_side(
    woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    ResolutionFactory.create(resolved_at=timezone.now())
    ResponseFactory.create(comment="Great help!")

    with django_capture_on_commit_callbacks(execute=True):
        tasks.decide_due_resolutions()
        tasks.score_new_comments()

    assert woken == [EVIDENCE_SWEEP]
    assert Decision.objects.filter(reason="asked").exists()


def test_due_mail_is_sent_by_one_sender_per_process(smtp: SmtpPeer) -> None:
    due_at = timezone.now() - timedelta(minutes=1)
    MessageFactory.create(invitation=InvitationFactory.create(due_at=due_at))
    SendingRule.objects.update(quiet_from=None, quiet_until=None)  # the test may run at night
    with tasks.ONE_SENDER:
        tasks.send_due_messages()
        assert smtp.messages == []

    tasks.send_due_messages()

    assert len(smtp.messages) == 1


def test_a_sweep_is_woken_after_the_commit_only(
    woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        wake(EVIDENCE_SWEEP)
        assert woken == []

    assert woken == [EVIDENCE_SWEEP]


def test_calls_within_a_second_share_one_run(
    woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    for seconds in (0, 0.3, 0.9, 1.1):
        at = travel(NOON + timedelta(seconds=seconds), tick=False)
        with at, django_capture_on_commit_callbacks(execute=True):
            wake(EVIDENCE_SWEEP, DECIDE_SWEEP)

    assert woken == [EVIDENCE_SWEEP, DECIDE_SWEEP] * 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_kept_at_once_without_a_broker(
    client: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Celery("nowhere", broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=False)
    nowhere.conf.broker_transport_options = app.conf.broker_transport_options
    monkeypatch.setattr(wakeups, "current_app", nowhere)
    invitation = InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1))

    started = time.monotonic()
    response = client.post(f"/s/{invitation.token}/", {"rating": "4"})

    assert time.monotonic() - started < 10
    assert response.status_code == 302
    assert Response.objects.get().rating == 4
    assert "No broker to wake experience.tasks.refresh_evidence" in caplog.text
