"""Bars that stretch with their column: shares of a whole, drawn beside their figures."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from experience.marks.svg import px


def bar(share: float, tone: str) -> SafeString:
    """Return a bar filled to `share` (0..1; more is cut) as decoration; `tone` picks the colour."""
    width = 100 * min(max(share, 0.0), 1.0)
    return format_html(
        '<svg class="bar-mark" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-mark__track" width="100" height="10"/>'
        '<rect class="bar-mark__fill bar-mark__fill--{}" width="{}" height="10"/></svg>',
        tone,
        px(width),
    )


def rows_of_shares(counts: Sequence[int]) -> list[tuple[int, float, float]]:
    """Return (count, share of all, length of the bar 0..1 against the longest) for each count."""
    total, longest = sum(counts), max(counts, default=0)
    return [(n, n / total if total else 0.0, n / longest if longest else 0.0) for n in counts]
