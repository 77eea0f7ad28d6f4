"""What is promised about a service beside what was computed and reported, as lines of a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experience import figures
from experience.engine.periods import Period
from experience.models import Measurement, Sla
from experience.selectors.sla import Attainment, attainments, is_reported
from surveys.models import BusinessService


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One service level with its figures written; `reported` is empty where nobody reports it."""

    name: str
    about: str
    target: str
    share: str
    count: str
    reported: str
    is_disputed: bool
    verdict: str


def levels_context(service: BusinessService, days: Period, month: Period, *, now: datetime) -> dict[str, Any]:
    """Return the service levels of a month that the provider reported on, else those of the days shown."""
    is_of_month = is_reported(service, month)
    found = attainments(service, month if is_of_month else days, now=now)
    return {
        "levels": [_line(level) for level in found],
        "levels_month": month.first_on if is_of_month else None,
    }


def _line(level: Attainment) -> LevelLine:
    write = figures.uptime if level.kind == Sla.Kind.AVAILABILITY else figures.share
    return LevelLine(
        name=str(Sla.Kind(level.kind).label),
        about=_about(level),
        target=write(level.target),
        share=write(level.share),
        count=figures.count(level.n),
        reported="" if level.reported is None else write(level.reported),
        is_disputed=level.is_disputed,
        verdict=_verdict(level),
    )


def _verdict(level: Attainment) -> str:
    status = Measurement.SlaStatus(level.status)
    return figures.MISSING if status == Measurement.SlaStatus.UNKNOWN else str(status.label)


def _about(level: Attainment) -> str:
    """Return which tickets it holds for and within what time; empty for all and the source's own verdict."""
    words = [] if level.priority is None else [_("Priority %(n)s") % {"n": level.priority}]
    if level.limit_minutes is not None:
        within = ngettext("within %(minutes)s minute", "within %(minutes)s minutes", level.limit_minutes)
        words.append(within % {"minutes": figures.count(level.limit_minutes)})
    return " · ".join(words)
