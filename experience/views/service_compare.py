"""The compare tab of a service: beside another service, month, site or persona, on the same axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from experience import figures
from experience.engine.defaults import DEFAULTS
from experience.engine.intervals import Estimate
from experience.engine.periods import labelled_month
from experience.marks import interval_bar
from experience.marks.svg import NOTHING
from experience.selectors.comparison import (
    Side,
    SideChoice,
    difference_of,
    estimate_of_indicator,
    estimate_of_part,
    estimate_of_rating,
    estimate_of_score,
    is_known_part,
    other_services,
    share_answers,
    side_of,
)
from experience.selectors.results import least_people
from experience.selectors.segments import SPLITS, closed_months
from experience.selectors.service_page import visible_service, weeks_of
from experience.views.service_parts import writer_of
from experience.views.week_charts import shared_week_charts
from experience.words import SPLIT_WORDS, indicator_words
from surveys.engine.values import storable
from surveys.models import BusinessService, User

RECENT = "28"
# Differences of shares are written in points, with so many decimals.
_SHARES = {figures.share: 1, figures.uptime: 2}
Write = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with its interval, written and drawn."""

    value: str
    span: str
    bar: SafeString


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One measure on both sides and the difference between them; `tone` is that of the first side."""

    name: str
    one: Cell
    other: Cell
    difference: str
    span: str
    verdict: str
    is_sure: bool
    tone: str


@dataclass(frozen=True, slots=True)
class PartOption:
    """One site or persona that may be chosen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class SideForm:
    """What may be chosen on one side, and what is."""

    title: str
    days: str
    months: Sequence[date]
    parts: Sequence[PartOption]
    month: str
    who: str
    note: str


def comparison_context(reader: User, service: BusinessService, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the compare tab writes of the two sides that the address asks for."""
    against = visible_service(reader, storable(asked.get("with", ""))) or service
    months = closed_months(service)
    months2 = months if against == service else closed_months(against)
    one, other = _choices(service, against, months, asked)
    sides = side_of(one, months), side_of(other, months2)
    by_part = one.is_part or other.is_part
    is_shared = share_answers(*sides)
    return {
        "services": other_services(reader),
        "against": against,
        "one": _form(sides[0]),
        "other": _form(sides[1]),
        "by_part": by_part,
        "is_shared": is_shared,
        "rows": _part_rows(*sides, is_shared) if by_part else _whole_rows(*sides, is_shared),
        **({} if by_part or against == service else _over_weeks(*sides)),
    }


def _choices(
    service: BusinessService, against: BusinessService, months: Sequence[date], asked: Mapping[str, str]
) -> tuple[SideChoice, SideChoice]:
    """Return both sides; unless told otherwise services over the last 28 days, or the newest two months."""
    is_other = against != service
    usual = (None, None) if is_other or not months else (months[0], months[1] if len(months) > 1 else None)
    return (
        _choice(service, asked.get("period"), asked.get("who", ""), usual[0]),
        _choice(against, asked.get("period2"), asked.get("who2", ""), usual[1]),
    )


def _choice(service: BusinessService, period: str | None, who: str, usual: date | None) -> SideChoice:
    month = usual if period is None else _first_day(period)
    split, _colon, name = who.partition(":")
    if month is None or not is_known_part(split, name):
        return SideChoice(service, month)
    return SideChoice(service, month, split, name)


def _first_day(text: str) -> date | None:
    found = labelled_month(text)
    return found.first_on if found else None


def _form(side: Side) -> SideForm:
    choice = side.choice
    parts = [
        PartOption(f"{split}:{segment.name}", f"{SPLIT_WORDS[split]}: {segment.name}")
        for split in SPLITS
        for segment in (side.segments.splits[split].shown if side.segments else ())
    ]
    return SideForm(
        title=f"{choice.service.name}, {choice.name}" if choice.is_part else choice.service.name,
        days=_days_words(side),
        months=side.months,
        parts=parts,
        month=f"{choice.month:%Y-%m}" if choice.month else RECENT,
        who=f"{choice.split}:{choice.name}" if choice.is_part else "",
        note=_note(side),
    )


def _days_words(side: Side) -> str:
    if side.choice.month:
        return figures.month(side.choice.month)
    return _("last %(days)s days") % {"days": side.days.days if side.days else DEFAULTS.window_days[0]}


def _note(side: Side) -> str:
    """Return why a side has no figures; empty where it has."""
    if side.choice.is_part:
        return "" if side.part else _("Too few people of this part answered in this month to be shown.")
    if side.result is None:
        return _("Nothing was measured in these days.")
    if side.result.is_hidden:
        return _("Fewer than %(least)s people answered.") % {"least": least_people()}
    return "" if side.result.is_judged else _("Too few answers to judge.")


def _part_rows(one: Side, other: Side, is_shared: bool) -> list[CompareRow]:
    scale = one.scale or other.scale
    if scale is None:
        return []
    estimates = estimate_of_part(one), estimate_of_part(other)
    return [
        _row(
            _("Rating, as answered"),
            estimates,
            figures.rating,
            (scale.low, scale.high),
            scale.anchors.target,
            is_shared=is_shared,
        )
    ]


def _whole_rows(one: Side, other: Side, is_shared: bool) -> list[CompareRow]:
    if one.result is None and other.result is None:
        return []
    return [*_headline_rows(one, other, is_shared), *_indicator_rows(one, other, is_shared)]


def _headline_rows(one: Side, other: Side, is_shared: bool) -> list[CompareRow]:
    scales = {side.result.figures.scale for side in (one, other) if side.result}
    rows = []
    if len(scales) == 1 and (scale := scales.pop()) is not None:
        target = one.result.measurement.rating_target if one.result else None
        estimates = estimate_of_rating(one), estimate_of_rating(other)
        rows.append(_row(_("Rating"), estimates, figures.rating, scale, target, is_shared=is_shared))
    scores = estimate_of_score(one), estimate_of_score(other)
    rows.append(_row(_("Score"), scores, figures.score, (0, 100), DEFAULTS.target_score, is_shared=is_shared))
    return [*rows, _sla_row(one, other)]


def _sla_row(one: Side, other: Side) -> CompareRow:
    """Compare the SLA as it is: every ticket is counted, there is nothing to estimate."""
    shares = [side.result.measurement.sla_share if side.result else None for side in (one, other)]
    apart = "" if None in shares else figures.change(100 * (shares[0] - shares[1]))  # type: ignore[operator]
    cells = [Cell(figures.share(share), "", NOTHING) for share in shares]
    words = _("%(points)s points") % {"points": apart} if apart else ""
    verdict = _("as counted") if apart else ""
    return CompareRow(_("SLA met"), cells[0], cells[1], words, "", verdict, False, "")


def _indicator_rows(one: Side, other: Side, is_shared: bool) -> list[CompareRow]:
    if one.result is None or other.result is None:
        return []
    rows = []
    for found in one.result.figures.indicators:
        twin = other.result.figures.indicator(found.key)
        estimates = estimate_of_indicator(found), estimate_of_indicator(twin)
        if found.key == "rating" or None in estimates or found.floor is None or found.ceiling is None:
            continue
        span = (found.floor, found.ceiling)
        rows.append(
            _row(
                indicator_words(found.name),
                estimates,
                writer_of(found),
                span,
                found.target,
                is_shared=is_shared,
            )
        )
    return rows


def _row(
    name: str,
    estimates: tuple[Estimate[float] | None, Estimate[float] | None],
    write: Write,
    span: tuple[float, float],
    target: float | None,
    *,
    is_shared: bool,
) -> CompareRow:
    """Write one measure; `span` holds its worst and best value, which both bars share as their axis."""
    one, other = (_cell(estimate, write, span, target) for estimate in estimates)
    apart = None if is_shared else difference_of(*estimates)
    if apart is None:
        return CompareRow(name, one, other, "", "", "", False, "")
    if apart.low == apart.high:
        return CompareRow(name, one, other, _signed(apart.value, write), "", _("as counted"), False, "")
    is_sure = apart.low > 0 or apart.high < 0
    is_better = (apart.value > 0) == (span[1] > span[0])
    return CompareRow(
        name,
        one,
        other,
        _signed(apart.value, write),
        _signed_span(apart.low, apart.high, write),
        _verdict(is_sure, is_better),
        is_sure,
        ("met" if is_better else "below") if is_sure else "unknown",
    )


def _cell(
    estimate: Estimate[float] | None, write: Write, span: tuple[float, float], target: float | None
) -> Cell:
    if estimate is None:
        return Cell(figures.MISSING, "", NOTHING)
    bar = interval_bar(estimate.value, estimate.low, estimate.high, target, span=span, status="neutral")
    has_span = estimate.low != estimate.high
    span_words = figures.interval(estimate.low, estimate.high, write) if has_span else ""
    return Cell(write(estimate.value), span_words, bar)


def _verdict(is_sure: bool, is_better: bool) -> str:
    """Say how sure a difference is, and which way it goes: a plus may be for the worse."""
    if not is_sure:
        return _("Not sure")
    return _("Sure: better") if is_better else _("Sure: worse")


def _signed(value: float, write: Write) -> str:
    """Write a difference with its sign; one of shares in percentage points."""
    if write in _SHARES:
        return _("%(points)s points") % {"points": _points(value, write)}
    return figures.signed(value, write)


def _signed_span(low: float, high: float, write: Write) -> str:
    if write in _SHARES:
        points = figures.joined(_points(low, write), _points(high, write))
        return _("%(points)s points") % {"points": points}
    return figures.joined(_signed(low, write), _signed(high, write))


def _points(value: float, write: Write) -> str:
    return figures.signed(100 * value, lambda size: figures.number(size, _SHARES[write]))


def _over_weeks(one: Side, other: Side) -> dict[str, Any]:
    """Draw the weeks of both services on the same axis, with the table behind the charts."""
    if one.result is None or other.result is None:
        return {}
    until = min(one.result.measurement.ends_on, other.result.measurement.ends_on)
    services = [side.choice.service for side in (one, other)]
    weeks = [weeks_of(service, until=until) for service in services]
    by_day = [{week.starts_on: week for week in own} for own in weeks]
    days = sorted({day for own in by_day for day in own}, reverse=True)
    return {
        "charts": shared_week_charts([one.result, other.result], weeks, services),
        "titles": [service.name for service in services],
        "weeks": [(day, [own.get(day) for own in by_day]) for day in days],
    }
