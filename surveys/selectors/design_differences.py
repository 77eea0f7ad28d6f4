"""What differs between two versions of a survey, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys.models import Question, SurveyVersion
from surveys.selectors.designs import Asked, Design


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two versions, in words; None where one of them has it not."""

    what: str
    before: str | None
    after: str | None


def differences(before: Design, after: Design) -> list[Difference]:
    """Return what differs between two designs, in the order in which a reader meets it."""
    found = [Difference(what, old, new) for what, old, new in _plain_differences(before, after) if old != new]
    for kind in Question.Kind.values:
        found += _question_differences(before.question(kind), after.question(kind))
    orders = [[asked.kind for asked in design.questions] for design in (before, after)]
    if sorted(orders[0]) == sorted(orders[1]) and orders[0] != orders[1]:
        found.append(Difference(_("Order"), *(_labels(order) for order in orders)))
    return found


def _plain_differences(before: Design, after: Design) -> Iterator[tuple[str, str, str]]:
    mode = SurveyVersion.Mode
    yield _("Who reads it"), str(mode(before.mode).label), str(mode(after.mode).label)
    yield _("Open for days"), str(before.open_days), str(after.open_days)
    yield _("Reminder after days"), str(before.reminder_days), str(after.reminder_days)


def _question_differences(before: Asked | None, after: Asked | None) -> list[Difference]:
    if before is None or after is None:
        if before is after:
            return []
        asked = before or after
        label = str(Question.Kind(asked.kind).label) if asked else ""
        words = (_("asked"), None) if before else (None, _("asked"))
        return [Difference(label, *words)]
    label = str(Question.Kind(before.kind).label)
    found = []
    if before.scale != after.scale:
        scales = (str(Question.Scale(asked.scale).label) for asked in (before, after))
        found.append(Difference(_("%(question)s: scale") % {"question": label}, *scales))
    found += _text_differences(label, dict(before.wording), dict(after.wording))
    return found + _option_differences(before.options, after.options)


def _text_differences(label: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(f"{label} ({code})", before.get(code), after.get(code))
        for code in sorted(before.keys() | after.keys())
        if before.get(code) != after.get(code)
    ]


def _option_differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[Difference]:
    old, new = ({option["key"]: option for option in options} for options in (before, after))
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        name = _("Reason: %(reason)s") % {"reason": _reason_words(old.get(key) or new[key])}
        if key not in old or key not in new:
            found.append(
                Difference(name, _("offered") if key in old else None, _("offered") if key in new else None)
            )
            continue
        if old[key]["band"] != new[key]["band"]:
            found.append(Difference(name, old[key]["band"], new[key]["band"]))
        found += _text_differences(name, old[key]["wording"], new[key]["wording"])
    return found


def _reason_words(option: Mapping[str, Any]) -> str:
    return str(option["wording"].get("en") or option["key"])


def _labels(kinds: Sequence[str]) -> str:
    return ", ".join(str(Question.Kind(kind).label) for kind in kinds)
