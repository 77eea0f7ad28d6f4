"""The sparkline: a row of weekly values as a line without axes, with the target as a faint line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString

from experience.marks.svg import NOTHING, Axis, joined, points, px

_WIDTH, _HEIGHT, _MARGIN = 104.0, 26.0, 4.0
# Less than this between top and bottom would draw noise as drama.
_LEAST_SPAN = 1.0


def sparkline(
    values: Sequence[float | None], target: float | None, *, label: str, least_span: float = _LEAST_SPAN
) -> SafeString:
    """Return the line through the values, oldest first; None leaves a gap. Nothing below two known values."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return NOTHING
    across = Axis(0, len(values) - 1, _MARGIN, _WIDTH - _MARGIN)
    down = _height(known, target, least_span)
    placed = [None if v is None else (across.at(i), down.at(v)) for i, v in enumerate(values)]
    last = next(point for point in reversed(placed) if point)
    side = "" if target is None else ("below" if known[-1] < target else "met")
    return format_html(
        '<svg class="spark" viewBox="0 0 104 26" width="104" height="26" role="img" aria-label="{}">{}{}'
        '<circle class="spark__last spark__last--{}" cx="{}" cy="{}" r="3"/></svg>',
        label,
        _target(down, target),
        _lines(placed),
        side or "unknown",
        px(last[0]),
        px(last[1]),
    )


def _height(known: Sequence[float], target: float | None, least_span: float) -> Axis:
    shown = [*known, target] if target is not None else list(known)
    middle, half = (min(shown) + max(shown)) / 2, max((max(shown) - min(shown)) / 2, least_span / 2)
    return Axis(middle - half, middle + half, _HEIGHT - _MARGIN, _MARGIN)


def _target(down: Axis, target: float | None) -> SafeString:
    if target is None:
        return NOTHING
    return format_html(
        '<line class="spark__target" x1="0" y1="{y}" x2="104" y2="{y}"/>', y=px(down.at(target))
    )


def _lines(placed: Sequence[tuple[float, float] | None]) -> SafeString:
    runs = [list(run) for is_known, run in groupby(placed, key=lambda point: point is not None) if is_known]
    return joined(
        [
            format_html('<polyline class="spark__line" points="{}"/>', points([p for p in run if p]))
            for run in runs
            if len(run) > 1
        ]
    )
