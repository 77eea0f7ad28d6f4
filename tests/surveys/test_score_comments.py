from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.engine.sentiment import shipped_scorer
from surveys.engine.tickets import TicketRecord
from surveys.models import CommentSentiment, EvidenceChange, Response
from surveys.services.register_tickets import register_tickets
from surveys.services.score_comments import score_comments
from tests.factories import NOW, ResponseFactory

pytestmark = pytest.mark.django_db


def test_without_comments_there_is_nothing_to_score() -> None:
    ResponseFactory.create(comment="")

    assert score_comments(now=NOW) == 0


def test_a_comment_gets_the_sentiment_of_the_current_model() -> None:
    response = ResponseFactory.create(comment="Still not working, nobody called me back.")

    assert score_comments(now=NOW) == 1

    sentiment = CommentSentiment.objects.get()
    assert (sentiment.response, sentiment.label) == (response, "negative")
    assert sentiment.polarity < 0
    assert sentiment.model_version == shipped_scorer().model.version
    assert {"kind", "text", "start", "end", "lean"} <= set(sentiment.cues[0])


def test_a_comment_that_cannot_be_read_is_unscored_not_neutral() -> None:
    ResponseFactory.create(comment="12345")

    score_comments(now=NOW)

    sentiment = CommentSentiment.objects.get()
    assert (sentiment.label, sentiment.polarity) == ("unscored", None)


def test_scoring_marks_the_day_of_the_resolution_as_changed() -> None:
    response = ResponseFactory.create(comment="Great help!")

    score_comments(now=NOW)

    assert list(EvidenceChange.objects.values_list("service", "day")) == [
        (response.service_id, response.resolution.resolved_on)
    ]


def test_scoring_again_changes_nothing() -> None:
    ResponseFactory.create(comment="Great help!")
    score_comments(now=NOW)
    EvidenceChange.objects.all().delete()

    assert score_comments(now=NOW) == 0

    assert CommentSentiment.objects.count() == 1
    assert not EvidenceChange.objects.exists()


def test_a_new_model_scores_again_beside_the_old_one() -> None:
    response = ResponseFactory.create(comment="Great help!")
    CommentSentiment.objects.create(response=response, model_version="older", polarity=0.0, label="neutral")

    score_comments(now=NOW)

    assert CommentSentiment.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"state": "provisional"}, {"state": "set_apart", "set_apart_reason": "x"}]
)
def test_what_does_not_count_is_not_scored(change: dict[str, str]) -> None:
    ResponseFactory.create(comment="Great help!", **change)

    assert score_comments(now=NOW) == 0


def test_a_comment_changed_while_it_was_read_waits_for_the_next_sweep() -> None:
    response = ResponseFactory.create(comment="Great help!")
    shipped = shipped_scorer()

    class Slow:
        model = shipped.model

        def score_all(self, comments: Any) -> Any:
            sentiments = shipped.score_all(comments)
            Response.objects.update(comment="Still broken.")
            return sentiments

    assert score_comments(now=NOW, scorer=Slow()) == 0  # type: ignore[arg-type]

    assert score_comments(now=NOW) == 1
    assert response.sentiments.get().label == "negative"


def test_a_sweep_reads_what_is_new_and_not_what_was_scored_before() -> None:
    ResponseFactory.create_batch(3, comment="Great help!")
    score_comments(now=NOW)

    with CaptureQueriesContext(connection) as queries:
        assert score_comments(now=NOW) == 0

    assert "response_comment_to_read" in Response.objects.to_read().order_by("pk").explain() or (
        connection.vendor == "postgresql"  # scans so few rows whatever index there is
    )
    assert len(queries) == 2


def test_a_resolution_that_moves_to_another_day_has_its_comment_read_again() -> None:
    response = ResponseFactory.create(comment="Great help!")
    score_comments(now=NOW)
    ticket = response.resolution.ticket
    earlier = response.resolution.resolved_at - timedelta(days=1)
    report = TicketRecord(
        number=ticket.number,
        state="resolved",
        opened_at=ticket.opened_at,
        resolved_at=earlier,
        reopen_count=0,
        updated_at=earlier,
    )

    register_tickets([report], source=ticket.source, now=NOW)

    moved = Response.objects.filter(resolution__resolved_on=earlier.date())
    assert (moved.count(), Response.objects.to_read().count()) == (1, 1)
