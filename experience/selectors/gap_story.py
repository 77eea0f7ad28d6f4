"""A gap explained from facts, as one paragraph for mails, pages and the API."""

from __future__ import annotations

from experience import figures, sentences
from experience.engine.gaps import Verdict
from experience.models import Gap, Measurement
from experience.selectors.results import REPEAT_CONTACT, ResultFigures, read_results


def gap_story(gap: Gap) -> str:
    """Return what a gap says, from its newest evaluation: SLA, rating, repeat contacts, people, certainty.

    The gap needs its `last_measurement`; one whose result was removed says so.
    """
    m = gap.last_measurement
    if m is None:
        return "The result behind this gap is no longer kept."
    found = read_results(m.results, is_hidden=m.status == Measurement.Status.HIDDEN)
    parts = (
        sentences.opening(_verdict(gap), m.status, m.sla_status),
        sentences.sla_sentence(m.sla_share, m.sla_target),
        _rating(m, found),
        _repeats(found),
        _people(gap),
        _tipping(m, found),
    )
    return " ".join(part for part in parts if part)


def _verdict(gap: Gap) -> Verdict:
    if gap.state == Gap.State.SUSPECTED and gap.kind == Gap.Kind.WATERMELON:
        return Verdict.POSSIBLE_WATERMELON
    return Verdict(gap.kind)


def _rating(m: Measurement, found: ResultFigures) -> str:
    best = found.scale[1] if found.scale else None
    return sentences.rating_sentence(m.rating, m.rating_low, m.rating_high, m.rating_target, best)


def _repeats(found: ResultFigures) -> str:
    repeat = found.indicator(REPEAT_CONTACT)
    return sentences.repeat_sentence(repeat.value if repeat else None)


def _people(gap: Gap) -> str:
    if not gap.affected_people:
        return ""
    return f"{figures.count(gap.affected_people)} people had a ticket resolved in these days."


def _tipping(m: Measurement, found: ResultFigures) -> str:
    silent = 1 - m.n_answered / m.n_asked if m.n_asked else 0.0
    return sentences.tipping_sentence(found.tipping_point, silent, found.scale) if found.scale else ""
