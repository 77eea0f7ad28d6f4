"""A gap explained from facts, in words for mails, pages and the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experience import figures, sentences
from experience.engine.gaps import Verdict
from experience.engine.weighting import is_representative
from experience.models import Gap, Measurement
from experience.selectors.lost_cost import cost_per_hour_of
from experience.selectors.results import REPEAT_CONTACT, ResultFigures, is_hidden, read_results


@dataclass(frozen=True, slots=True)
class GapWords:
    """What a gap says in sentences: the finding, its figures, and what is behind it with how sure that is."""

    opening: str
    facts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


def gap_words(gap: Gap) -> GapWords:
    """Return what a gap says, from its newest evaluation: SLA, rating, repeat contacts, people, certainty.

    The gap needs its `last_measurement`; one whose result was removed says so.
    """
    m = gap.last_measurement
    if m is None:
        return GapWords(_("The result behind this gap is no longer kept."))
    found = read_results(m.results, is_hidden=is_hidden(m.status, m.n_people))
    return GapWords(
        sentences.opening(_verdict(gap), m.status, m.sla_status),
        _said(sentences.sla_sentence(m.sla_share, m.sla_target), _rating(m, found), _repeats(found)),
        _said(
            *_strongest(gap, found),
            _lost(gap),
            tipping_words(m, found.tipping_point, found.scale),
            _unlike(gap),
        ),
    )


def gap_story(gap: Gap) -> str:
    """Return what a gap says as one paragraph, with the people it is about."""
    words = gap_words(gap)
    return " ".join(_said(words.opening, *words.facts, _people(gap), *words.evidence))


def _said(*parts: str) -> tuple[str, ...]:
    return tuple(part for part in parts if part)


def _lost(gap: Gap) -> str:
    return sentences.lost_hours_sentence(gap.lost_hours, cost_per_hour_of(gap.service), settings.CURRENCY)


def _unlike(gap: Gap) -> str:
    """Return the warning that those who answered are unlike all who had a ticket; empty where they are."""
    indicator = gap.explanation.get("representativity")
    is_unlike = indicator is not None and not is_representative(indicator)
    return sentences.representativity_sentence(indicator) if is_unlike else ""


def _verdict(gap: Gap) -> Verdict:
    if gap.state == Gap.State.SUSPECTED and gap.kind == Gap.Kind.WATERMELON:
        return Verdict.POSSIBLE_WATERMELON
    return Verdict(gap.kind)


def _rating(m: Measurement, found: ResultFigures) -> str:
    if is_hidden(m.status, m.n_people):
        return ""
    best = found.scale[1] if found.scale else None
    return sentences.rating_sentence(m.rating, m.rating_low, m.rating_high, m.rating_target, best)


def _repeats(found: ResultFigures) -> str:
    repeat = found.indicator(REPEAT_CONTACT)
    return sentences.repeat_sentence(repeat.value if repeat else None)


def _strongest(gap: Gap, found: ResultFigures) -> Iterator[str]:
    """Yield what pulls most and where it is worst: the first of each list on the service page."""
    told = gap.explanation
    if found.scale is None or not told:
        return
    for factor in told.get("factors", ())[:1]:
        yield factor_words(factor, found.scale)
    for split, parts in told.get("segments", {}).items():
        for part in parts[:1]:
            yield sentences.segment_sentence(split, part["name"], part["rating"], part["people"])


def factor_words(factor: Mapping[str, Any], scale: tuple[int, int]) -> str:
    """Return a stored factor as a sentence."""
    pull = factor["pull"]
    return sentences.factor_sentence(factor["fact"], pull["share"], pull["difference"], pull["pull"], scale)


def _people(gap: Gap) -> str:
    if not gap.affected_people:
        return ""
    words = ngettext(
        "%(count)s person had a ticket resolved in these days.",
        "%(count)s people had a ticket resolved in these days.",
        gap.affected_people,
    )
    return words % {"count": figures.count(gap.affected_people)}


def tipping_words(m: Measurement, shift: float | None, scale: tuple[int, int] | None) -> str:
    """Return whether those who were asked and kept silent could change a result; empty without a rating."""
    silent = 1 - m.n_answered / m.n_asked if m.n_asked else 0.0
    return sentences.tipping_sentence(shift, silent, scale) if scale else ""
