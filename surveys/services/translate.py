"""Wording a survey's questions in one language. A version that was used never changes: a new one follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.models import Question, Survey, SurveyVersion
from surveys.selectors.translations import newest_version, reason_name, wordings


@transaction.atomic
def publish_wording(
    survey: Survey, code: str, texts: Mapping[str, str], *, now: datetime
) -> SurveyVersion | None:
    """Publish the next version of a survey with these texts in the language `code`, by their name.

    An empty text takes the own wording away. None when nothing changes. Raises ValueError for a survey
    without a published version.
    """
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    newest = newest_version(survey)
    if newest is None:
        raise ValueError(f"Survey {survey.key} has no published version to word.")
    before = {wording.name: wording.own for wording in wordings(newest, code)}
    changed = {name: text for name, text in texts.items() if before.get(name, text) != text}
    if not changed:
        return None
    version = SurveyVersion.objects.create(
        survey=survey,
        number=newest.number + 1,
        mode=newest.mode,
        open_days=newest.open_days,
        reminder_days=newest.reminder_days,
        published_at=now,
    )
    Question.objects.bulk_create(_copied(row, version, code, changed) for row in newest.questions.all())
    return version


def _copied(row: Question, version: SurveyVersion, code: str, changed: Mapping[str, str]) -> Question:
    return Question(
        version=version,
        position=row.position,
        kind=row.kind,
        scale=row.scale,
        wording=_worded(row.wording, code, changed.get(row.kind)),
        options=[_option(option, code, changed) for option in row.options],
    )


def _option(option: Mapping[str, Any], code: str, changed: Mapping[str, str]) -> dict[str, Any]:
    text = changed.get(reason_name(option["key"]))
    return {**option, "wording": _worded(option["wording"], code, text)}


def _worded(wording: Mapping[str, str], code: str, text: str | None) -> dict[str, str]:
    if text is None:
        return dict(wording)
    return {language: words for language, words in {**wording, code: text}.items() if words}
