"""What the script of a page draws: values, and the words to show for them, so that rounding has one home."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from experience import figures
from experience.marks import WeekLine
from experience.marks.svg import Axis

_STEPS = 4


@dataclass(frozen=True, slots=True)
class Marker:
    """An action on a chart: the day it was done, the number it is drawn under, and what was done."""

    day: date
    number: str
    label: str


def week_data(
    line: WeekLine, *, name: str, target_words: str, counts: Sequence[int], markers: Sequence[Marker] = ()
) -> dict[str, Any]:
    """Return a chart over the weeks for static/interface/charts.js; `counts` are the answers or tickets."""
    is_share = line.write is figures.share
    return {
        "name": name,
        "labels": [_label(week) for week in line.weeks],
        "days": [_("Week of %(day)s") % {"day": figures.full_day(week)} for week in line.weeks],
        "months": [i == 0 or line.weeks[i - 1].month != week.month for i, week in enumerate(line.weeks)],
        "values": list(line.values),
        "low": [None if high is None else low for low, high in zip(line.low, line.high, strict=True)],
        "high": [None if low is None else high for low, high in zip(line.low, line.high, strict=True)],
        "words": [line.write(value) for value in line.values],
        "spans": [
            figures.interval(low, high, line.write) for low, high in zip(line.low, line.high, strict=True)
        ],
        "counts": [_("%(count)s counted") % {"count": figures.count(n)} for n in counts],
        "words95": _("95 % interval"),
        "wordsAction": _("Action"),
        "below": [line.target is not None and v is not None and v < line.target for v in line.values],
        "target": line.target,
        "targetWords": target_words,
        "axis": _axis(line),
        "factor": 100 if is_share else 1,
        "unit": "\u00a0%" if is_share else "",
        "marks": _marks(line.weeks, markers),
    }


def _label(week: date) -> str:
    return date_format(week, "M Y" if week.month == 1 else "M")


def _axis(line: WeekLine) -> tuple[float, float, float]:
    """Return round ends that hold every value, at least `least_span` apart and inside what is possible.

    The third number is the round step between them.
    """
    known = line.on_axis
    middle = (min(known) + max(known)) / 2
    half = max((max(known) - min(known)) / 2 * 1.08, line.least_span / 2)
    step = Axis(middle - half, middle + half, 0, 1).step(_STEPS)
    first, last = math.floor((middle - half) / step) * step, math.ceil((middle + half) / step) * step
    least, most = line.ends or (first, last)
    return round(max(first, least), 6), round(min(last, most), 6), round(step, 6)


def _marks(weeks: Sequence[date], markers: Sequence[Marker]) -> list[dict[str, Any]]:
    found = [(_week_of(weeks, marker.day), marker) for marker in markers]
    return [
        {"index": index, "number": marker.number, "label": marker.label}
        for index, marker in found
        if index is not None
    ]


def _week_of(weeks: Sequence[date], day: date) -> int | None:
    inside = [index for index, week in enumerate(weeks) if 0 <= (day - week).days < 7]
    return inside[0] if inside else None
