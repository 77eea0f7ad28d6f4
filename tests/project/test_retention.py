"""What is forgotten after some days, by kind, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from experience.models import DayCell, Measurement, SignalBatch
from experience.services.evidence import rebuild_evidence
from surveys.models import (
    Bounce,
    BusinessService,
    CommentReading,
    CommentSentiment,
    IntakeEvent,
    IntakeSource,
    Invitation,
    Job,
    Message,
    Response,
    SentAnswer,
    Ticket,
    User,
    Visit,
)
from surveys.services import retention
from surveys.services.retention import forget_old
from surveys.services.score_comments import score_comments
from tests.experience.factories import gap, measured, starter
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    InvitationFactory,
    MessageFactory,
    ResolutionFactory,
    ResponseFactory,
    TicketFactory,
)
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


# --- titles and live views ----------------------------------------------------------------------------------


def test_titles_go_where_that_is_wished_and_not_of_open_tickets(settings: Any) -> None:
    settings.KEEP_TICKET_TITLES_DAYS = 60
    old, young, waiting = (
        TicketFactory.create(short_description="Anna's printer", opened_at=ago(days), state=state)
        for days, state in ((61, "closed"), (59, "closed"), (61, "open"))
    )

    forget_old(kinds(), now=NOW)

    titled = Ticket.objects.exclude(short_description="").values_list("pk", flat=True)
    assert set(titled) == {young.pk, waiting.pk}
    assert Ticket.objects.filter(pk=old.pk).exists()


def test_the_title_of_a_ticket_resolved_lately_stays_for_its_survey(settings: Any) -> None:
    settings.KEEP_TICKET_TITLES_DAYS = 60
    ticket = TicketFactory.create(short_description="Printer", opened_at=ago(70), state="closed")
    ResolutionFactory.create(ticket=ticket, resolved_at=ago(1))

    forget_old(kinds(), now=NOW)
    assert Ticket.objects.get().short_description == "Printer"

    forget_old(kinds(), now=NOW + timedelta(days=60))
    assert Ticket.objects.get().short_description == ""


def test_titles_stay_for_ever_unless_somebody_says_otherwise() -> None:
    TicketFactory.create(short_description="Printer", opened_at=ago(3000), state="closed")

    forget_old(kinds(), now=NOW)

    assert Ticket.objects.get().short_description == "Printer"


def live_view(service: BusinessService, days: int, **columns: Any) -> Measurement:
    last = (NOW - timedelta(days=days)).date()
    return measured(service, starts_on=last - timedelta(days=27), ends_on=last, **columns)


def test_old_live_views_go_and_what_somebody_reads_stays() -> None:
    service, retired = BusinessServiceFactory.create_batch(2)
    version = starter()
    same = {"agreement_version": version}
    gone = [live_view(service, 182, **same), live_view(service, 300, **same)]
    live_view(service, 179, **same)
    live_view(service, 0, **same)
    live_view(retired, 400, **same)  # its newest
    of_a_gap = live_view(service, 250, **same)
    gap(service, last_measurement=of_a_gap)
    measured(service, period="week", starts_on=ago(400).date(), ends_on=ago(394).date(), **same)
    before = set(Measurement.objects.values_list("pk", flat=True))

    assert forget_old(kinds(), now=NOW)["Results of the last 28 days"] == 2

    assert before - set(Measurement.objects.values_list("pk", flat=True)) == {m.pk for m in gone}


def test_an_unpublished_live_view_makes_no_shown_one_old() -> None:
    service, version = BusinessServiceFactory.create(), starter()
    shown = live_view(service, 200, agreement_version=version)
    live_view(service, 190, agreement_version=version, is_published=False)

    forget_old(kinds(), now=NOW)

    assert Measurement.objects.filter(pk=shown.pk).exists()


def test_live_views_of_a_journey_go_by_its_own(settings: Any) -> None:
    version = starter()
    journey = [live_view(None, days, agreement_version=version) for days in (300, 10)]  # type: ignore[arg-type]
    only = live_view(BusinessServiceFactory.create(), 300, agreement_version=version)

    forget_old(kinds(), now=NOW)

    assert set(Measurement.objects.values_list("pk", flat=True)) == {journey[1].pk, only.pk}


def test_what_a_live_view_is_compared_with_is_never_forgotten(settings: Any) -> None:
    settings.KEEP_LIVE_RESULTS_DAYS = 30
    service, version = BusinessServiceFactory.create(), starter()
    for days in (92, 90, 31, 0):
        live_view(service, days, agreement_version=version)

    forget_old(kinds(), now=NOW)

    assert Measurement.objects.count() == 3
