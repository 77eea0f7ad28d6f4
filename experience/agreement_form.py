"""The agreement editor's form: what was typed becomes terms, and terms become what the form shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isclose, isfinite, nan

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from experience import figures
from experience.engine.agreement_problems import Problem
from experience.engine.agreement_terms import STREAMS, AgreedIndicator, AgreementTerms
from experience.models import Indicator
from experience.words import STREAM_WORDS, indicator_words
from surveys.engine.values import storable

STREAM_MEANINGS = {
    "X": gettext_lazy("What people say"),
    "O": gettext_lazy("What their tickets show"),
    "T": gettext_lazy("Whether it was there, and fast"),
    "S": gettext_lazy("What people write unasked"),
}
_TEXTS = ("name", "ambition", "provider", "customer", "agreed_by", "if_missed", "note")
_DAYS = ("valid_from", "review_on", "agreed_on", "baseline_until")
_NOT_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class TypedTerms:
    """The terms as typed, and what could not be read; unreadable fields keep the terms they had.

    `unread` holds by the name of its field what was typed there and says no number or day.
    """

    terms: AgreementTerms
    problems: tuple[Problem, ...]
    unread: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """One field for a day or a number: what stands in it, and what is wrong with that."""

    name: str
    kind: str
    value: str
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """Its id on the page."""
        return f"e-{self.name.replace('.', '-')}"


class Boxes:
    """Makes the fields of an editor: what cannot be read stays as it was typed, its problem beside it."""

    def __init__(self, problems: Iterable[Problem], unread: Mapping[str, str]) -> None:
        self._problems = {_field_of(problem.path): problem for problem in problems}
        self._unread = unread

    def of(self, name: str, kind: str, value: str) -> Box:
        """Return one field; as plain text where what was typed there is no day or number."""
        typed = self._unread.get(name)
        shown, holds = (value, kind) if typed is None else (typed, "text")
        return Box(name, holds, shown, self._problems.get(name))


def _field_of(path: str) -> str:
    """Return the name of the field that a problem is about: `indicators.rating.target` -> `target.rating`."""
    parts = path.split(".")
    if parts[0] == "indicators" and len(parts) == 3:
        return f"{parts[2]}.{parts[1]}"
    return f"weight.{parts[1]}" if parts[0] == "weights" and len(parts) == 2 else path


def key_of(name: str) -> str:
    """Return a key made from a name: "Printing, all sites" -> "printing-all-sites"."""
    return _NOT_KEY.sub("-", name.casefold()).strip("-")[:60].strip("-")


def read_terms(before: AgreementTerms, posted: QueryDict, library: Mapping[str, Indicator]) -> TypedTerms:
    """Return the terms that a submitted editor says, on top of those it was opened with.

    Native values are typed as people read them: shares in per cent.
    """
    reader = _Reader(posted)
    changed = replace(
        before,
        **{name: storable(posted.get(name, getattr(before, name))) for name in _TEXTS},
        **{name: reader.day(name, getattr(before, name)) for name in _DAYS},
        services=()
        if "covers_rest" in posted
        else tuple(sorted(storable(key) for key in posted.getlist("services"))),
        covers_rest="covers_rest" in posted,
        needs_second_person="needs_second_person" in posted,
        weights=tuple((stream, reader.number(f"weight.{stream}") or 0.0) for stream in STREAMS),
        indicators=_read_indicators(before, reader, library),
    )
    return TypedTerms(changed, tuple(reader.problems), reader.unread)


def _read_indicators(
    before: AgreementTerms, reader: _Reader, library: Mapping[str, Indicator]
) -> tuple[AgreedIndicator, ...]:
    old = {agreed.key: agreed for agreed in before.indicators}
    found = []
    for key in reader.posted.getlist("agreed"):
        if key not in library:
            continue
        was = old.get(key, AgreedIndicator(key))
        weight, target = reader.number(f"weight.{key}") or 0.0, reader.number(f"target.{key}")
        native = None if target is None else target / factor_of(library[key])
        is_same = native is not None and isclose(native, library[key].target_of(was))
        found.append(replace(was, weight=weight) if is_same else AgreedIndicator(key, weight, native))
    return tuple(found)


def factor_of(indicator: Indicator) -> float:
    """Return by what a native value is multiplied to be typed: shares are typed in per cent."""
    return 100.0 if indicator.unit == "share" else 1.0


class _Reader:
    """Reads days and numbers from a submitted form, and remembers what could not be read."""

    def __init__(self, posted: QueryDict) -> None:
        self.posted = posted
        self.problems: list[Problem] = []
        self.unread: dict[str, str] = {}

    def _refuse(self, name: str, template: str, text: str) -> None:
        self.problems.append(Problem(name, template, {"text": text}))
        self.unread[name] = self.posted[name]

    def number(self, name: str) -> float | None:
        text = self.posted.get(name, "").strip().replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = nan
        if isfinite(number):
            return number
        self._refuse(name, "“%(text)s” is not a number. Write it like 4.2.", text)
        return None

    def day(self, name: str, before: date | None) -> date | None:
        if name not in self.posted:
            return before
        text = self.posted[name].strip()
        try:
            return date.fromisoformat(text) if text else (before if name == "valid_from" else None)
        except ValueError:
            self._refuse(name, "“%(text)s” is not a day. Write it like 2026-05-31.", text)
            return before


_UNITS = {
    "share": gettext_noop("%(figure)s %%"),
    "min": gettext_noop("%(figure)s minutes"),
    "h": gettext_noop("%(figure)s hours"),
    "of 5": gettext_noop("%(figure)s of 5"),
    "of 7": gettext_noop("%(figure)s of 7"),
}


def written(indicator: Indicator, value: float) -> str:
    """Return a native value as a promise writes it: "4.2 of 5", "8 %", "120 minutes"."""
    shown = figures.shortest(value * factor_of(indicator))
    return _(_UNITS[indicator.unit]) % {"figure": shown} if indicator.unit in _UNITS else shown


def promises(terms: AgreementTerms, library: Mapping[str, Indicator]) -> list[str]:
    """Return what the parties promise, one sentence per indicator that counts, the heaviest first."""
    streams = terms.stream_weights
    counting = [a for a in terms.indicators if a.weight > 0 and a.key in library]
    ranked = sorted(counting, key=lambda a: -a.weight * streams.get(library[a.key].stream, 0.0))
    return [_promise(agreed, library[agreed.key]) for agreed in ranked]


def _promise(agreed: AgreedIndicator, indicator: Indicator) -> str:
    words = (
        _("%(indicator)s: at least %(target)s.")
        if indicator.higher_is_better
        else _("%(indicator)s: at most %(target)s.")
    )
    target = written(indicator, indicator.target_of(agreed))
    return words % {"indicator": indicator_words(indicator.name), "target": target}


def covered_words(terms: AgreementTerms, names: Mapping[str, str]) -> str:
    """Return for what the terms hold, in words."""
    if terms.covers_rest:
        return _("every live service without an agreement of its own")
    named = [names.get(key, key) for key in terms.services]
    return _joined(named) if named else _("no service yet")


def _joined(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(words[:-1]), "last": words[-1]}


def stream_shares(terms: AgreementTerms) -> list[tuple[str, float]]:
    """Return the share 0..1 of the whole that each stream with a weight has."""
    weights = terms.stream_weights
    total = sum(weights.values())
    return [(STREAM_WORDS[stream], weight / total) for stream, weight in weights.items()] if total else []
