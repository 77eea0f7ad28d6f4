"""Why a gap is there, from what is kept with it to what the page writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from experience import figures, sentences
from experience.engine.planning import answers_to_reveal
from experience.marks import bar, interval_bar
from experience.models import Gap, Measurement
from experience.selectors.gap_story import factor_words, tipping_words
from experience.selectors.lost_cost import cost_per_hour_of
from experience.selectors.results import answer_variance, is_hidden, read_results
from experience.words import SPLIT_WORDS
from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, language_for

_DRIVERS = {
    "repeat": gettext_lazy("Came back before"),
    "reopened": gettext_lazy("Reopened"),
    "slow": gettext_lazy("Over the time target"),
    "reassigned": gettext_lazy("Handed on"),
    "urgent": gettext_lazy("Priority 1 or 2"),
    **SPLIT_WORDS,
}


@dataclass(frozen=True, slots=True)
class Weight:
    """One figure of how severe a gap is, with its unit in words."""

    figure: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: its words, a figure beside them, its evidence, and a mark."""

    words: str
    figure: str
    note: str
    mark: SafeString


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that explains a gap, in the order of the page."""

    weights: Sequence[Weight]
    factors: Sequence[Line]
    segments: Sequence[Line]
    reasons: Sequence[Line]
    changes: Sequence[str]
    drivers: Sequence[Line]
    drivers_note: str
    answers: int


def why(gap: Gap) -> Why | None:
    """Return why a gap is there, from its newest published result; None where that is not kept."""
    m = gap.last_measurement
    if m is None or is_hidden(m.status, m.n_people) or m.rating is None:
        return None
    scale = read_results(m.results, is_hidden=False).scale or (1, 5)
    told = gap.explanation
    return Why(
        weights=_weights(gap),
        factors=_factors(told.get("factors", ()), scale),
        segments=_segments(told.get("segments", {}), m, scale),
        reasons=_reasons(told.get("reasons", ())),
        changes=[
            words
            for words in (tipping_words(m, m.results.get("tipping_point"), scale), _answers_needed(m, scale))
            if words
        ],
        drivers=_drivers(told.get("drivers")),
        drivers_note=_drivers_note(told.get("drivers")),
        answers=told.get("answers", 0),
    )


def _weights(gap: Gap) -> list[Weight]:
    found = [
        Weight(
            figures.count(gap.affected_people),
            ngettext("person affected", "people affected", gap.affected_people),
        )
    ]
    if gap.user_points:
        found.append(Weight(figures.count(gap.user_points), _("people × points below target")))
    if gap.lost_hours:
        found.append(Weight(figures.hours(gap.lost_hours), _("lost beyond what was agreed")))
    rate = cost_per_hour_of(gap.service)
    if gap.lost_hours and rate:
        found.append(Weight(sentences.money(gap.lost_hours * rate, settings.CURRENCY), _("of working time")))
    return found


def _factors(told: Sequence[Mapping[str, Any]], scale: tuple[int, int]) -> list[Line]:
    most = max((factor["pull"]["pull"] for factor in told), default=1.0)
    return [
        Line(
            factor_words(factor, scale),
            figures.change(-factor["pull"]["pull"]),
            "",
            bar(factor["pull"]["pull"] / most, "below"),
        )
        for factor in told
        if factor["pull"]["pull"] >= 0.005
    ]


def _segments(
    told: Mapping[str, Sequence[Mapping[str, Any]]], m: Measurement, scale: tuple[int, int]
) -> list[Line]:
    return [
        Line(
            f"{SPLIT_WORDS[split]}: {part['name']}",
            figures.rating(part["rating"]),
            f"{figures.interval(part['low'], part['high'])}, {_people(part['people'])}",
            interval_bar(
                part["rating"], part["low"], part["high"], m.rating_target, span=scale, status="likely_red"
            ),
        )
        for split, parts in told.items()
        for part in parts
    ]


def _reasons(told: Sequence[Mapping[str, Any]]) -> list[Line]:
    words = WORDS[language_for(get_language() or DEFAULT_LANGUAGE)]
    return [
        Line(
            words.reasons.get(reason["key"]) or reason["label"],
            figures.share(reason["share"]),
            _people(reason["people"]),
            bar(reason["share"], "below"),
        )
        for reason in told
    ]


def _answers_needed(m: Measurement, scale: tuple[int, int]) -> str:
    shortfall = (m.rating_target or 0.0) - (m.rating or 0.0)
    if shortfall <= 0:
        return ""
    needed = answers_to_reveal(shortfall, answer_variance(m.parameter_set, scale))
    return sentences.answers_sentence(needed, m.n_answered, shortfall, scale)


def _drivers(told: Mapping[str, Any] | None) -> list[Line]:
    return [
        Line(
            _driver_words(driver),
            figures.share(driver["share"]),
            figures.interval(driver["low"], driver["high"], figures.share),
            bar(driver["share"], "neutral"),
        )
        for driver in (told or {}).get("drivers", ())
    ]


def _driver_words(driver: Mapping[str, Any]) -> str:
    name = str(_DRIVERS[driver["name"]])
    return (
        _("%(driver)s (tied with the one above)") % {"driver": name} if driver["tied_with_previous"] else name
    )


def _people(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": figures.count(count)}


def _drivers_note(told: Mapping[str, Any] | None) -> str:
    if not told:
        return _("Shown from 200 answers on: with fewer, the wrong facts come out on top too often.")
    values = {
        "count": figures.count(told["n"]),
        "explained": figures.share(max(told["adjusted_r2"], 0.0)),
    }
    if told["of"] == "own":
        words = _("Over %(count)s of these answers, these facts explain %(explained)s of why ratings differ.")
    else:
        words = _(
            "Over %(count)s answers of the whole organisation, as this service has too few, these facts"
            " explain %(explained)s of why ratings differ."
        )
    limits = _(
        "That is the adjusted R². Each share is of that, with its 95 % interval; where two overlap they"
        " are tied. They explain, they do not prove a cause."
    )
    return f"{words % values} {limits}"
