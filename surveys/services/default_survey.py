"""The survey that a new installation starts with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from surveys.engine.scales import Band
from surveys.engine.wording import HIGH_REASONS, LOW_REASONS, WORDS
from surveys.models import Question, SendingRule, Survey, SurveyVersion

KEY = "after-resolution"
NAME = gettext_noop("After a ticket is resolved")
_KIND = Question.Kind
# Whether it was solved is asked only where a "no" reaches somebody.
KINDS = [_KIND.RATING, _KIND.REASONS, _KIND.LOST_TIME, _KIND.SOLVED, _KIND.COMMENT]
EARLIER_KINDS = [_KIND.RATING, _KIND.REASONS, _KIND.LOST_TIME, _KIND.COMMENT]


@transaction.atomic
def create_default_survey(*, now: datetime, key: str = KEY, name: str = NAME) -> SurveyVersion:
    """Return the newest published version of the default survey; make what is missing of it.

    Under another key and name it is a survey of its own with the same questions.
    """
    survey, _ = Survey.objects.get_or_create(key=key, defaults={"name": name})
    SendingRule.objects.get_or_create(survey=survey, number=1, defaults={"created_at": now})
    published = survey.published_version()
    if published is None or _is_earlier_default(published):
        return _publish_version(survey, now)
    return published


def _is_earlier_default(version: SurveyVersion) -> bool:
    """Say whether a version is the one we shipped before, untouched: then the next follows it."""
    if version.number > 1:
        return False
    questions = list(version.questions.all())
    kinds = [question.kind for question in questions]
    return kinds == EARLIER_KINDS and not any(question.wording for question in questions)


def _publish_version(survey: Survey, now: datetime) -> SurveyVersion:
    number = survey.versions.count() + 1
    version = SurveyVersion.objects.create(survey=survey, number=number, published_at=now)
    Question.objects.bulk_create(default_questions(version))
    return version


def default_questions(version: SurveyVersion) -> list[Question]:
    """Return the usual questions for a version, unsaved."""
    return [
        Question(
            version=version,
            position=position,
            kind=kind,
            scale=Question.Scale.SATISFACTION if kind == Question.Kind.RATING else Question.Scale.NONE,
            options=default_reasons() if kind == Question.Kind.REASONS else [],
        )
        for position, kind in enumerate(KINDS, start=1)
    ]


def default_reasons() -> list[dict[str, Any]]:
    """Return the usual reasons as a question keeps them, worded in every language."""
    bands = {Band.LOW: LOW_REASONS, Band.HIGH: HIGH_REASONS}
    return [
        {
            "key": key,
            "band": band.value,
            "wording": {code: words.reasons[key] for code, words in WORDS.items()},
        }
        for band, keys in bands.items()
        for key in keys
    ]
