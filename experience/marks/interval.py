"""The interval bar: where a value lies between its interval's ends, against its target."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from experience.marks.svg import NOTHING, Axis, px

_WIDTH, _HEIGHT = 132.0, 14.0
_MARGIN = 3.0


def interval_bar(
    value: float | None,
    low: float | None,
    high: float | None,
    target: float | None,
    *,
    span: tuple[float, float],
    status: str,
) -> SafeString:
    """Return the bar as decoration beside the same figures in words; nothing without a value.

    `span` holds the values at both ends, worse first, so that better is always to the right. `status`
    picks the colour. Without an interval only the value's dot is drawn.
    """
    if value is None:
        return NOTHING
    worst, best = span
    start, end = (_MARGIN, _WIDTH - _MARGIN) if worst < best else (_WIDTH - _MARGIN, _MARGIN)
    axis = Axis(min(span), max(span), start, end)
    middle = _HEIGHT / 2
    return format_html(
        '<svg class="interval interval--{}" viewBox="0 0 132 14" width="132" height="14" aria-hidden="true">'
        '<line class="interval__track" x1="0" y1="{m}" x2="132" y2="{m}"/>{}{}'
        '<circle class="interval__value" cx="{}" cy="{m}" r="3.5"/></svg>',
        status,
        _band(axis, low, high, middle),
        _target(axis, target),
        px(axis.at(value)),
        m=px(middle),
    )


def _band(axis: Axis, low: float | None, high: float | None, middle: float) -> SafeString:
    if low is None or high is None:
        return NOTHING
    left, right = sorted((axis.at(low), axis.at(high)))
    return format_html(
        '<rect class="interval__band" x="{}" y="{}" width="{}" height="5" rx="2.5"/>',
        px(left),
        px(middle - 2.5),
        px(max(right - left, 1.0)),
    )


def _target(axis: Axis, target: float | None) -> SafeString:
    if target is None:
        return NOTHING
    return format_html(
        '<line class="interval__target" x1="{x}" y1="0.5" x2="{x}" y2="13.5"/>', x=px(axis.at(target))
    )
