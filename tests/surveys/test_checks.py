from typing import Any

import pytest

from surveys.checks import check_bounce_mailbox, check_surveys_close_in_time
from surveys.models import SendingRule, SurveyVersion
from tests.factories import default_survey

pytestmark = pytest.mark.django_db


def found() -> list[Any]:
    return check_surveys_close_in_time(None, databases=["default"])


def test_without_a_survey_nothing_is_wrong() -> None:
    assert found() == []


def test_the_default_survey_closes_when_the_results_are_final(settings: Any) -> None:
    default_survey()

    assert found() == []

    settings.MATURITY_DAYS = 6
    (error,) = found()
    assert "final after 6" in error.msg
    assert "XLA_MATURITY_DAYS to 7" in error.hint


def test_the_delay_counts_towards_the_limit() -> None:
    survey = default_survey()
    SendingRule.objects.filter(survey=survey).update(delay_minutes=24 * 60 + 1)

    assert len(found()) == 1


def test_a_version_that_nobody_published_is_not_looked_at(settings: Any) -> None:
    SurveyVersion.objects.create(survey=default_survey(), number=9, open_days=60)

    assert found() == []


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("", 0),
        ("maildir:/var/mail/bounces", 0),
        ("imaps://a:b@imap.example.org/INBOX", 0),
        ("pop3://host", 1),
    ],
)
def test_a_mailbox_of_bounces_that_nobody_can_read_stops_the_start(
    address: str, count: int, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = address

    assert len(check_bounce_mailbox(None)) == count
