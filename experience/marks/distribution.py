"""The past behind a target: how often an indicator lay where, on a small axis, better to the right."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from experience.marks.svg import NOTHING, Axis, joined, px

_WIDTH, _HEIGHT, _BINS = 160.0, 28.0, 20


def distribution(values: Sequence[float], target: float, *, span: tuple[float, float]) -> SafeString:
    """Return the drawing as decoration beside the figures in words; nothing without values.

    `span` holds the values at both ends, worse first. Values beyond an end stand at it.
    """
    if not values:
        return NOTHING
    worst, best = span
    start, end = (0.0, _WIDTH) if worst < best else (_WIDTH, 0.0)
    axis = Axis(min(span), max(span), start, end)
    counts = [0] * _BINS
    for value in values:
        counts[min(int(axis.at(value) / _WIDTH * _BINS), _BINS - 1)] += 1
    return format_html(
        '<svg class="past" viewBox="0 0 160 28" width="160" height="28" aria-hidden="true">'
        '<line class="past__axis" x1="0" y1="27.5" x2="160" y2="27.5"/>{}'
        '<line class="past__target" x1="{x}" y1="0" x2="{x}" y2="28"/></svg>',
        _bars(counts, _WIDTH * axis.at(target) / _WIDTH),
        x=px(axis.at(target)),
    )


def _bars(counts: Sequence[int], target_x: float) -> SafeString:
    width, highest = _WIDTH / _BINS, max(counts)
    bars = []
    for place, count in enumerate(counts):
        if count:
            height = max((_HEIGHT - 4) * count / highest, 2.0)
            side = "met" if (place + 0.5) * width >= target_x else "below"
            bars.append(
                format_html(
                    '<rect class="past__bar past__bar--{}" x="{}" y="{}" width="{}" height="{}"/>',
                    side,
                    px(place * width + 0.5),
                    px(_HEIGHT - height - 0.5),
                    px(width - 1),
                    px(height),
                )
            )
    return joined(bars)
