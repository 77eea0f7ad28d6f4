import pytest

from surveys.engine.wording import WORDS
from surveys.models import Question, SendingRule, Survey, SurveyVersion
from surveys.services.default_survey import create_default_survey
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_default_survey_asks_for_a_rating_reasons_lost_time_solved_and_a_comment() -> None:
    version = create_default_survey(now=NOW)

    kinds = [question.kind for question in version.questions.all()]
    assert kinds == ["rating", "reasons", "lost_time", "solved", "comment"]
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


def earlier_default() -> SurveyVersion:
    """The version that installations have from before "was it really solved?" was asked."""
    version = create_default_survey(now=NOW)
    version.questions.filter(kind="solved").delete()
    return version


def test_an_untouched_earlier_default_is_followed_by_a_new_version_and_stays() -> None:
    earlier = earlier_default()

    newest = create_default_survey(now=NOW)

    assert (newest.survey, newest.number) == (earlier.survey, 2)
    assert earlier.questions.count() == 4
    assert create_default_survey(now=NOW) == newest


def test_an_earlier_version_with_words_of_its_own_stays_in_force() -> None:
    earlier = earlier_default()
    earlier.questions.filter(kind="rating").update(wording={"en": "Well?"})

    assert create_default_survey(now=NOW) == earlier


def test_the_newest_published_version_is_the_survey() -> None:
    survey = create_default_survey(now=NOW).survey
    second = SurveyVersion.objects.create(survey=survey, number=2, published_at=NOW)
    SurveyVersion.objects.create(survey=survey, number=3)

    assert create_default_survey(now=NOW) == second


def test_delay_and_opening_time_end_within_the_maturity_of_results(settings) -> None:
    version = create_default_survey(now=NOW)

    rule = SendingRule.objects.get(survey=version.survey)
    assert rule.delay_minutes / 1440 + version.open_days <= settings.MATURITY_DAYS
