"""The form of the answer page, and of whatever else takes a rating."""

from __future__ import annotations

from typing import Any

from django import forms

from surveys.engine.answer_rows import LONGEST_LOST_TIME
from surveys.engine.questionnaire import Questionnaire
from surveys.engine.wording import LOST_TIME_PICKS, Words, fill
from surveys.models import Response
from surveys.services.answer import Answer

COMMENT_LENGTH = 4000
SOLVED = {"yes": True, "no": False}
# The answer page never shows a field's own error twice, so each field names one sentence for whatever is
# wrong.
NUMBER_ERRORS = ("required", "invalid", "invalid_choice", "min_value")


class CommentField(forms.CharField):
    """A text whose line ends count as one character, as in the browser."""

    def to_python(self, value: Any) -> str:
        """Return the text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class AnswerForm(forms.Form):
    """Reads a rating and, all optional, reasons, lost time and a comment."""

    def __init__(self, *args: Any, questionnaire: Questionnaire, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words
        self.fields["rating"] = _rating(questionnaire, words)
        self.fields["reasons"] = _reasons(questionnaire, words)
        if questionnaire.solved:
            self.fields["solved"] = _solved(words)
        if questionnaire.lost_time:
            self.fields |= _lost_time(words)
        if questionnaire.comment:
            self.fields["comment"] = _comment(words)

    def clean(self) -> dict[str, Any]:
        """Add `lost_time_minutes`: the quick pick, or what is written exactly.

        When both are given the exact time stands, unless it only stayed in the form from the answer before.
        """
        given = super().clean() or {}
        hours, minutes = given.get("hours"), given.get("minutes")
        lost = given.get("lost_time")
        was_written = not {"hours", "minutes"}.isdisjoint(self.changed_data)
        if (hours is not None or minutes is not None) and (lost is None or was_written):
            lost = (hours or 0) * 60 + (minutes or 0)
        if lost is not None and lost > LONGEST_LOST_TIME:
            self.add_error("hours", self.words.lost_time_wrong)
        return given | {"lost_time_minutes": lost}

    def answer(self) -> Answer:
        """Return the answer of a valid form."""
        given = self.cleaned_data
        return Answer(
            rating=given["rating"],
            reasons=frozenset(given["reasons"]),
            lost_time_minutes=given["lost_time_minutes"],
            comment=given.get("comment", ""),
            is_solved=SOLVED.get(given.get("solved", "")),
        )


def initial_answer(response: Response | None, rating: int | None) -> dict[str, Any]:
    """Return what the form shows at first: the earlier answer, with the rating of the button just clicked."""
    initial: dict[str, Any] = {"rating": rating}
    if response is None:
        return initial
    lost_time = response.lost_time_minutes
    is_pick = lost_time in LOST_TIME_PICKS
    return {
        "rating": response.rating if rating is None else rating,
        "reasons": [reason.key for reason in response.reasons.all()],
        "lost_time": lost_time if is_pick else None,
        "hours": None if is_pick or lost_time is None else lost_time // 60,
        "minutes": None if is_pick or lost_time is None else lost_time % 60,
        "comment": response.comment,
        "solved": next((key for key, value in SOLVED.items() if value == response.is_solved), ""),
    }


def _rating(questionnaire: Questionnaire, words: Words) -> forms.Field:
    scale = questionnaire.scale
    sentence = fill(words.rating_missing, low=scale.low, high=scale.high)
    return forms.TypedChoiceField(
        choices=[(rating, words.rating_label(scale.key, rating)) for rating in scale.ratings],
        coerce=int,
        error_messages=dict.fromkeys(NUMBER_ERRORS, sentence),
    )


def _reasons(questionnaire: Questionnaire, words: Words) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=[(reason.key, reason.text) for reason in questionnaire.reasons],
        required=False,
        error_messages={"invalid_choice": words.reason_unknown, "invalid_list": words.reason_unknown},
    )


def _solved(words: Words) -> forms.Field:
    return forms.ChoiceField(choices=[("yes", words.solved_yes), ("no", words.solved_no)], required=False)


def _lost_time(words: Words) -> dict[str, forms.Field]:
    errors = dict.fromkeys(NUMBER_ERRORS, words.lost_time_wrong)
    return {
        "lost_time": forms.TypedChoiceField(
            choices=[(minutes, words.lost_time_picks[minutes]) for minutes in LOST_TIME_PICKS],
            coerce=int,
            empty_value=None,
            required=False,
            error_messages=errors,
        ),
        "hours": forms.IntegerField(min_value=0, required=False, error_messages=errors),
        "minutes": forms.IntegerField(min_value=0, required=False, error_messages=errors),
    }


def _comment(words: Words) -> forms.Field:
    sentence = fill(words.comment_long, limit=COMMENT_LENGTH)
    return CommentField(required=False, max_length=COMMENT_LENGTH, error_messages={"max_length": sentence})
