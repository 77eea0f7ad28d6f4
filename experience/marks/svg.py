"""What every mark is made of: an axis from values to pixels, tick values, and the shape of each status."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from experience.engine.gaps import BELOW

NOTHING = mark_safe("")  # noqa: S308  (a constant)


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight map from values [low, high] to pixels [start, end]; end < start turns it upside down."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value; values outside the axis land on its nearer end."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def step(self, wanted: int) -> float:
        """Return the distance of about so many round values: 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / max(wanted, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)

    def ticks(self, wanted: int) -> list[float]:
        """Return about so many round values inside the axis."""
        step = self.step(wanted)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def px(value: float) -> str:
    """Return a coordinate with at most one decimal, without a needless zero."""
    return f"{value:.1f}".removesuffix(".0")


def points(pairs: list[tuple[float, float]]) -> str:
    """Return coordinates as the text of a points attribute."""
    return " ".join(f"{px(x)},{px(y)}" for x, y in pairs)


def joined(parts: list[SafeString]) -> SafeString:
    """Return safe parts one after the other."""
    return format_html_join("", "{}", ((part,) for part in parts))


def status_shape(status: str, x: float, y: float, size: float) -> SafeString:
    """Return the shape of an evidence status: triangles point down below target, full ones are findings."""
    if status in BELOW:
        corners = [(x - size, y - 0.8 * size), (x + size, y - 0.8 * size), (x, y + size)]
        return format_html('<polygon class="dot dot--{}" points="{}"/>', status, points(corners))
    return format_html(
        '<circle class="dot dot--{}" cx="{}" cy="{}" r="{}"/>', status, px(x), px(y), px(size * 0.92)
    )


def slice_shape(x: float, y: float, size: float) -> SafeString:
    """Return the watermelon slice that stands for a confirmed watermelon, centred on x, y."""
    return format_html(
        '<g transform="translate({} {}) scale({})"><path class="slice-edge" d="M0 4.5h16a8 8 0 0 1-16 0z"/>'
        '<path class="slice-rind" d="M1 5.2h14a7 7 0 0 1-14 0z"/>'
        '<path class="slice-flesh" d="M2.8 5.2h10.4a5.2 5.2 0 0 1-10.4 0z"/>'
        '<path class="slice-seed" d="M5.6 6.6v1.1M8 7.700v1.100M10.4 6.600v1.1"/></g>',
        px(x - size),
        px(y - size),
        px(size / 8),
    )
