"""The page that shows every component of the interface, in light and dark side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from experience.badges import BADGES, STATUS_WORDS
from experience.marks import Step, bar, interval_bar, sparkline, waterfall_bars
from xla_service.access import administering, open_to
from xla_service.navigation import Section, declare_page

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
    bars = waterfall_bars([Step(70, is_level=True), Step(-8), Step(3), Step(65, is_level=True)])
    context = {
        "schemes": SCHEMES,
        "sizes": SIZES,
        "spaces": SPACES,
        "colours": COLOURS,
        "badges": BADGES,
        "statuses": STATUS_WORDS.items(),
        "icons": icon_names(),
        "interval": interval_bar(3.7, 3.5, 3.9, 4.2, span=(1, 5), status="likely_red"),
        "spark": sparkline([4.3, 4.2, 4.0, 3.9, 3.7], 4.2, label="five weeks, from 4.3 to 3.7"),
        "bar": bar(0.62, "below"),
        "falls": bars,
    }
    return render(request, "design_system.html", context)


def icon_names() -> list[str]:
    """Return the names of the icons in the sprite."""
    path = finders.find("interface/icons.svg")
    if not isinstance(path, str):
        return []
    with open(path, encoding="utf-8") as sprite:
        return _SYMBOL.findall(sprite.read())
