"""The IT operations value metrics of a month, over all services that somebody reads.

What tickets and signals tell is counted from the day cells of these services together. What people answered
is taken from published results alone, so that nothing about few people comes out by another door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, QuerySet

from experience.engine.agreement_terms import AgreedIndicator
from experience.engine.change import RateRatio, rate_ratio
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import UNJUDGED
from experience.engine.indicators import Native, Parameters, Terms, native
from experience.engine.periods import Period
from experience.engine.weighting import class_rates
from experience.models import Measurement, UnsolicitedText
from experience.selectors.agreements import indicator_terms, newest_indicators
from experience.selectors.narrowing import of_services
from experience.selectors.results import is_hidden
from experience.selectors.stock import elapsed, incident_counts, user_counts, user_days
from experience.selectors.windows import evidence_together
from surveys.models import BusinessService
from surveys.selectors.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

# What is counted from cells, in the order in which it is read.
KEYS = (
    "availability",
    "apdex",
    "time_to_resolve",
    "no_hand_off",
    "reopen_share",
    "change_success",
    "ticket_cost",
)
_STARS = 5
_NO_ANSWERS = Parameters(rates=class_rates({}, {}), pooled_variance={})


@dataclass(frozen=True, slots=True)
class Operations:
    """A month of some services. What nothing tells is None.

    `values` are native values by indicator key; `rating` is of 5, weighted by resolutions; `lost_hours` what
    those who answered told; `mood` the mean polarity -1..1 of what people wrote unasked; `incidents` and
    `user_days` are by service id.
    """

    first_on: date
    values: Mapping[str, float | None]
    rating: float | None
    lost_hours: float | None
    mood: float | None
    incidents: Mapping[int, int]
    user_days: Mapping[int, int]

    @property
    def incident_count(self) -> int | None:
        """How many incidents were opened, None where there is no ticket at all."""
        return sum(self.incidents.values()) or None


class _Result(NamedTuple):
    """What answers tell in the result of a service; the fields are columns of `Measurement`."""

    status: str
    n_people: int
    n_resolved: int
    rating: float | None
    rating_best: int | None
    lost_hours: float | None


def operations(
    user: User | AnonymousUser, months: Sequence[Period], *, now: datetime, narrowing: Narrowing = EVERYTHING
) -> list[Operations]:
    """Return the figures of each month; the number of queries does not grow with the services."""
    services = BusinessService.objects.visible_to(user).live().filter(of_services(narrowing))
    listed = list(services)
    terms, users, answered = terms_by_key(), user_counts(services), _answered(services, months)
    found = []
    for month in months:
        over = elapsed(month, now, ZoneInfo(settings.TIME_ZONE))
        found.append(
            Operations(
                first_on=month.first_on,
                values=_counted(listed, month, terms, now),
                rating=_rating(answered[month.first_on]),
                lost_hours=_lost_hours(answered[month.first_on]),
                mood=_mood(services, month),
                incidents=incident_counts(listed, over) if over else {},
                user_days={s.pk: user_days(users.get(s.pk, ()), over) for s in listed} if over else {},
            )
        )
    return found


def incident_change(now: Operations, before: Operations) -> RateRatio | None:
    """Return incidents per user and working day over those of another month, with its exact interval.

    Only services whose number of users is known for both months count; None without one.
    """
    both = [pk for pk, days in now.user_days.items() if days and before.user_days.get(pk)]
    if not both:
        return None
    return rate_ratio(
        count_now=sum(now.incidents.get(pk, 0) for pk in both),
        exposure_now=sum(now.user_days[pk] for pk in both),
        count_before=sum(before.incidents.get(pk, 0) for pk in both),
        exposure_before=sum(before.user_days[pk] for pk in both),
    )


def terms_by_key() -> dict[str, Terms]:
    """Return the indicators of this page with the targets of the library."""
    known = newest_indicators()
    return {key: indicator_terms(known[key], AgreedIndicator(key)) for key in KEYS if key in known}


def _counted(
    services: Sequence[BusinessService], month: Period, terms: Mapping[str, Terms], now: datetime
) -> dict[str, float | None]:
    if not services:
        return {}
    evidence = evidence_together(services, month, now=now)
    return {key: _value(native(each, evidence, _NO_ANSWERS)) for key, each in terms.items()}


def _value(found: Native) -> float | None:
    value = float(found.value[0])
    return None if value != value else value  # NaN


def _answered(services: QuerySet[BusinessService], months: Sequence[Period]) -> dict[date, list[_Result]]:
    """Return what people answered in each month, by its first day: of each service its published result."""
    found = Measurement.objects.published().primary().of_months(months).filter(service__in=services)
    by_month: dict[date, list[_Result]] = {month.first_on: [] for month in months}
    for first_on, *row in found.values_list("starts_on", *_Result._fields):
        result = _Result(*row)
        if not is_hidden(result.status, result.n_people):
            by_month[first_on].append(result)
    return by_month


def _rating(results: Sequence[_Result]) -> float | None:
    judged = [
        (result.rating, result.n_resolved)
        for result in results
        if result.status not in UNJUDGED and result.rating_best == _STARS and result.rating is not None
    ]
    tickets = sum(n for _, n in judged)
    return sum(rating * n for rating, n in judged) / tickets if tickets else None


def _lost_hours(results: Sequence[_Result]) -> float | None:
    known = [result.lost_hours for result in results if result.lost_hours is not None]
    return sum(known) if known else None


def _mood(services: QuerySet[BusinessService], month: Period) -> float | None:
    written = UnsolicitedText.objects.filter(
        service__in=services, day__range=(month.first_on, month.last_on), polarity__isnull=False
    )
    found = written.aggregate(mean=Avg("polarity"), authors=Count("author_hash", distinct=True))
    return found["mean"] if found["authors"] >= DEFAULTS.least_authors else None
