"""The survey designer's form: what was typed becomes a design, in one language at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify

from surveys.engine.values import storable
from surveys.engine.wording import WORDS
from surveys.models import Question
from surveys.selectors.designs import Asked, Design, worded
from surveys.services.default_survey import default_reasons

LONGEST = 300
NEW_REASONS = 2


def read_design(
    before: Design, posted: QueryDict, code: str, *, published: Design | None, adds_reasons: bool
) -> Design:
    """Return the design that a submitted form says, on top of the one it was opened with.

    Texts are those of the language `code`; numbers that cannot be read become -1, which no design may have.
    A question that comes back is what it was in the `published` version.
    """
    order = [kind for kind in posted.getlist("order") if kind in Question.Kind.values]
    asked = {Question.Kind.RATING.value, *posted.getlist("asked")}
    known = (before, published) if published else (before,)
    questions = [_question(kind, known, posted) for kind in _moved(order, posted) if kind in asked]
    rating = [_question(Question.Kind.RATING, known, posted)]
    design = Design(
        mode=posted.get("mode", before.mode),
        open_days=_number(posted, "open_days", before.open_days),
        reminder_days=_number(posted, "reminder_days", before.reminder_days),
        questions=tuple(rating + [each for each in questions if each.kind != Question.Kind.RATING]),
    )
    design = worded(design, code, _texts(posted))
    if not adds_reasons:
        return design
    asked_with_new = (_with_new_reasons(each, posted, code) for each in design.questions)
    return replace(design, questions=tuple(asked_with_new))


def _moved(order: list[str], posted: QueryDict) -> list[str]:
    """Return the order after the button that was pressed: "up:comment" or "down:comment"."""
    way, _, kind = posted.get("move", "").partition(":")
    if kind not in order:
        return order
    at = order.index(kind)
    to = at + (1 if way == "down" else -1)
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
    return order


def _number(posted: QueryDict, name: str, before: int) -> int:
    text = posted.get(name, str(before)).strip()
    return int(text) if text.isdecimal() and len(text) < 5 else -1


def _question(kind: str, known: Sequence[Design], posted: QueryDict) -> Asked:
    was = next((found for design in known if (found := design.question(kind))), None)
    if was is None:
        options = tuple(default_reasons()) if kind == Question.Kind.REASONS else ()
        return Asked(kind, options=options)
    scale = posted.get("scale", was.scale) if kind == Question.Kind.RATING else was.scale
    return replace(was, scale=scale, options=tuple(_options(was, posted)))


def _options(was: Asked, posted: QueryDict) -> list[Mapping[str, Any]]:
    dropped = set(posted.getlist("drop"))
    return [
        {**option, "band": posted.get(f"band-{option['key']}", option["band"])}
        for option in was.options
        if option["key"] not in dropped
    ]


def _texts(posted: QueryDict) -> dict[str, str]:
    return {
        name.removeprefix("text-"): " ".join(storable(posted[name]).split())[:LONGEST]
        for name in posted
        if name.startswith("text-")
    }


def _with_new_reasons(asked: Asked, posted: QueryDict, code: str) -> Asked:
    if asked.kind != Question.Kind.REASONS:
        return asked
    options = list(asked.options)
    for text, band in zip(posted.getlist("new-text"), posted.getlist("new-band"), strict=False):
        if words := " ".join(storable(text).split())[:LONGEST]:
            options.append({"key": _new_key(words, options), "band": band, "wording": {code: words}})
    return replace(asked, options=tuple(options))


def _new_key(words: str, options: list[Mapping[str, Any]]) -> str:
    """Return a key for a new reason that no other one, built in or own, has."""
    taken = {option["key"] for option in options} | {key for each in WORDS.values() for key in each.reasons}
    key = wanted = slugify(words).replace("-", "_")[:30].strip("_") or "reason"
    number = 1
    while key in taken:
        number += 1
        key = f"{wanted}_{number}"
    return key
