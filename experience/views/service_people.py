"""The people tab of a service: how its sites and personas rated it in a closed month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from experience import figures
from experience.engine.explanation import Scale, Segment
from experience.engine.periods import month_of, previous_month
from experience.marks import interval_bar
from experience.selectors.segments import Segments, closed_month, closed_months, segments_of
from experience.words import SPLIT_WORDS
from surveys.models import BusinessService

TITLES: Mapping[str, str | Promise] = {"site": _("By site"), "persona": _("By persona")}


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One site or persona with its figures written."""

    name: str
    people: int
    answers: int
    rating: str
    span: str
    distance: str
    bar: SafeString
    compare_url: str


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One split: its title, what a part is called, its lines, and how many parts are not shown."""

    key: str
    title: str | Promise
    noun: str | Promise
    lines: Sequence[SegmentLine]
    hidden: int


def people_context(service: BusinessService, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the people tab writes of the month asked for, or of the newest closed one."""
    months = closed_months(service)
    month = month_asked(asked.get("month", ""), months)
    m = closed_month(service, month) if month else None
    found = segments_of(m) if m else None
    return {
        "months": months,
        "month": month,
        "everybody": found.everybody if found else None,
        "target": m.rating_target if m else None,
        "best": m.rating_best if m else None,
        "splits": _parts(service, month, found) if found and month else [],
    }


def month_asked(text: str, months: Sequence[date]) -> date | None:
    """Return the month of an address if it is among these, else the newest of them."""
    found = {f"{month:%Y-%m}": month for month in months}
    return found.get(text, months[0] if months else None)


def _parts(service: BusinessService, month: date, found: Segments) -> list[SplitPart]:
    return [
        SplitPart(
            key,
            TITLES[key],
            SPLIT_WORDS[key],
            [_line(service, month, key, segment, found.scale) for segment in split.shown],
            split.hidden,
        )
        for key, split in found.splits.items()
    ]


def _line(service: BusinessService, month: date, key: str, found: Segment, scale: Scale) -> SegmentLine:
    who, before = f"{key}:{found.name}", previous_month(month_of(month)).first_on
    query = urlencode({"period": f"{month:%Y-%m}", "who": who, "period2": f"{before:%Y-%m}", "who2": who})
    return SegmentLine(
        name=found.name,
        people=found.people,
        answers=found.answers,
        rating=figures.rating(found.rating),
        span=figures.interval(found.low, found.high),
        distance=figures.distance(found.rating, scale.anchors.target),
        bar=segment_bar(found, scale),
        compare_url=f"{reverse('service-tab', args=[service.key, 'compare'])}?{query}",
    )


def segment_bar(found: Segment, scale: Scale) -> SafeString:
    """Return the interval bar of a part on the whole scale, coloured only where its interval is clear."""
    target = scale.anchors.target
    is_low = found.rating < target
    is_sure = found.high < target or found.low > target
    status = ("likely_" if is_sure else "lean_") + ("red" if is_low else "green")
    return interval_bar(
        found.rating, found.low, found.high, target, span=(scale.low, scale.high), status=status
    )
