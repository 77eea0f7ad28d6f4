"""The parts of the service page, each from a result to what its template writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from experience import figures, sentences
from experience.badges import Badge, badge_of
from experience.engine.blend import is_confirmed
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import BELOW, ON_TARGET, UNJUDGED, Verdict
from experience.engine.indicators import Terms
from experience.engine.periods import is_wider
from experience.engine.planning import detectable_shortfall
from experience.engine.simulated import FALSE_ALARMS_PER_YEAR
from experience.marks import Step, bar, interval_bar, rows_of_shares, waterfall_bars
from experience.models import Measurement
from experience.selectors.movement import Movement, movement
from experience.selectors.results import (
    REPEAT_CONTACT,
    IndicatorFigures,
    ResponseFigures,
    answer_variance,
    is_hidden,
    least_people,
    lifted_by,
    pulled_down_by,
)
from experience.selectors.service_page import NewestResult, Week
from experience.words import STREAM_WORDS

_STREAM_ABSENT: Mapping[str, str | Promise] = {
    "X": gettext_lazy("Answers are missing."),
    "O": gettext_lazy("Ticket data are missing."),
    "T": gettext_lazy("Technical data are missing."),
    "S": gettext_lazy("Unsolicited texts are missing."),
}
_PRECISION: Mapping[str, str | Promise] = {
    "high": gettext_lazy("Precision high"),
    "fair": gettext_lazy("Precision fair"),
    "low": gettext_lazy("Precision low"),
}
_OLD_AFTER_DAYS = 2
_ANSWERS_TO_PLAN_FOR = 30
# Tickets in 28 days below which statistics tell less than the answers themselves.
_SMALL_DESK, _SMALL_DESK_DAYS = 30, 28


@dataclass(frozen=True, slots=True)
class Headline:
    """What SLA and experience say together, in sentences."""

    badge: Badge | None
    opening: str
    facts: tuple[str, ...]
    certainty: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A small remark on the evidence."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class FallRow:
    """One row of the waterfall."""

    name: str
    figure: str
    note: str
    mark: SafeString
    is_level: bool


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """One row of the indicator table."""

    figures: IndicatorFigures
    stream_name: str
    value: str
    span: str
    target: str
    bar: SafeString
    remark: str


@dataclass(frozen=True, slots=True)
class BarRow:
    """One labelled bar with its count and share."""

    label: str
    count: int
    share: float | None
    note: str
    mark: SafeString


def headline(result: NewestResult, weeks: Sequence[Week]) -> Headline:
    """Return the headline of a service with a result."""
    found = result.measurement
    repeat = result.figures.indicator(REPEAT_CONTACT)
    scale = result.figures.scale
    facts = (
        sentences.sla_sentence(found.sla_share, found.sla_target),
        sentences.rating_sentence(
            result.rating if result.is_judged else None,
            result.rating_low,
            result.rating_high,
            found.rating_target,
            scale[1] if scale else None,
        ),
        _why_not_as_rated(result),
        sentences.repeat_sentence(repeat.value if repeat else None),
    )
    return Headline(
        badge_of(result.verdict),
        sentences.opening(result.verdict, found.status, found.sla_status),
        tuple(fact for fact in facts if fact),
        _certainty(result, weeks),
    )


def _why_not_as_rated(result: NewestResult) -> str:
    """Say what else people answered where that, and not the rating, decides the experience."""
    status, rows = result.measurement.status, result.measurement.results["indicators"]
    if result.is_hidden:
        return ""
    if status in BELOW:
        return sentences.pull_sentence(pulled_down_by(rows))
    if status in ON_TARGET:
        return sentences.lift_sentence(lifted_by(rows))
    return ""


def _certainty(result: NewestResult, weeks: Sequence[Week]) -> str:
    found = result.measurement
    if result.verdict is Verdict.WATERMELON:
        return sentences.confirmed_sentence(FALSE_ALARMS_PER_YEAR)
    if found.status == "missing":
        return sentences.missing_sentence(found.n_asked, found.days.days)
    if found.status == "hidden":
        return sentences.hidden_sentence(least_people())
    if found.status != "collecting":
        return sentences.status_sentence(found.status, found.n_answered)
    scale = result.figures.scale or (1, 5)
    return sentences.collecting_sentence(
        found.n_answered,
        found.n_effective or 0.0,
        days=found.days.days,
        weeks_seen=sum(week.answered > 0 for week in weeks[-found.days.days // 7 :]),
        ends_on=found.ends_on,
        shortfall=detectable_shortfall(_ANSWERS_TO_PLAN_FOR, answer_variance(found.parameter_set, scale)),
        scale=scale,
    )


def chips(result: NewestResult, *, today: date) -> list[Chip]:
    """Return the remarks on the evidence: what is missing, what is old, which days, how few tickets, how
    precise.
    """
    found = result.measurement
    remarks = [
        _part_of_the_picture(result),
        _old(found, today),
        *(_silent(each) for each in result.figures.indicators if each.silent_since and each.weight),
        _wider(found),
        _small_desk(found),
        _not_confirmed(found) if result.is_judged else None,
        _precise(result),
    ]
    return [chip for chip in remarks if chip is not None]


def _part_of_the_picture(result: NewestResult) -> Chip | None:
    coverage = result.measurement.coverage
    absent = [stream.stream for stream in result.figures.streams if stream.score is None]
    if result.is_hidden or not absent or coverage >= DEFAULTS.full_coverage:
        return None
    weight = _("%(share)s of the agreed weight is measured.") % {"share": figures.share(coverage)}
    return Chip(
        _("Part of the picture"), " ".join([*(str(_STREAM_ABSENT[stream]) for stream in absent), weight])
    )


def _old(found: Measurement, today: date) -> Chip | None:
    if found.ends_on >= today - timedelta(days=_OLD_AFTER_DAYS):
        return None
    return Chip(_("Old data"), _("No new result since %(day)s.") % {"day": figures.day(found.ends_on)})


def _silent(indicator: IndicatorFigures) -> Chip:
    day = figures.day(date.fromisoformat(indicator.silent_since))
    words = _("No new data since %(day)s: %(name)s.") % {"day": day, "name": _(indicator.name)}
    return Chip(_("Old data"), words)


def _wider(found: Measurement) -> Chip | None:
    if not is_wider(found.days):
        return None
    label = _("Last %(days)s days") % {"days": found.days.days}
    return Chip(label, _("28 days bring too few answers, so the result looks further back."))


def _small_desk(found: Measurement) -> Chip | None:
    if found.n_resolved * _SMALL_DESK_DAYS / found.days.days >= _SMALL_DESK:
        return None
    words = _("Fewer than %(count)s tickets in 28 days: read every answer.") % {"count": _SMALL_DESK}
    return Chip(_("Small desk"), words)


def _not_confirmed(found: Measurement) -> Chip | None:
    if found.score is None or is_confirmed(found.n_effective):
        return None
    words = _("The score counts like %(count)s answers; %(needed)s confirm it.") % {
        "count": figures.count(found.n_effective),
        "needed": figures.count(DEFAULTS.least_n_for_confirmed),
    }
    return Chip(_("Not confirmed"), words)


def _precise(result: NewestResult) -> Chip | None:
    found = result.measurement
    answered_share = found.n_answered / found.n_asked if found.n_asked else None
    precise = sentences.precision(result.rating_low, result.rating_high, result.figures.scale, answered_share)
    return Chip(str(_PRECISION[precise]), _answers(found.n_answered)) if precise else None


def _answers(count: int) -> str:
    return ngettext("%(count)s answer", "%(count)s answers", count) % {"count": figures.count(count)}


def waterfall_rows(result: NewestResult) -> list[FallRow]:
    """Return the steps from exactly on target to the score; empty when there is no score."""
    parts = [s for s in result.figures.streams if s.contribution is not None]
    if not result.is_judged or result.measurement.score is None or not parts:
        return []
    steps = [
        Step(DEFAULTS.target_score, is_level=True),
        *(Step(part.contribution or 0.0) for part in parts),
        Step(result.measurement.score, is_level=True),
    ]
    marks = waterfall_bars(steps)
    first = FallRow(_("Exactly on target"), figures.score(DEFAULTS.target_score), "", marks[0], True)
    last = FallRow(
        _("Score"),
        figures.score(result.measurement.score),
        figures.interval(result.measurement.low, result.measurement.high, figures.score),
        marks[-1],
        True,
    )
    middle = [
        FallRow(
            str(STREAM_WORDS[p.stream]),
            figures.change(p.contribution),
            _("scores %(score)s") % {"score": figures.score(p.score)},
            m,
            False,
        )
        for p, m in zip(parts, marks[1:-1], strict=True)
    ]
    return [first, *middle, last]


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved the score since the period before, in words."""

    change: str
    since: str
    parts: tuple[str, ...]
    left_out: str


def moved(result: NewestResult) -> Moved | None:
    """Return what moved the score since the days before; None when either period cannot be judged."""
    found = movement(result.measurement) if result.is_judged else None
    if found is None or found.previous.status in UNJUDGED:
        return None
    before = found.previous
    if is_hidden(before.status, before.n_people):
        return None
    return Moved(
        figures.change(found.change),
        figures.joined(figures.day(before.starts_on), figures.day(before.ends_on)),
        tuple(_moved_part(stream, points) for stream, points in found.by_stream.items()),
        _left_out(found),
    )


def _moved_part(stream: str, points: float) -> str:
    return f"{STREAM_WORDS[stream]} {figures.change(points)}"  # a name and its figure: no sentence


def _left_out(found: Movement) -> str:
    left_out = [str(STREAM_WORDS[stream]) for stream in found.left_out]
    names = ", ".join([*left_out, *(_(name) for name in found.indicators_left_out)])
    return _("Left out, not measured in both periods: %(names)s.") % {"names": names} if names else ""


_WRITERS = {"of 5": figures.rating, "min": figures.minutes, "h": figures.clock, "share": figures.share}
_REMARKS: Mapping[str, str | Promise] = {
    "missing": gettext_lazy("No data"),
    "hidden": gettext_lazy("Hidden: too few people"),
    "old": gettext_lazy("Old data"),
    "too_few": gettext_lazy("Too few answers for an interval"),
    "shown_only": gettext_lazy("Shown only, not in the score"),
}


def indicator_lines(result: NewestResult) -> list[IndicatorLine]:
    """Return every indicator in native units, the heaviest first within each kind of evidence."""
    order = {"X": 0, "O": 1, "T": 2, "S": 3}
    ranked = sorted(result.figures.indicators, key=lambda i: (order[i.stream], -i.weight))
    return [_indicator_line(found) for found in ranked]


def writer_of(found: IndicatorFigures | Terms) -> Callable[[float | None], str]:
    """Return how a native value of an indicator is written, without its "of 5"."""
    return figures.uptime if found.statistic == "availability" else _WRITERS.get(found.unit, figures.plain)


def _indicator_line(found: IndicatorFigures) -> IndicatorLine:
    write = writer_of(found)
    value = write(found.value)
    if found.unit.startswith("of ") and found.value is not None:
        value = _("%(rating)s of %(best)s") % {"rating": value, "best": found.unit.removeprefix("of ")}
    return IndicatorLine(
        found,
        str(STREAM_WORDS[found.stream]),
        value,
        figures.interval(found.low, found.high, write) if found.low != found.high else "",
        write(found.target),
        _indicator_bar(found),
        str(_REMARKS.get(found.state, "")),
    )


def _indicator_bar(found: IndicatorFigures) -> SafeString:
    """Draw scores, not native values: all indicators then share one axis and one place of the target."""
    tone = "missing"
    if found.score is not None:
        tone = "likely_red" if found.score < DEFAULTS.target_score else "likely_green"
    return interval_bar(
        found.score, found.score_low, found.score_high, DEFAULTS.target_score, span=(0, 100), status=tone
    )


def funnel_rows(counts: ResponseFigures) -> list[BarRow]:
    """Return what became of the resolutions, each step against all resolved."""
    steps = [
        (_("Resolved"), counts.resolved, ""),
        (
            _("Could be asked"),
            counts.eligible,
            _("a person with a working address, asked before it was too late"),
        ),
        (_("Asked"), counts.asked, _("the rest were resting or not drawn")),
        (_("Answered"), counts.answered, ""),
    ]
    whole = max(counts.resolved, 1)
    before = [None, counts.resolved, counts.eligible, counts.asked]
    return [
        BarRow(label, n, n / of if of else None, note, bar(n / whole, "neutral"))
        for (label, n, note), of in zip(steps, before, strict=True)
    ]


def histogram_rows(result: NewestResult) -> list[BarRow]:
    """Return how often each rating was given, the best first; empty while hidden."""
    counts, scale = result.figures.rating_counts, result.figures.scale
    if not counts or scale is None or not sum(counts):
        return []
    rows = [
        BarRow(str(scale[0] + index), n, share, "", bar(length, _rating_tone(index, len(counts))))
        for index, (n, share, length) in enumerate(rows_of_shares(counts))
    ]
    return rows[::-1]


def _rating_tone(index: int, ratings: int) -> str:
    place = index / (ratings - 1)
    return "below" if place < 0.4 else ("lean" if place < 0.6 else "met")


@dataclass(frozen=True, slots=True)
class Surety:
    """What stands behind the figures, sentence by sentence."""

    adjusted: str
    raw: str
    speaks_for: str
    effective: str
    tipping: str
    chance: str


def surety(result: NewestResult) -> Surety:
    """Return how sure the figures are, in words."""
    found, counts = result.measurement, result.figures.response
    scale = result.figures.scale or (1, 5)
    silent = 1 - counts.answered / counts.asked if counts.asked else 1.0
    return Surety(
        adjusted=figures.rating(result.rating),
        raw=figures.rating(result.rating_raw),
        speaks_for="" if result.is_hidden else sentences.speaks_for(counts.eligible, counts.answered),
        effective="" if result.is_hidden or found.n_effective is None else figures.count(found.n_effective),
        tipping=sentences.tipping_sentence(result.figures.tipping_point, silent, scale),
        chance="" if result.is_hidden else _chance(found.p_below),
    )


def _chance(p_below: float | None) -> str:
    if p_below is None or p_below >= DEFAULTS.discard_above:
        return ""
    if p_below < 0.01:
        return _(
            "Were the service exactly on target, answers this low or lower would come up in fewer than 1 of"
            " 100 months."
        )
    return _(
        "Were the service exactly on target, answers this low or lower would come up in about %(months)s of"
        " 100 months."
    ) % {"months": f"{p_below * 100:.0f}"}
