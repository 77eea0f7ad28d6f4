"""The IT operations value metrics of a month, over all services that somebody reads.

What tickets and signals tell is counted from the day cells of these services together. What people answered
is taken from published results alone, so that nothing about few people comes out by another door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, F, Sum

from experience.engine.agreement_terms import AgreedIndicator
from experience.engine.change import RateRatio, rate_ratio
from experience.engine.defaults import DEFAULTS
from experience.engine.indicators import Native, Parameters, Terms, native
from experience.engine.periods import Period
from experience.engine.weighting import class_rates
from experience.models import Measurement, UnsolicitedText
from experience.selectors.agreements import indicator_terms, newest_indicators
from experience.selectors.narrowing import of_services
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
_JUDGED = (
    Measurement.Status.LIKELY_RED,
    Measurement.Status.LEAN_RED,
    Measurement.Status.LEAN_GREEN,
    Measurement.Status.LIKELY_GREEN,
)
_STARS = 5
_NO_ANSWERS = Parameters(rates=class_rates({}, {}), pooled_variance={})


@dataclass(frozen=True, slots=True)
class Operations:
    """A month of some services. What nothing tells is None.

    `values` are native values by indicator key; `rating` is of 5, weighted by resolutions; `mood` the mean
    polarity -1..1 of what people wrote unasked; `incidents` and `user_days` are by service id.
    """

    first_on: date
    values: Mapping[str, float | None]
    rating: float | None
    mood: float | None
    incidents: Mapping[int, int]
    user_days: Mapping[int, int]

    @property
    def incident_count(self) -> int | None:
        """How many incidents were opened, None where there is no ticket at all."""
        return sum(self.incidents.values()) or None


def operations(
    user: User | AnonymousUser, months: Sequence[Period], *, now: datetime, narrowing: Narrowing = EVERYTHING
) -> list[Operations]:
    """Return the figures of each month; the number of queries does not grow with the services."""
    services = list(BusinessService.objects.visible_to(user).live().filter(of_services(narrowing)))
    users, terms = user_counts(services), terms_by_key()
    return [_of_month(services, month, users, terms, now) for month in months]


def _of_month(
    services: Sequence[BusinessService],
    month: Period,
    users: Mapping[int, list[tuple[date, int]]],
    terms: Mapping[str, Terms],
    now: datetime,
) -> Operations:
    over = elapsed(month, now, ZoneInfo(settings.TIME_ZONE))
    return Operations(
        first_on=month.first_on,
        values=_counted(services, month, terms, now),
        rating=_rating(services, month),
        mood=_mood(services, month),
        incidents=incident_counts(services, over) if over else {},
        user_days={s.pk: user_days(users.get(s.pk, ()), over) for s in services} if over else {},
    )


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


def _rating(services: Sequence[BusinessService], month: Period) -> float | None:
    found = Measurement.objects.published().filter(
        service__in=services,
        agreement_version__agreement__is_primary=True,
        period=Measurement.Period.MONTH,
        starts_on=month.first_on,
        ends_on=month.last_on,
        status__in=_JUDGED,
        n_people__gte=max(settings.PRIVACY_MINIMUM, DEFAULTS.least_respondents),
        rating_best=_STARS,
        rating__isnull=False,
    )
    sums = found.aggregate(weighted=Sum(F("rating") * F("n_resolved")), tickets=Sum("n_resolved"))
    return float(sums["weighted"] / sums["tickets"]) if sums["tickets"] else None


def _mood(services: Sequence[BusinessService], month: Period) -> float | None:
    written = UnsolicitedText.objects.filter(
        service__in=services, day__range=(month.first_on, month.last_on), polarity__isnull=False
    )
    found = written.aggregate(mean=Avg("polarity"), authors=Count("author_hash", distinct=True))
    return found["mean"] if found["authors"] >= DEFAULTS.least_authors else None
