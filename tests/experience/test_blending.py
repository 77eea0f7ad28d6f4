"""What comments say inside the rating: blended once, in the mean alone, and provable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from experience.engine.indicators import Terms, is_blended
from experience.engine.normalise import Anchors
from experience.models import DayCell, Measurement, ParameterSet
from experience.services.early_lane import early_e_values
from experience.services.evidence import refresh_changed_days
from experience.services.library import LIBRARY
from experience.services.measure import measure_all
from experience.services.verify import verify
from surveys.models import BusinessService, CommentSentiment, Response, SentimentVersion
from surveys.services.changes import mark_changed
from surveys.services.sentiment_versions import register_shipped_model
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
RATINGS = [5, 4, 5, 4, 5, 4, 5, 4, 5, 4]


def said(response: Response, polarity: float, **columns: object) -> None:
    """Store what a comment says, sure and long enough to be blended unless said otherwise."""
    Response.objects.filter(pk=response.pk).update(comment="what was said")
    values = {"confidence": 0.95, "word_count": 12, "language": "en", **columns}
    CommentSentiment.objects.create(
        response=response, model_version="m1", polarity=polarity, label="negative", **values
    )


def measured(service: BusinessService) -> Measurement:
    refresh_changed_days(now=NOW)
    found = measure_all(as_of=NOW.date(), now=NOW, services=[service.pk])
    return next(m for m in found if m.period == Measurement.Period.ROLLING)


@pytest.fixture
def answers() -> list[Response]:
    service = BusinessServiceFactory.create()
    agreed(service)
    return answered(service, RATINGS)


def test_a_comment_counts_a_fifth_of_its_answer(answers: list[Response]) -> None:
    said(answers[0], -1.0)

    found = measured(answers[0].service)

    # 5 of 5 and a comment that goes with 15 of 100 (1.6 of 5): .8 x 5 + .2 x 1.6 = 4.32.
    assert found.rating_raw == pytest.approx(4.5)
    assert found.rating == pytest.approx((sum(RATINGS[1:]) + 4.32) / 10)


@pytest.mark.parametrize("columns", [{"confidence": 0.69}, {"word_count": 3}])
def test_an_unsure_or_very_short_comment_does_not_count(
    answers: list[Response], columns: dict[str, object]
) -> None:
    said(answers[0], -1.0, **columns)

    assert measured(answers[0].service).rating == pytest.approx(4.5)


def test_only_the_mean_rating_is_blended(answers: list[Response]) -> None:
    service = answers[0].service
    before, e_before = measured(service), early_e_values([service.pk], as_of=NOW.date(), now=NOW)
    said(answers[0], -1.0)
    mark_changed({(service.pk, (NOW - timedelta(days=3)).date())})

    after = measured(service)

    assert before.rating is not None
    assert after.rating is not None
    assert after.rating < before.rating
    assert after.results["rating_counts"] == before.results["rating_counts"]
    assert early_e_values([service.pk], as_of=NOW.date(), now=NOW) == e_before


@pytest.mark.parametrize(
    ("key", "measure"), [("csat", "satisfaction"), ("effort", "effort"), ("happiness", "happiness")]
)
def test_other_questions_take_the_raw_rating(key: str, measure: str) -> None:
    declared = next(one for one in LIBRARY if one.key == key)
    terms = Terms(
        key, key, "X", str(declared.statistic), measure, "", declared.low, declared.high,
        Anchors(declared.floor, declared.target, declared.ceiling), 1.0,
    )  # fmt: skip

    assert not is_blended(terms)


def test_the_calibration_of_its_language_says_what_a_comment_is_worth(answers: list[Response]) -> None:
    register_shipped_model(now=NOW)
    SentimentVersion.objects.update(model_version="m1", curves={"en": [50.0] * 21})
    said(answers[0], -1.0)

    found = measured(answers[0].service)

    assert found.rating == pytest.approx((sum(RATINGS[1:]) + 0.8 * 5 + 0.2 * 3) / 10)
    cell = DayCell.objects.get(measure="satisfaction", bucket=5 * 22 + 11)
    assert (cell.count, cell.model_version) == (1, "m1/0")


def test_a_blended_result_can_be_proved(answers: list[Response]) -> None:
    said(answers[0], -1.0)
    measured(answers[0].service)

    assert list(verify(Measurement.objects.all())) == []


def test_a_set_from_before_blending_still_proves_its_results(answers: list[Response]) -> None:
    said(answers[0], -1.0)
    measured(answers[0].service)
    used = ParameterSet.objects.get()
    used.values.pop("comment_weight")
    used.save()
    Measurement.objects.all().delete()

    assert measured(answers[0].service).rating == pytest.approx(4.5)
    assert list(verify(Measurement.objects.all())) == []


def test_the_nightly_parameters_name_model_and_calibration(answers: list[Response]) -> None:
    register_shipped_model(now=NOW)
    measured(answers[0].service)

    used = ParameterSet.objects.get()

    assert used.sentiment_model == str(SentimentVersion.objects.get())
    assert used.values["comment_weight"] == 0.2
