"""The waterfall: from exactly on target, what each kind of evidence adds or takes, to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from experience.engine.defaults import DEFAULTS
from experience.marks.svg import Axis, px


@dataclass(frozen=True, slots=True)
class Step:
    """One row: a level that stands (`is_level`), or points added to the level so far."""

    points: float
    is_level: bool = False


def waterfall_bars(steps: Sequence[Step]) -> list[SafeString]:
    """Return one stretching bar per step, all on one axis; decoration beside the figures."""
    spans = _spans(steps)
    edges = [edge for span in spans for edge in span]
    axis = Axis(min(edges) - 2, max(edges) + 2, 0, 100)
    return [_bar(axis, step, span) for step, span in zip(steps, spans, strict=True)]


def _spans(steps: Sequence[Step]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        before, level = level, step.points if step.is_level else level + step.points
        spans.append((level, level) if step.is_level else (before, level))
    return spans


def _bar(axis: Axis, step: Step, span: tuple[float, float]) -> SafeString:
    left, right = sorted((axis.at(span[0]), axis.at(span[1])))
    tone = "level" if step.is_level else ("loss" if step.points < 0 else "gain")
    least = 1.2 if step.is_level else 0.6
    return format_html(
        '<svg class="fall" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="fall__target" x1="{t}" y1="0" x2="{t}" y2="10"/>'
        '<rect class="fall__bar fall__bar--{}" x="{}" width="{}" y="1" height="8"/></svg>',
        tone,
        px(left - (least / 2 if step.is_level else 0)),
        px(max(right - left, least)),
        t=px(axis.at(DEFAULTS.target_score)),
    )
