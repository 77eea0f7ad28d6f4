"""What is forgotten after some days, by kind, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from experience.models import DayCell, SignalBatch
from experience.services.evidence import rebuild_evidence
from surveys.models import (
    Bounce,
    CommentReading,
    CommentSentiment,
    IntakeEvent,
    IntakeSource,
    Invitation,
    Job,
    Message,
    Response,
    SentAnswer,
    User,
    Visit,
)
from surveys.services import retention
from surveys.services.retention import forget_old
from surveys.services.score_comments import score_comments
from tests.factories import NOW, InvitationFactory, MessageFactory, ResponseFactory
from xla_service.env import Environment
from xla_service.retention import kept_too_long, kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def store_everything(moment: datetime, user: User) -> None:
    """Store one row of each kind, as of a moment."""
    closed = InvitationFactory.create(state="closed", due_at=moment - timedelta(days=7), closes_at=moment)
    MessageFactory.create(invitation=closed, state="sent", due_at=moment, sent_at=moment)
    SentAnswer.objects.create(
        invitation=closed, sent_at=moment - timedelta(days=1), is_confirmed=True, rating=3, comment="Slow."
    )
    ResponseFactory.create(invitation=closed, comment="Slow.", answered_at=moment)
    Bounce.objects.create(
        report_id=str(moment), recipient="a@b.example", is_permanent=True, received_at=moment
    )
    Visit.objects.create(invitation=closed, visited_at=moment)
    CommentReading.objects.create(user=user, service=closed.service, read_at=moment, comment_count=1)
    Job.objects.create(kind="ticket_import", state="done", created_at=moment, finished_at=moment)
    SignalBatch.objects.create(source="m", batch_id=str(moment), received_at=moment, observation_count=1)
    source, _ = IntakeSource.objects.get_or_create(key="s", defaults={"name": "S", "preset": "generic"})
    IntakeEvent.objects.create(
        source=source,
        idempotency_key=str(moment),
        state="applied",
        body="{}",
        received_at=moment,
        due_at=moment,
    )


def counts() -> dict[str, int]:
    models = (IntakeEvent, Message, Bounce, SentAnswer, CommentReading, Job, SignalBatch, Visit, Response)
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (29, set()),
        (31, {"Visit"}),
        (91, {"Visit", "IntakeEvent", "SignalBatch", "Job"}),
        (182, {"Visit", "IntakeEvent", "SignalBatch", "Job", "Message", "Bounce", "SentAnswer"}),
    ],
)
def test_each_kind_goes_after_its_days_and_answers_stay(viewer: User, days: int, gone: set[str]) -> None:
    store_everything(ago(days), viewer)

    forget_old(kinds(), now=NOW)

    assert {name for name, count in counts().items() if not count} == gone


def test_a_kind_that_is_kept_for_ever_stays(viewer: User, settings: Any) -> None:
    names = ("EVENTS", "MAIL", "ANSWER_HISTORY", "READING_LOG", "SIGN_INS", "JOBS")
    for name in names:
        setattr(settings, f"KEEP_{name}_DAYS", 0)
    store_everything(ago(3000), viewer)

    forget_old(kinds(), now=NOW)

    assert {name for name, count in counts().items() if not count} == {"Visit"}


def test_what_is_still_needed_stays_however_old(viewer: User) -> None:
    store_everything(ago(400), viewer)
    IntakeEvent.objects.update(state="received")
    Message.objects.update(state="due")
    Invitation.objects.update(state="open", closes_at=NOW)

    forget_old(kinds(), now=NOW)

    assert {name for name, count in counts().items() if count} >= {"IntakeEvent", "Message", "SentAnswer"}


def test_more_rows_than_one_transaction_takes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    invitation = InvitationFactory.create()
    for days in (29, 30, 30.1, 31, 32):
        Visit.objects.create(invitation=invitation, visited_at=ago(days))

    assert forget_old(kinds(), now=NOW)["Visits"] == 3

    assert Visit.objects.count() == 2


def test_comments_go_where_that_is_wished_and_what_they_counted_stays(settings: Any) -> None:
    settings.KEEP_COMMENTS_DAYS = 60
    for days in (59, 61):
        named = ResponseFactory.create(comment="Still not working, nobody called.", answered_at=ago(days))
    anonymous = {"answered_at": None, "iso_week": "2025-W01", "resolution": None, "invitation": None}
    same = {"service": named.service, "survey_version": named.survey_version}
    ResponseFactory.create(comment="Bad", **anonymous, **same)
    score_comments(now=NOW)
    rebuild_evidence(now=NOW)
    cells = DayCell.objects.order_by("service", "measure", "bucket").values_list("service", "bucket", "total")
    before = list(cells)

    forget_old(kinds(), now=NOW)
    rebuild_evidence(now=NOW)

    assert Response.objects.exclude(comment="").get().answered_at == ago(59)
    assert CommentSentiment.objects.filter(response__comment="").exclude(cues=[]).count() == 0
    assert list(cells) == before


def test_answers_as_sent_are_kept_no_longer_than_comments(viewer: User, settings: Any) -> None:
    settings.KEEP_COMMENTS_DAYS = 30
    store_everything(ago(40), viewer)

    forget_old(kinds(), now=NOW)

    assert not SentAnswer.objects.exists()


@pytest.mark.usefixtures("clock")
def test_the_health_page_says_what_is_kept_too_long(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    assert "Nothing is older than set." in client.get("/health/").content.decode()
    store_everything(ago(100), administrator)

    words = client.get("/health/").content.decode()

    assert kept_too_long(now=NOW) == ["Inbound events", "Jobs", "Visits", "Batches of signals"]
    assert "Kept longer than set: Inbound events, Jobs, Visits, Batches of signals." in words


@pytest.mark.parametrize("days", ["29", "-1", "many", "40000"])
def test_days_that_would_take_away_what_is_needed_stop_the_start(days: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="from 30 to 36500 days"):
        Environment({"XLA_KEEP_MAIL_DAYS": days}).days_kept("XLA_KEEP_MAIL_DAYS", 180, help="x")
