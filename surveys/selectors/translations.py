"""What a survey's newest version says in a language: its own words, and what a respondent would read."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, Words
from surveys.models import Question, SurveyVersion
from surveys.selectors.asked import questionnaire
from surveys.selectors.designs import reason_name


@dataclass(frozen=True)
class Wording:
    """One question or reason in one language.

    `own` is the version's own text, "" for none; `read` is what a respondent reads; `is_complete` says that
    they read it in their language.
    """

    name: str
    label: str
    own: str
    english: str
    read: str
    is_complete: bool


def wordings(version: SurveyVersion, code: str) -> list[Wording]:
    """Return every text of a version in the language `code`, in the order of its questions."""
    words, found = WORDS[code], list[Wording]()
    shown = questionnaire(version, words, asks_solved=True)
    reasons = {reason.key: reason.text for reason in shown.reasons}
    for question in version.questions.all():
        if question.kind == Question.Kind.REASONS:
            found += [_reason(option, reasons[option["key"]], words) for option in question.options]
        else:
            found.append(_question(question, getattr(shown, question.kind), words))
    return found


def missing_in(version: SurveyVersion, code: str) -> int:
    """Return how many texts of a version nobody reads in the language `code`."""
    return sum(not text.is_complete for text in wordings(version, code))


def _question(question: Question, read: str, words: Words) -> Wording:
    own, english = question.wording.get(words.code, ""), question.wording.get(DEFAULT_LANGUAGE, "")
    label = str(Question.Kind(question.kind).label)
    return Wording(question.kind, label, own, english, read, bool(own) or not english)


def _reason(option: dict[str, dict[str, str]], read: str, words: Words) -> Wording:
    key, own = str(option["key"]), option["wording"].get(words.code, "")
    english = option["wording"].get(DEFAULT_LANGUAGE, "")
    is_complete = bool(own) or key in words.reasons
    return Wording(
        reason_name(key),
        _("Reason: %(reason)s") % {"reason": english or key},
        own,
        english,
        read,
        is_complete,
    )
