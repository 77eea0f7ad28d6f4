"""Anonymous answers move results, once a night and together, and nothing joins them to a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from experience.models import DayCell, Measurement
from experience.services.evidence import rebuild_evidence, refresh_changed_days
from experience.services.judge import judge_day
from experience.services.parameters import parameter_set_for
from experience.services.verify import verify
from surveys.models import BusinessService, EvidenceChange, Invitation, Response, SurveyVersion
from surveys.services.anonymous import mark_anonymous_weeks
from surveys.services.answer import Answer, record_answer
from surveys.services.default_survey import create_default_survey
from surveys.services.score_comments import score_comments
from tests.experience.scenes import agreed, silent
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
TWO_DAYS_AGO = NOW - timedelta(days=2)


@pytest.fixture
def asked(service: BusinessService) -> list[Invitation]:
    """Twelve people who were asked in an anonymous survey."""
    cache.clear()
    service.survey = create_default_survey(now=NOW).survey
    service.save()
    SurveyVersion.objects.update(mode="anonymous")
    agreed(service)
    silent(service, 12, resolved_at=TWO_DAYS_AGO)
    return list(Invitation.objects.order_by("pk"))


def say(invitations: list[Invitation], rating: int, comment: str = "") -> None:
    for invitation in invitations:
        record_answer(invitation.pk, Answer(rating, frozenset(), 30, comment), now=NOW)


def count_them() -> None:
    mark_anonymous_weeks(TODAY)
    refresh_changed_days(now=NOW)


def result(service: BusinessService) -> Measurement:
    return Measurement.objects.current().get(service=service, period="rolling", ends_on=TODAY)


def resolved(**which: int) -> int:
    return sum(DayCell.objects.filter(measure="resolved", **which).values_list("count", flat=True))


def test_anonymous_answers_enter_the_result_of_the_next_night(
    service: BusinessService, asked: list[Invitation]
) -> None:
    say(asked[:4], 5)
    say(asked[4:6], 2)

    judge_day(TODAY, now=NOW)

    found = result(service)
    assert (found.n_resolved, found.n_asked, found.n_answered) == (12, 12, 6)
    assert found.rating == pytest.approx(4.0)
    assert found.inputs["people"] == [6, 6, 6]
    assert list(verify(Measurement.objects.all())) == []


def test_four_anonymous_answers_are_hidden_like_those_of_four_people(
    service: BusinessService, asked: list[Invitation]
) -> None:
    say(asked[:4], 5)

    judge_day(TODAY, now=NOW)

    assert (result(service).rating, result(service).status) == (None, "hidden")


def test_an_answer_alone_leaves_no_mark_of_its_time(asked: list[Invitation]) -> None:
    EvidenceChange.objects.all().delete()

    say(asked[:1], 4, "Thank you, that was quick and very friendly.")
    score_comments(now=NOW)

    assert not EvidenceChange.objects.exists()
    assert not Response.objects.filter(answered_at__isnull=False).exists()


def test_they_stand_on_the_monday_of_their_week_in_their_coarsened_class(asked: list[Invitation]) -> None:
    say(asked[:6], 5)

    count_them()

    cells = DayCell.objects.filter(measure="satisfaction")
    assert set(cells.values_list("day", "response_class", "count")) == {(MONDAY, "000000", 6)}
    assert (resolved(bucket=3), resolved(bucket=2), resolved()) == (6, 6, 12)


def test_a_changed_answer_leaves_the_week_in_which_it_was_given_first(asked: list[Invitation]) -> None:
    say(asked[:1], 5)
    count_them()
    sunday = MONDAY + timedelta(days=6)
    Invitation.objects.update(closes_at=NOW + timedelta(days=9))

    record_answer(asked[0].pk, Answer(1), now=NOW + timedelta(days=7))
    mark_anonymous_weeks(sunday + timedelta(days=1))
    refresh_changed_days(now=NOW + timedelta(days=7))

    cells = DayCell.objects.filter(measure="satisfaction").values_list("day", "bucket", "count")
    assert list(cells) == [(sunday + timedelta(days=1), 22, 1)]


def test_rebuilding_gives_the_same_cells(asked: list[Invitation]) -> None:
    say(asked[:6], 2, "It took far too long and nobody told me anything.")
    score_comments(now=NOW)
    count_them()
    columns = ("day", "measure", "response_class", "model_version", "bucket", "count", "total")
    before = set(DayCell.objects.values_list(*columns))
    assert {"sentiment", "lost_time"} <= {row[1] for row in before}

    DayCell.objects.all().delete()
    rebuild_evidence(now=NOW)

    assert set(DayCell.objects.values_list(*columns)) == before


def test_answers_of_a_class_that_is_coarsened_to_nothing_are_weighted_too(
    service: BusinessService, asked: list[Invitation]
) -> None:
    say(asked[:6], 5)
    Response.objects.update(response_class="")

    judge_day(TODAY, now=NOW)

    assert result(service).rating == pytest.approx(5.0)


def test_response_rates_learn_from_them_by_the_classes_they_may_belong_to(asked: list[Invitation]) -> None:
    say(asked[:6], 5)
    Response.objects.update(response_class="00")
    count_them()

    values = parameter_set_for(TODAY + timedelta(days=20), now=NOW).values

    rates = values["class_rates"]
    assert values["asked"] == 12
    assert rates["000000"] > rates[""] > 0.2
