"""What a survey version says, as a value: to read, to reword, to compare and to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from surveys.models import Question, SurveyVersion


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a design; wording by language, options as the model keeps them."""

    kind: str
    scale: str = ""
    wording: tuple[tuple[str, str], ...] = ()
    options: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Design:
    """Everything that a version says: who reads the answers, how long it is open, and what is asked."""

    mode: str
    open_days: int
    reminder_days: int
    questions: tuple[Asked, ...]

    def question(self, kind: str) -> Asked | None:
        """Return the question of a kind; None when it is not asked."""
        return next((asked for asked in self.questions if asked.kind == kind), None)


def design_of(version: SurveyVersion) -> Design:
    """Return what a version says."""
    questions = tuple(
        Asked(row.kind, row.scale, tuple(sorted(row.wording.items())), tuple(row.options))
        for row in version.questions.all()
    )
    return Design(version.mode, version.open_days, version.reminder_days, questions)


def reason_name(key: str) -> str:
    """Return the name of a reason among the texts of a design; a question's is its kind."""
    return f"reason-{key}"


def has_wrong_braces(kind: str, text: str) -> bool:
    """Say whether a text holds braces that nobody fills in: the rating alone may name its {ticket}."""
    rest = text.replace("{ticket}", "") if kind == Question.Kind.RATING else text
    return "{" in rest or "}" in rest


def worded(design: Design, code: str, texts: Mapping[str, str]) -> Design:
    """Return a design with these texts in the language `code`, by kind or `reason_name`.

    An empty text takes the own wording away; what is not named stays.
    """
    return replace(design, questions=tuple(_worded(asked, code, texts) for asked in design.questions))


def _worded(asked: Asked, code: str, texts: Mapping[str, str]) -> Asked:
    options = tuple(
        {**option, "wording": _in_language(option["wording"], code, texts.get(reason_name(option["key"])))}
        for option in asked.options
    )
    wording = _in_language(dict(asked.wording), code, texts.get(asked.kind))
    return replace(asked, wording=tuple(sorted(wording.items())), options=options)


def _in_language(wording: Mapping[str, str], code: str, text: str | None) -> dict[str, str]:
    if text is None:
        return dict(wording)
    return {language: words for language, words in {**wording, code: text.strip()}.items() if words}
