"""The quadrant: every service by SLA (distance to target) and experience, the watermelon corner marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from experience import figures
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import BELOW
from experience.marks.svg import NOTHING, Axis, joined, px, slice_shape, status_shape

_TARGET = DEFAULTS.target_score
# More services would cover each other: the rest of a crowd is drawn small, without name, whisker and link.
_CROWDED = 60
# In a crowd more names than these find no room; looking for it costs more than the rest of the chart.
_MOST_NAMES = 12
_NARROW = 420
_LETTER, _LINE = 6.1, 13.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One service. `sla_points` is its attainment minus target in percentage points, None without an SLA."""

    key: str
    name: str
    sla_points: float | None
    score: float
    low: float | None
    high: float | None
    status: str
    is_watermelon: bool
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class _Plane:
    across: Axis
    down: Axis
    left: float
    top: float
    right: float
    bottom: float
    lane: float | None

    def place(self, dot: Dot) -> tuple[float, float]:
        """Return the pixel of a service; those without an SLA stand in a lane of their own on the left."""
        x = self.lane if dot.sla_points is None else self.across.at(dot.sla_points)
        return (x if x is not None else self.left), self.down.at(dot.score)


def quadrant(
    dots: Sequence[Dot],
    *,
    width: int,
    height: int,
    key: str,
    description: str,
    link: Callable[[str], str],
) -> SafeString:
    """Return the chart with title and description; `key` keeps their ids apart on one page.

    `dots` come in order of attention, most first. Each is a link for the mouse, to `link(dot.key)`; keyboard
    and screen reader use the table beside the chart. Whiskers are the 95 % interval of the experience score.
    """
    plane = _plane(dots, width, height)
    near, far = _parted(dots)
    named = near if width >= _NARROW and not far else [dot for dot in near if dot.is_flagged][:_MOST_NAMES]
    return format_html(
        '<svg class="quadrant quadrant--{key}" viewBox="0 0 {} {}" role="group" '
        'aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{title}</title>'
        '<desc id="{key}-d">{}</desc>{}{}{}{}{}</svg>',
        width,
        height,
        description,
        _ground(plane),
        _scales(plane),
        _swarm(far, plane),
        joined([_mark(dot, plane, link) for dot in reversed(near)]),
        _names(named, plane),
        key=key,
        title=_("SLA beside experience, every service"),
    )


def _parted(dots: Sequence[Dot]) -> tuple[Sequence[Dot], Sequence[Dot]]:
    """Return the services to draw in full and the rest of a crowd."""
    if len(dots) <= _CROWDED:
        return dots, ()
    near = [dot for dot in dots if dot.is_flagged][:_CROWDED]
    drawn = {dot.key for dot in near}
    return near, [dot for dot in dots if dot.key not in drawn]


def _plane(dots: Sequence[Dot], width: int, height: int) -> _Plane:
    left, top, right, bottom = 40.0, 14.0, width - 14.0, height - 40.0
    has_lane = any(dot.sla_points is None for dot in dots)
    lane = left + 26.0 if has_lane else None
    known = [dot.sla_points for dot in dots if dot.sla_points is not None]
    edges = [edge for dot in dots for edge in (dot.low, dot.high, dot.score) if edge is not None]
    reach = (min([*known, -10.0]) - 2.5, max([*known, 10.0]) + 2.5)
    low = max(min([*edges, 50.0]) - 5.0, 0.0)
    high = min(max([*edges, 85.0]) + 5.0, 100.0)
    start = left + (64.0 if has_lane else 12.0)
    return _Plane(
        Axis(*reach, start, right - 10), Axis(low, high, bottom, top), left, top, right, bottom, lane
    )


def _ground(plane: _Plane) -> SafeString:
    middle, level = plane.across.at(0.0), plane.down.at(_TARGET)
    corner = format_html(
        '<rect class="quadrant__plane" x="{}" y="{}" width="{}" height="{}"/>'
        '<rect class="quadrant__corner" x="{}" y="{}" width="{}" height="{}"/>',
        *(px(v) for v in (plane.left, plane.top, plane.right - plane.left, plane.bottom - plane.top)),
        *(px(v) for v in (middle, level, plane.right - middle, plane.bottom - level)),
    )
    words = [("end", plane.right - 8, plane.bottom - 10, "corner", _("SLA met, users unhappy"))]
    if plane.right - plane.left > _NARROW:
        words += [
            ("end", plane.right - 8, plane.top + 18, "ground", _("Both fine")),
            ("start", plane.across.start, plane.top + 18, "ground", _("SLA missed, users fine")),
            ("start", plane.across.start, plane.bottom - 10, "ground", _("Red on both")),
        ]
    return joined([corner, _lane_words(plane), *(_words(*entry) for entry in words)])


def _lane_words(plane: _Plane) -> SafeString:
    if plane.lane is None:
        return NOTHING
    edge = plane.left + 52.0
    return format_html(
        '<rect class="quadrant__lane" x="{}" y="{}" width="52" height="{}"/>{}',
        px(plane.left),
        px(plane.top),
        px(plane.bottom - plane.top),
        _words("middle", edge - 26.0, plane.bottom + 15, "tick", _("no SLA")),
    )


def _words(anchor: str, x: float, y: float, kind: str, text: str) -> SafeString:
    return format_html(
        '<text class="quadrant__{}" text-anchor="{}" x="{}" y="{}">{}</text>',
        kind,
        anchor,
        px(x),
        px(y),
        text,
    )


def _scales(plane: _Plane) -> SafeString:
    middle, level = plane.across.at(0.0), plane.down.at(_TARGET)
    lines = format_html(
        '<line class="quadrant__target" x1="{}" y1="{y}" x2="{}" y2="{y}"/>'
        '<line class="quadrant__target" x1="{x}" y1="{}" x2="{x}" y2="{}"/>',
        *(px(v) for v in (plane.left, plane.right, plane.top, plane.bottom)),
        y=px(level),
        x=px(middle),
    )
    wide = plane.right - plane.left > _NARROW
    across = [
        _words("middle", plane.across.at(tick), plane.bottom + 15, "tick", _points(tick))
        for tick in plane.across.ticks(8 if wide else 4)
    ]
    down = [
        _words("end", plane.left - 7, plane.down.at(tick) + 4, "tick", f"{tick:.0f}")
        for tick in [*(t for t in plane.down.ticks(4) if abs(t - _TARGET) > 5), _TARGET]
    ]
    centre = (plane.left + plane.right) / 2
    captions = [
        _words("middle", centre, plane.bottom + 33, "caption", _("SLA: percentage points from target"))
    ]
    return joined([lines, *across, *down, *captions])


def _points(tick: float) -> str:
    return _("target") if tick == 0 else f"{tick:+.0f}".replace("-", "−")


def _swarm(dots: Sequence[Dot], plane: _Plane) -> SafeString:
    """Draw many services as one path for each state."""
    paths: dict[str, list[str]] = defaultdict(list)
    for dot in dots:
        x, y = plane.place(dot)
        paths[dot.status].append(f"M{px(x - 3)} {px(y - 2)}h6l-3 5z" if dot.status in BELOW else _disc(x, y))
    return format_html_join(
        "",
        '<path class="dot dot--{}" d="{}"/>',
        ((status, "".join(parts)) for status, parts in paths.items()),
    )


def _disc(x: float, y: float) -> str:
    return f"M{px(x - 3)} {px(y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"


def _mark(dot: Dot, plane: _Plane, link: Callable[[str], str]) -> SafeString:
    x, y = plane.place(dot)
    return format_html(
        '<a class="quadrant__dot" href="{}" tabindex="-1"><title>{}</title>{}{}'
        '<circle class="quadrant__reach" cx="{}" cy="{}" r="11"/></a>',
        link(dot.key),
        _("%(service)s: experience %(score)s") % {"service": dot.name, "score": figures.score(dot.score)},
        _whisker(dot, plane, x),
        slice_shape(x, y, 12) if dot.is_watermelon else status_shape(dot.status, x, y, 6),
        px(x),
        px(y),
    )


def _whisker(dot: Dot, plane: _Plane, x: float) -> SafeString:
    if dot.low is None or dot.high is None:
        return NOTHING
    return format_html(
        '<line class="quadrant__whisker quadrant__whisker--{}" x1="{x}" y1="{}" x2="{x}" y2="{}"/>',
        dot.status,
        px(plane.down.at(dot.low)),
        px(plane.down.at(dot.high)),
        x=px(x),
    )


_Box = tuple[float, float, float, float]


def _names(dots: Sequence[Dot], plane: _Plane) -> SafeString:
    """Write names where they cover nothing: to the right, left, above or below, the first services first."""
    taken: list[_Box] = [_around(*plane.place(dot)) for dot in dots]
    written: list[tuple[str, str, str, str, str]] = []
    for dot in dots:
        for anchor, x, y, box in _spots(dot, plane):
            if _is_inside(box, plane) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                kind = "name--flagged" if dot.is_flagged else "name"
                written.append((kind, anchor, px(x), px(y), dot.name))
                break
    return format_html_join(
        "", '<text class="quadrant__{}" text-anchor="{}" x="{}" y="{}" aria-hidden="true">{}</text>', written
    )


def _around(x: float, y: float) -> _Box:
    return x - 8, y - 8, x + 8, y + 8


def _spots(dot: Dot, plane: _Plane) -> list[tuple[str, float, float, _Box]]:
    x, y = plane.place(dot)
    long, side = len(dot.name) * _LETTER, 15 if dot.is_watermelon else 12
    return [
        ("start", x + side, y + 4, (x + side - 2, y - 7, x + side + 2 + long, y + 7)),
        ("end", x - side, y + 4, (x - side - 2 - long, y - 7, x - side + 2, y + 7)),
        ("middle", x, y - 13, (x - long / 2, y - 13 - _LINE, x + long / 2, y - 10)),
        ("middle", x, y + 22, (x - long / 2, y + 10, x + long / 2, y + 10 + _LINE)),
    ]


def _is_inside(box: _Box, plane: _Plane) -> bool:
    return box[0] >= plane.left and box[2] <= plane.right and box[1] >= plane.top and box[3] <= plane.bottom


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
