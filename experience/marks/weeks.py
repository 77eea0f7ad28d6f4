"""Week by week: a value with its band over time, against its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from experience import figures
from experience.marks.svg import NOTHING, Axis, joined, points, px


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One value per week, oldest first; None leaves a gap. `low` and `high` are None without an interval.

    The axis also holds the values in `beside`, so that two charts side by side can share it;
    it never leaves `ends`, what is possible at all. `marks` are numbers that stand over a week, by its index.
    """

    weeks: Sequence[date]
    values: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    target: float | None
    write: Callable[[float | None], str]
    least_span: float
    beside: Sequence[float | None] = ()
    ends: tuple[float, float] | None = None
    marks: Sequence[tuple[int, str]] = ()

    @property
    def on_axis(self) -> list[float]:
        """Return every value that the axis has to hold."""
        columns = (self.values, self.low, self.high, [self.target], self.beside)
        return [value for column in columns for value in column if value is not None]


@dataclass(frozen=True, slots=True)
class _Plane:
    across: Axis
    down: Axis
    left: float
    right: float
    top: float
    bottom: float


def week_chart(line: WeekLine, *, title: str, target_words: str, width: int, height: int) -> SafeString:
    """Return the chart as an image; nothing when no week has a value. A table must stand beside it."""
    if all(value is None for value in line.values):
        return NOTHING
    plane = _plane(line, width, height)
    return format_html(
        '<svg class="weeks" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}{}{}</svg>',
        width,
        height,
        title,
        _grid(line, plane),
        _months(line, plane),
        _band(line, plane),
        _marks(line, plane),
        _target(line, plane, target_words),
        _values(line, plane),
    )


def _plane(line: WeekLine, width: int, height: int) -> _Plane:
    left, right, top, bottom = 40.0, width - 4.0, 12.0, height - 24.0
    known = line.on_axis
    middle = (min(known) + max(known)) / 2
    half = max((max(known) - min(known)) / 2 * 1.08, line.least_span / 2)
    first_end, last_end = line.ends or (middle - half, middle + half)
    last = max(len(line.weeks) - 1, 1)
    return _Plane(
        Axis(0, last, left + 8, right - 8),
        Axis(max(middle - half, first_end), min(middle + half, last_end), bottom, top),
        left,
        right,
        top,
        bottom,
    )


def _grid(line: WeekLine, plane: _Plane) -> SafeString:
    wanted = 4 if plane.bottom - plane.top > 100 else 2
    return joined(
        [
            format_html(
                '<line class="weeks__grid" x1="{}" y1="{y}" x2="{}" y2="{y}"/>'
                '<text class="weeks__tick" text-anchor="end" x="{}" y="{}">{}</text>',
                px(plane.left),
                px(plane.right),
                px(plane.left - 8),
                px(plane.down.at(tick) + 4),
                line.write(tick),
                y=px(plane.down.at(tick)),
            )
            for tick in plane.down.ticks(wanted)
        ]
    )


def _months(line: WeekLine, plane: _Plane) -> SafeString:
    """Name a month at its first week, leaving out names that would touch the one before."""
    parts, free_from = [], 0.0
    for index, week in enumerate(line.weeks):
        is_first = index == 0 or line.weeks[index - 1].month != week.month
        x = plane.across.at(index)
        if not is_first or x < free_from or x > plane.right - 16:
            continue
        name = date_format(week, "M Y" if week.month == 1 or index == 0 else "M")
        free_from = x + 8 + 7 * len(name)
        parts.append(
            format_html(
                '<line class="weeks__stem" x1="{x}" y1="{}" x2="{x}" y2="{}"/>'
                '<text class="weeks__tick" x="{x}" y="{}">{}</text>',
                px(plane.bottom),
                px(plane.bottom + 4),
                px(plane.bottom + 18),
                name,
                x=px(x),
            )
        )
    return joined(parts)


def _band(line: WeekLine, plane: _Plane) -> SafeString:
    ends = list(enumerate(zip(line.low, line.high, strict=True)))
    runs = [list(run) for known, run in groupby(ends, key=lambda end: None not in end[1]) if known]
    return joined([_area(run, plane) for run in runs])


def _area(run: list[tuple[int, tuple[float | None, float | None]]], plane: _Plane) -> SafeString:
    upper = [(plane.across.at(i), plane.down.at(high)) for i, (_, high) in run if high is not None]
    lower = [(plane.across.at(i), plane.down.at(low)) for i, (low, _) in run if low is not None]
    if len(run) == 1:
        (x, y_high), (_, y_low) = upper[0], lower[0]
        return format_html(
            '<rect class="weeks__band" x="{}" y="{}" width="6" height="{}"/>',
            px(x - 3),
            px(y_high),
            px(y_low - y_high),
        )
    return format_html('<polygon class="weeks__band" points="{}"/>', points(upper + lower[::-1]))


def _target(line: WeekLine, plane: _Plane, words: str) -> SafeString:
    if line.target is None:
        return NOTHING
    y = plane.down.at(line.target)
    return format_html(
        '<line class="weeks__target" x1="{}" y1="{y}" x2="{}" y2="{y}"/>'
        '<text class="weeks__words" text-anchor="end" x="{}" y="{}">{}</text>',
        px(plane.left),
        px(plane.right),
        px(plane.right),
        px(y - 5),
        words,
        y=px(y),
    )


def _marks(line: WeekLine, plane: _Plane) -> SafeString:
    return joined(
        [
            format_html(
                '<line class="weeks__mark" x1="{x}" y1="{}" x2="{x}" y2="{}"/>'
                '<text class="weeks__number" text-anchor="middle" x="{x}" y="{}">{}</text>',
                px(plane.top),
                px(plane.bottom),
                px(plane.top - 2),
                number,
                x=px(plane.across.at(index)),
            )
            for index, number in line.marks
        ]
    )


def _values(line: WeekLine, plane: _Plane) -> SafeString:
    placed = [
        None if v is None else (plane.across.at(i), plane.down.at(v)) for i, v in enumerate(line.values)
    ]
    runs = [[p for p in run if p] for known, run in groupby(placed, key=lambda p: p is not None) if known]
    lines = [
        format_html('<polyline class="weeks__line" points="{}"/>', points(r)) for r in runs if len(r) > 1
    ]
    dots = [
        _dot(week, value, point, line)
        for week, value, point in zip(line.weeks, line.values, placed, strict=True)
    ]
    return joined([*lines, *dots])


def _dot(week: date, value: float | None, point: tuple[float, float] | None, line: WeekLine) -> SafeString:
    if point is None or value is None:
        return NOTHING
    side = "unknown" if line.target is None else ("below" if value < line.target else "met")
    return format_html(
        '<circle class="weeks__dot weeks__dot--{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>',
        side,
        px(point[0]),
        px(point[1]),
        _("Week of %(day)s: %(value)s") % {"day": figures.full_day(week), "value": line.write(value)},
    )
