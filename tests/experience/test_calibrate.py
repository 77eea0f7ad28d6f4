"""Learning from rated comments: what is used, what is refused, when it applies, and the way back."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command

from experience.models import DayCell, Measurement
from experience.services.calibrate import calibrate
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from surveys.engine.sentiment import shipped_scorer
from surveys.engine.sentiment.corpus import public_texts, read_comments
from surveys.models import CommentSentiment, EvidenceChange, Response, SentimentVersion
from surveys.services.score_comments import score_comments
from surveys.services.sentiment_versions import (
    next_period_start,
    register_shipped_model,
    roll_back,
    scorer_of,
    scorer_on,
)
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory, ResponseFactory

pytestmark = pytest.mark.django_db
JULY = date(2026, 7, 1)
PRAISE = "Very good and friendly help, thank you, works again, number {}"
BLAME = "Still broken and nobody called back about case number {}"


def commented(count: int, *, happy: int, unhappy: int, words: tuple[str, str] = (PRAISE, BLAME)) -> None:
    """Store rated comments, every other one praise; `happy` and `unhappy` are their ratings."""
    invitation = ResponseFactory.create(rating=3).invitation
    rows = [
        Response(
            service=invitation.service,
            survey_version=invitation.survey_version,
            channel=Response.Channel.IMPORTED,
            state=Response.State.ACCEPTED,
            rating=unhappy if number % 2 else happy,
            comment=words[number % 2].format(number),
            language="en",
        )
        for number in range(count)
    ]
    Response.objects.bulk_create(rows)


def test_below_three_hundred_pairs_nothing_is_learned() -> None:
    commented(299, happy=5, unhappy=1)

    assert calibrate(now=NOW) is None

    assert [str(v) for v in SentimentVersion.objects.all()] == [f"{shipped_scorer().model.version}/0"]


def test_a_curve_that_predicts_ratings_better_is_used_from_the_next_month_on() -> None:
    commented(400, happy=4, unhappy=3)

    made = calibrate(now=NOW)

    assert made is not None
    assert (made.applies_from, made.applies_until) == (JULY, None)
    assert made.pairs == {"en": 400}
    assert made.curves["en"][0] == pytest.approx(50.0, abs=1.0)
    assert made.curves["en"][-1] == pytest.approx(75.0, abs=1.0)
    assert made.trial["curves"]["en"]["new_error"] < made.trial["curves"]["en"]["current_error"]
    assert made.model_file is None


def test_ratings_that_say_nothing_leave_the_curve_in_use() -> None:
    register_shipped_model(now=NOW)
    exact = {"en": [float(step) for step in [50.0] * 10 + [60.0] + [75.0] * 10]}
    SentimentVersion.objects.update(curves=exact)
    commented(400, happy=4, unhappy=3)

    refused = calibrate(now=NOW)

    assert refused is not None
    assert refused.applies_until == refused.applies_from == JULY
    assert not refused.trial["curves"]["en"]["is_accepted"]
    assert SentimentVersion.objects.filter(applies_until=None).get().curves == exact


def test_the_next_night_tries_again_only_with_a_tenth_more_pairs() -> None:
    commented(400, happy=4, unhappy=3)
    calibrate(now=NOW)

    assert calibrate(now=NOW + timedelta(days=1)) is None
    commented(45, happy=4, unhappy=3)
    assert calibrate(now=NOW + timedelta(days=2)) is not None


@pytest.fixture
def little_to_train_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on a small part of the shipped texts: in seconds instead of a minute."""
    monkeypatch.setattr("experience.services.calibrate.read_comments", lambda: read_comments()[:150])
    monkeypatch.setattr(
        "experience.services.calibrate.read_public_texts", lambda: public_texts("uci_yelp")[:200]
    )


@pytest.mark.usefixtures("little_to_train_on")
def test_a_thousand_rated_comments_teach_the_model_the_words_of_the_house() -> None:
    words = ("that was vexish, case {}", "that was zorbly, case {}")
    praise, blame = sorted(
        words, key=lambda text: shipped_scorer().score(text.format(1), "en").polarity or 0.0
    )
    commented(1000, happy=5, unhappy=1, words=(praise, blame))

    made = calibrate(now=NOW)

    assert made is not None
    assert made.trial["model"]["is_accepted"]
    assert made.model_version != shipped_scorer().model.version
    assert scorer_of(made).model.version == made.model_version
    assert scorer_of(made).score(blame.format(7)).label == "negative"
    assert scorer_on(JULY - timedelta(days=1)).model.version == shipped_scorer().model.version
    assert bytes(made.model_file or b"")[:2] == b"PK"


def new_version(*, applies_from: date, curve: float) -> SentimentVersion:
    return SentimentVersion.objects.create(
        number=SentimentVersion.objects.count(),
        model_version=shipped_scorer().model.version,
        curves={"en": [curve] * 21},
        made_at=NOW,
        applies_from=applies_from,
    )


def test_going_back_ends_the_newest_version_at_the_start_of_the_open_month() -> None:
    register_shipped_model(now=NOW)
    made = new_version(applies_from=date(2026, 5, 1), curve=10.0)

    ended = roll_back(now=NOW)

    assert ended == made
    made.refresh_from_db()
    assert (made.applies_on(date(2026, 5, 31)), made.applies_on(date(2026, 6, 1))) == (True, False)
    assert roll_back(now=NOW) is None


def test_going_back_measures_the_days_of_the_open_month_anew() -> None:
    service = BusinessServiceFactory.create()
    now = datetime(2026, 6, 20, 12, tzinfo=UTC)
    for month in (5, 6):
        [response] = answered(service, [5], resolved_at=datetime(2026, month, 18, 9, tzinfo=UTC))
        Response.objects.filter(pk=response.pk).update(comment=BLAME.format(1))
    register_shipped_model(now=now)
    new_version(applies_from=date(2026, 5, 1), curve=10.0)
    score_comments(now=now)
    EvidenceChange.objects.all().delete()

    roll_back(now=now)

    assert list(EvidenceChange.objects.values_list("day", flat=True)) == [date(2026, 6, 18)]


def test_a_version_that_has_not_begun_never_does() -> None:
    register_shipped_model(now=NOW)
    made = new_version(applies_from=JULY, curve=10.0)

    roll_back(now=NOW)

    made.refresh_from_db()
    assert made.applies_until == made.applies_from


def test_a_new_shipped_model_waits_for_the_next_month_and_the_old_one_keeps_its_days() -> None:
    response = ResponseFactory.create(comment="Great help!")
    CommentSentiment.objects.create(response=response, model_version="older", polarity=0.9, label="positive")

    register_shipped_model(now=NOW)
    register_shipped_model(now=NOW)

    found = list(SentimentVersion.objects.order_by("number").values_list("model_version", "applies_from"))
    assert found == [("older", date(1900, 1, 1)), (shipped_scorer().model.version, JULY)]


def test_a_closed_month_is_untouched_by_a_new_version() -> None:
    service = BusinessServiceFactory.create()
    agreed(service)
    for response in answered(service, [5, 4, 5, 2, 1, 4, 5, 3, 4, 5], resolved_at=NOW - timedelta(days=20)):
        Response.objects.filter(pk=response.pk).update(comment=BLAME.format(response.pk))
    register_shipped_model(now=NOW)
    score_comments(now=NOW)
    refresh_changed_days(now=NOW)
    close = datetime(2026, 6, 15, 12, tzinfo=UTC)
    may = {NOW.date() - timedelta(days=20)}
    measure_all(as_of=close.date(), now=close, changed_days=may)
    before = list(Measurement.objects.filter(state="final").values_list("pk", "rating", "input_hash"))
    cells = set(DayCell.objects.values_list("measure", "model_version", "bucket", "count"))

    new_version(applies_from=next_period_start(close), curve=99.0)
    score_comments(now=close)
    for day in set(DayCell.objects.values_list("service", "day")):
        EvidenceChange.objects.create(service_id=day[0], day=day[1])
    refresh_changed_days(now=close)
    measure_all(as_of=close.date(), now=close, changed_days=may)

    assert before
    assert set(DayCell.objects.values_list("measure", "model_version", "bucket", "count")) == cells
    assert list(Measurement.objects.filter(state="final").values_list("pk", "rating", "input_hash")) == before
    assert not Measurement.objects.exclude(corrects=None).exists()


def test_the_command_learns_lists_and_goes_back() -> None:
    commented(400, happy=4, unhappy=3)
    said = io.StringIO()

    call_command("calibrate_sentiment", "--list", stdout=said)
    call_command("calibrate_sentiment", stdout=said)
    call_command("calibrate_sentiment", "--list", stdout=said)
    call_command("calibrate_sentiment", "--rollback", stdout=said)
    call_command("calibrate_sentiment", "--rollback", stdout=said)

    assert said.getvalue().startswith("No version yet")
    assert "in force from the beginning" in said.getvalue()
    assert "curve en used" in said.getvalue()
    assert "reads again from then on" in said.getvalue()
    assert "nothing to go back to" in said.getvalue()
