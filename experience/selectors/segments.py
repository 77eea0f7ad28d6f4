"""How the sites and personas of a service rate it, of closed months only.

A closed month does not change any more and shares no answer with another, so that no two pages, subtracted,
tell what one person said. Within a month `privacy.hidden_cells` keeps the parts from being had back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from experience.engine.explanation import AnsweredTicket, Scale, Segment, Split, split, whole
from experience.models import Measurement
from experience.selectors.gap_facts import answers_behind
from experience.selectors.results import least_people
from surveys.models import BusinessService

SPLITS = ("site", "persona")
_MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Segments:
    """A closed month of a service in parts, all ratings as answered. `everybody` is None where too few."""

    scale: Scale
    everybody: Segment | None
    splits: Mapping[str, Split]


def closed_months(service: BusinessService) -> list[date]:
    """Return the first days of the closed months that the service has a result of, newest first."""
    found = _months(service).order_by("-starts_on").values_list("starts_on", flat=True)
    return list(dict.fromkeys(found))[:_MOST_MONTHS]


def closed_month(service: BusinessService, month: date) -> Measurement | None:
    """Return the published result of a closed month under the primary agreement, or None."""
    found = _months(service).filter(starts_on=month).order_by("-pk")
    found = found.select_related("agreement_version__agreement", "parameter_set").defer("inputs")
    return found.prefetch_related("agreement_version__indicators__indicator").first()


def segments_of(m: Measurement) -> Segments | None:
    """Return the parts of a closed month; None without a rating. Everything is hidden where the whole is."""
    found = answers_behind(m)
    if found is None:
        return None
    scale, answers = found
    least = least_people()
    everybody = whole(answers, scale, least=least)
    shown: Sequence[AnsweredTicket] = answers if everybody else ()
    return Segments(
        scale,
        everybody,
        {
            "site": split(shown, lambda answer: answer.site, scale, least=least),
            "persona": split(shown, lambda answer: answer.persona, scale, least=least),
        },
    )


def _months(service: BusinessService) -> QuerySet[Measurement]:
    return (
        Measurement.objects.published()
        .primary()
        .filter(service=service, period=Measurement.Period.MONTH, state=Measurement.State.FINAL)
    )
