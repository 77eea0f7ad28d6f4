import pytest

from surveys.engine.wording import WORDS
from surveys.models import Question, SendingRule, Survey, SurveyVersion
from surveys.services.default_survey import create_default_survey
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_default_survey_asks_for_a_rating_reasons_lost_time_and_a_comment() -> None:
    version = create_default_survey(now=NOW)

    kinds = [question.kind for question in version.questions.all()]
    assert kinds == ["rating", "reasons", "lost_time", "comment"]
    assert version.published_at == NOW
    assert version.questions.get(kind=Question.Kind.RATING).scale == "satisfaction"


def test_its_reasons_have_a_band_and_a_text_in_every_language() -> None:
    options = create_default_survey(now=NOW).questions.get(kind=Question.Kind.REASONS).options

    assert {option["band"] for option in options} == {"low", "high"}
    assert all(set(option["wording"]) == set(WORDS) for option in options)
    assert "I had to explain my case many times" in [option["wording"]["en"] for option in options]


def test_making_it_again_changes_nothing() -> None:
    first = create_default_survey(now=NOW)

    assert create_default_survey(now=NOW) == first

    assert [model.objects.count() for model in (Survey, SurveyVersion, SendingRule)] == [1, 1, 1]


def test_the_newest_published_version_is_the_survey() -> None:
    survey = create_default_survey(now=NOW).survey
    second = SurveyVersion.objects.create(survey=survey, number=2, published_at=NOW)
    SurveyVersion.objects.create(survey=survey, number=3)

    assert create_default_survey(now=NOW) == second


def test_delay_and_opening_time_end_within_the_maturity_of_results(settings) -> None:
    version = create_default_survey(now=NOW)

    rule = SendingRule.objects.get(survey=version.survey)
    assert rule.delay_minutes / 1440 + version.open_days <= settings.MATURITY_DAYS
