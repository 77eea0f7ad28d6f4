"""The IT operations value metrics as lines of a page: a month beside the one before and the year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from experience import figures
from experience.engine.change import RateRatio
from experience.selectors.operations import KEYS, Operations, incident_change, terms_by_key
from experience.views.service_parts import writer_of
from experience.words import indicator_words


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric: its name, what it is, and its figure by the first day of each month."""

    name: str
    meaning: str
    by_month: tuple[tuple[date, str], ...]


def metric_lines(months: Sequence[Operations]) -> list[MetricLine]:
    """Return every metric over these months, the one that is read about first; "–" where nothing tells."""
    asked = _("Mean of the 1-5 answers, services counted by their tickets")
    unasked = _("Mood of chat and social messages, from -1 to 1")
    rows = [
        *_counted(months),
        (
            _("Incidents opened"),
            _("In brackets: change per user and working day since, with its 95 % interval"),
            _incidents(months),
        ),
        (_("Satisfaction, asked"), asked, [_of_five(month.rating) for month in months]),
        (_("Satisfaction, unasked"), unasked, [figures.plain(month.mood) for month in months]),
        (
            _("Working hours lost"),
            _("As told by those who answered"),
            [figures.hours(month.lost_hours) for month in months],
        ),
    ]
    firsts = [month.first_on for month in months]
    return [MetricLine(name, means, tuple(zip(firsts, cells, strict=True))) for name, means, cells in rows]


def _counted(months: Sequence[Operations]) -> list[tuple[str, str, list[str]]]:
    known = terms_by_key()
    return [
        (
            indicator_words(known[key].name),
            str(_MEANINGS[key]),
            [writer_of(known[key])(month.values.get(key)) for month in months],
        )
        for key in KEYS
        if key in known
    ]


_MEANINGS = {
    "availability": gettext_lazy("Watched time without an unplanned outage"),
    "apdex": gettext_lazy("Requests within 1 s; those within 4 s count half"),
    "time_to_resolve": gettext_lazy("Median, by the clock of the ticket system"),
    "no_hand_off": gettext_lazy("By the first group at the first attempt"),
    "reopen_share": gettext_lazy("Within 7 days of the resolution"),
    "change_success": gettext_lazy("As the change system reports it"),
    "ticket_cost": gettext_lazy("As reported, in the currency of the source"),
}


def _of_five(value: float | None) -> str:
    if value is None:
        return figures.MISSING
    return _("%(rating)s of %(best)s") % {"rating": figures.rating(value), "best": 5}


def _incidents(months: Sequence[Operations]) -> list[str]:
    """Return the incidents of each month, beside each earlier one how their rate changed since."""
    now, *earlier = months
    counted = [figures.count(month.incident_count) for month in months]
    changes = ["", *(_change_words(incident_change(now, month)) for month in earlier)]
    return [f"{n} ({change})" if change else n for n, change in zip(counted, changes, strict=True)]


def _change_words(ratio: RateRatio | None) -> str:
    if ratio is None or ratio.value is None or ratio.high is None:
        return ""
    change, low, high = (figures.surplus(100 * (end - 1)) for end in (ratio.value, ratio.low, ratio.high))
    return _("%(change)s %%, %(low)s to %(high)s") % {"change": change, "low": low, "high": high}
