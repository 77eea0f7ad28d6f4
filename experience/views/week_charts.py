"""A service week by week: rating, SLA and score as charts, the actions marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from experience import figures
from experience.charts import Marker, week_data
from experience.engine.defaults import DEFAULTS
from experience.marks import WeekLine, week_chart
from experience.models import Improvement
from experience.selectors.service_page import NewestResult, Week
from surveys.models import BusinessService


@dataclass(frozen=True, slots=True)
class WeekChart:
    """One chart over the weeks: as drawn by the server, and the values that the page's script draws."""

    key: str
    title: str
    drawing: SafeString
    values: dict[str, Any]
    markers: Sequence[Marker]


def week_charts(
    result: NewestResult, weeks: Sequence[Week], markers: Sequence[Marker] = ()
) -> list[WeekChart]:
    """Return the charts over the weeks: rating, SLA and score, each against its target, actions marked."""
    answered, resolved = [week.answered for week in weeks], [week.resolved for week in weeks]
    rating, sla, score = _rating_line(result, weeks), _sla_line(result, weeks), _score_line(weeks)
    entries = (
        ("rating", _("Users' rating"), _agreed(_("agreed %(target)s"), rating), answered, rating),
        ("sla", _("Tickets that met the SLA"), _agreed(_("target %(target)s"), sla), resolved, sla),
        ("score", _("Score"), _agreed(_("on target %(target)s"), score), answered, score),
    )
    return [_chart(*entry, markers) for entry in entries if any(v is not None for v in entry[4].values)]


def _rating_line(result: NewestResult, weeks: Sequence[Week]) -> WeekLine:
    return WeekLine(
        [week.starts_on for week in weeks],
        [week.rating for week in weeks],
        [week.rating_low for week in weeks],
        [week.rating_high for week in weeks],
        result.measurement.rating_target,
        figures.rating,
        1.0,
        ends=result.figures.scale,
    )


def _sla_line(result: NewestResult, weeks: Sequence[Week]) -> WeekLine:
    return WeekLine(
        [week.starts_on for week in weeks],
        [week.sla_share for week in weeks],
        [None] * len(weeks),
        [None] * len(weeks),
        result.measurement.sla_target,
        figures.share,
        0.2,
        ends=(0.0, 1.0),
    )


def _score_line(weeks: Sequence[Week]) -> WeekLine:
    return WeekLine(
        [week.starts_on for week in weeks],
        [week.score for week in weeks],
        [week.score_low for week in weeks],
        [week.score_high for week in weeks],
        DEFAULTS.target_score,
        figures.score,
        30,
        ends=(0.0, 100.0),
    )


def _agreed(words: str, line: WeekLine) -> str:
    return words % {"target": line.write(line.target)} if line.target is not None else ""


def shared_week_charts(
    results: Sequence[NewestResult], weeks: Sequence[Sequence[Week]], services: Sequence[BusinessService]
) -> list[WeekChart]:
    """Return one chart of the rating over the weeks for each of some services, all on one axis."""
    beside = [value for own in weeks for w in own for value in (w.rating, w.rating_low, w.rating_high)]
    beside += [result.measurement.rating_target for result in results]
    charts = []
    for number, (result, own, service) in enumerate(zip(results, weeks, services, strict=True)):
        line = replace(_rating_line(result, own), beside=beside)
        if any(value is not None for value in line.values):
            target = _agreed(_("agreed %(target)s"), line)
            counts, markers = [week.answered for week in own], action_markers(service, own)
            charts.append(_chart(f"side-{number}", service.name, target, counts, line, markers))
    return charts


def action_markers(service: BusinessService, weeks: Sequence[Week]) -> list[Marker]:
    """Return the actions carried out within these weeks, numbered by day, for the charts and their legend."""
    if not weeks:
        return []
    days = (weeks[0].starts_on, weeks[-1].starts_on + timedelta(days=6))
    done = Improvement.objects.carried_out().filter(service=service, done_on__range=days)
    rows = done.order_by("done_on", "pk").values_list("done_on", "what")
    return [Marker(day, str(number), what) for number, (day, what) in enumerate(rows, start=1) if day]


def _chart(
    key: str, title: str, target: str, counts: Sequence[int], line: WeekLine, markers: Sequence[Marker]
) -> WeekChart:
    known = [value for value in line.values if value is not None]
    words = _("%(title)s over %(weeks)s weeks, newest %(newest)s, %(target)s") % {
        "title": title,
        "weeks": len(line.weeks),
        "newest": line.write(known[-1]),
        "target": target,
    }
    values = week_data(line, name=title, target_words=target, counts=counts, markers=markers)
    marked = replace(line, marks=[(mark["index"], mark["number"]) for mark in values["marks"]])
    drawing = week_chart(marked, title=words, target_words=target, width=380, height=190)
    return WeekChart(f"chart-{key}", title, drawing, values, markers)
