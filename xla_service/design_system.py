"""The page that shows every component of the interface, in light and dark side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from experience.badges import BADGES, STATUS_WORDS
from experience.figures import rating
from experience.marks import (
    Dot,
    Step,
    WeekLine,
    bar,
    interval_bar,
    quadrant,
    sparkline,
    waterfall_bars,
    week_chart,
)
from experience.marks.distribution import distribution
from xla_service.access import administering, open_to
from xla_service.navigation import Section, declare_page
from xla_service.qr_codes import inline_qr_code

declare_page("design-system", "Design system", Section.ADMINISTRATION, rule=administering, order=99)
_SYMBOL = re.compile(r'<symbol id="(\w+)"')
SIZES = ("3xl", "2xl", "xl", "l", "base", "m", "s", "xs")
SPACES = ("1", "2", "3", "4", "5", "6", "8", "12")
COLOURS = (
    ("Surfaces", ("canvas", "surface", "surface-sunk", "line", "line-strong")),
    ("Text", ("text", "text-soft", "text-faint")),
    ("Action", ("action", "action-strong", "action-soft", "focus")),
    ("Below target", ("below", "below-fill", "below-soft")),
    ("Probably below", ("lean", "lean-fill", "lean-soft")),
    ("On target", ("met", "met-fill", "met-soft")),
    ("Not known", ("unknown", "unknown-fill", "unknown-soft")),
    ("Charts", ("chart-line", "chart-band", "chart-mark", "chart-grid", "chart-target", "corner")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scheme:
    """One column of the page."""

    key: str
    title: str


SCHEMES = (Scheme("light", "Light"), Scheme("dark", "Dark"))


@open_to(administering)
@require_safe
def design_system(request: HttpRequest) -> HttpResponse:
    """Show every component; what is missing here does not belong into a page."""
    context = {
        "schemes": SCHEMES,
        "sizes": SIZES,
        "spaces": SPACES,
        "colours": COLOURS,
        "badges": BADGES,
        "statuses": STATUS_WORDS.items(),
        "icons": icon_names(),
        "qr": inline_qr_code("https://xla.example.org", title="QR code"),
    }
    return render(request, "design_system.html", context | _marks() | _charts())


def _marks() -> dict[str, Any]:
    """Return the small marks, one of each kind."""
    intervals = [
        interval_bar(score, score - 6, score + 6, 70, span=(50, 90), status=key)
        for key, score in zip(STATUS_WORDS, (58, 66, 73, 81, 70, 70, 70), strict=True)
    ]
    steps = [Step(70, is_level=True), Step(-8), Step(3), Step(65, is_level=True)]
    return {
        "intervals": intervals,
        "interval": intervals[0],
        "spark": sparkline([4.3, 4.2, 4.0, 3.9, 3.7], 4.2, label="five weeks, from 4.3 to 3.7"),
        "spark_met": sparkline([3.9, 4.1, 4.4], 4.2, label="three weeks, from 3.9 to 4.4"),
        "bar": bar(0.62, "below"),
        "bars": [bar(0.62, tone) for tone in ("neutral", "below", "lean", "met")],
        "falls": waterfall_bars(steps),
        "past": distribution([3.6, 3.7, 3.9, 4.1, 4.2, 4.3, 4.4], 4.2, span=(3, 5)),
    }


def _charts() -> dict[str, Any]:
    """Return the large marks: a service in every state, and five weeks."""
    places = {"likely_red": (8, 55), "lean_red": (4, 66), "lean_green": (-6, 73), "likely_green": (9, 82)}
    dots = [
        Dot(key, str(STATUS_WORDS[key].label), sla, score, score - 4, score + 4, key, False, "red" in key)
        for key, (sla, score) in places.items()
    ]
    dots += [
        Dot("melon", "Watermelon", 6, 60, 57, 63, "likely_red", True, True),
        Dot("none", "Too few answers", None, 70, None, None, "collecting", False, False),
    ]
    weeks = [date(2026, 3, 30) + timedelta(weeks=n) for n in range(5)]
    values = [4.3, 4.2, 4.0, 3.9, 3.7]
    low, high = [v - 0.2 for v in values], [v + 0.2 for v in values]
    line = WeekLine(weeks, values, low, high, 4.2, rating, least_span=1, ends=(1, 5), marks=[(2, "1")])
    return {
        "charts": [
            quadrant(dots, width=width, height=320, key=key, description="One in every state", link=str)
            for key, width in (("wide", 1100), ("narrow", 340))
        ],
        "weeks": week_chart(
            line, title="Rating, five weeks", target_words="agreed 4.2", width=420, height=180
        ),
    }


def icon_names() -> list[str]:
    """Return the names of the icons in the sprite."""
    path = finders.find("interface/icons.svg")
    if not isinstance(path, str):
        return []
    with open(path, encoding="utf-8") as sprite:
        return _SYMBOL.findall(sprite.read())
