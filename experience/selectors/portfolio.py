"""The portfolio: every live service a user may read, with its newest 28-day result and its live gap.

Three queries whatever the number of services; the weekly trend of the rows on one page is a fourth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, QuerySet, Subquery

from experience.badges import Badge, badge_of
from experience.engine.gaps import ON_TARGET, Experience, Verdict, classify
from experience.engine.periods import Period, is_wider
from experience.engine.sla import Sla
from experience.models import Gap, Measurement
from experience.selectors.narrowing import of_services
from experience.selectors.results import is_hidden, scale_to
from surveys.models import BusinessService
from surveys.selectors.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

_TREND_WEEKS = 26
_FLAGS = (Verdict.WATERMELON, Verdict.POSSIBLE_WATERMELON, Verdict.RED_ON_BOTH, Verdict.BLIND_SPOT)


@dataclass(frozen=True, slots=True)
class StandingGap:
    """The gap that says something about today, or that somebody dismissed."""

    kind: str
    state: str
    lane: str
    user_points: float
    affected_people: int

    @property
    def is_confirmed(self) -> bool:
        """Say whether a lane confirmed it and it is not over; a mere reading of the week is not confirmed."""
        return self.state in Gap.CONFIRMED_STATES and self.lane != Gap.Lane.NONE


@dataclass(frozen=True, slots=True)
class Row:
    """One service. Figures are None while unknown or hidden; shares are 0..1, scores 0..100."""

    service_id: int
    key: str
    name: str
    supplier: str
    is_sample: bool
    starts_on: date | None
    ends_on: date | None
    status: str
    is_hidden: bool
    badge: Badge | None
    gap: StandingGap | None
    scale: tuple[int, int] | None
    rating: float | None
    rating_low: float | None
    rating_high: float | None
    rating_target: float | None
    pulled_down_by: str
    experience: float | None
    experience_low: float | None
    experience_high: float | None
    sla_status: str
    sla_share: float | None
    sla_target: float | None
    repeat_share: float | None
    asked: int
    answered: int
    n_effective: float | None

    @property
    def sla_points(self) -> float | None:
        """Percentage points of SLA attainment above (or below) its target."""
        if self.sla_share is None or self.sla_target is None:
            return None
        return 100 * (self.sla_share - self.sla_target)

    @property
    def response_share(self) -> float | None:
        """Share of those asked who answered."""
        return self.answered / self.asked if self.asked else None

    @property
    def wider_days(self) -> int | None:
        """How many days it looks back where that is more than usual, for want of answers."""
        days = _days(self.starts_on, self.ends_on)
        return days.days if days and is_wider(days) else None

    @property
    def is_made_up_for(self) -> bool:
        """Say whether the rating is below what was agreed, and other answers bring the experience there."""
        if self.status not in ON_TARGET or self.rating is None or self.rating_target is None:
            return False
        return round(self.rating, 1) < round(self.rating_target, 1)

    @property
    def is_watermelon(self) -> bool:
        """Say whether it is a confirmed watermelon."""
        return self.badge is not None and self.badge.key == Verdict.WATERMELON


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One complete week of one service."""

    starts_on: date
    rating: float | None


def portfolio_rows(
    user: User | AnonymousUser, *, month: Period | None = None, narrowing: Narrowing = EVERYTHING
) -> list[Row]:
    """Return a row for every live service this user may read, by name; services without a result included.

    Results are live views (28 days, up to 84 where these bring too few answers), or of a calendar month, then
    with the gaps that stood in it.
    """
    services = list(_services(user, month, narrowing))
    newest = [service["newest"] for service in services if service["newest"] is not None]
    results = {row[0]: dict(zip(_COLUMNS, row, strict=True)) for row in _measurements(newest)}
    gaps = _gaps(user) if month is None else _gaps_in(user, month)
    return [_row(service, results.get(service["pk"]), gaps.get(service["pk"])) for service in services]


def weekly_ratings(service_ids: Collection[int], *, until: date) -> dict[int, list[TrendPoint]]:
    """Return per service the rating of each complete week up to `until`, oldest first, at most 26."""
    weeks = trend_weeks(until).filter(service__in=service_ids)
    columns = weeks.order_by("starts_on").values_list(
        "service_id", "starts_on", "rating", "status", "n_people"
    )
    found: dict[int, list[TrendPoint]] = defaultdict(list)
    for service_id, starts_on, rating, status, people in columns:
        shown = None if is_hidden(status, people) else rating
        found[service_id].append(TrendPoint(starts_on, shown))
    return dict(found)


def trend_weeks(until: date) -> QuerySet[Measurement]:
    """Return the published results of the 26 complete weeks up to `until`, under primary agreements."""
    return (
        Measurement.objects.published()
        .primary()
        .filter(
            period=Measurement.Period.WEEK,
            ends_on__lte=until,
            starts_on__gt=until - timedelta(weeks=_TREND_WEEKS),
        )
    )


def _services(user: User | AnonymousUser, month: Period | None, narrowing: Narrowing) -> Any:
    wanted: dict[str, object] = {"period": Measurement.Period.ROLLING}
    if month is not None:
        wanted = {"period": Measurement.Period.MONTH, "starts_on": month.first_on}
    newest = (
        Measurement.objects.published()
        .primary()
        .filter(service=OuterRef("pk"), **wanted)
        .order_by("-ends_on", "-pk")
    )
    services = BusinessService.objects.visible_to(user).live().filter(of_services(narrowing))
    return (
        services.annotate(newest=Subquery(newest.values("pk")[:1]))
        .order_by("name", "pk")
        .values("pk", "key", "name", "supplier", "is_sample", "newest")
    )


_ALWAYS_TOLD = (
    "starts_on", "ends_on", "status", "rating_target", "sla_status", "sla_share", "sla_target",
    "repeat_share", "n_effective",
)  # fmt: skip
_TOLD_UNLESS_HIDDEN = (
    "rating", "rating_low", "rating_high", "pulled_down_by",
    "experience", "experience_low", "experience_high",
)  # fmt: skip
_COLUMNS = (
    "service_id", "n_asked", "n_answered", "n_people", "rating_best", *_ALWAYS_TOLD, *_TOLD_UNLESS_HIDDEN,
)  # fmt: skip


def _measurements(newest: Collection[int]) -> Any:
    return Measurement.objects.filter(pk__in=newest).values_list(*_COLUMNS)


def _gaps(user: User | AnonymousUser) -> dict[int, StandingGap]:
    columns = ("service_id", "kind", "state", "lane", "user_points", "affected_people")
    rows = Gap.objects.primary().visible_to(user).filter(state__in=Gap.STANDING_STATES).order_by("pk")
    return {service_id: StandingGap(*rest) for service_id, *rest in rows.values_list(*columns)}


def _gaps_in(user: User | AnonymousUser, month: Period) -> dict[int, StandingGap]:
    """Return the confirmed gaps that stood on a day of the month, as open, whatever became of them."""
    columns = ("service_id", "kind", "lane", "user_points", "affected_people")
    stood = Gap.objects.primary().visible_to(user).stood_between(month.first_on, month.last_on)
    rows = stood.exclude(state=Gap.State.DISMISSED).order_by("pk")
    return {
        service_id: StandingGap(kind, Gap.State.OPEN, lane, points, people)
        for service_id, kind, lane, points, people in rows.values_list(*columns)
    }


def verdict_of(status: str, sla_status: str, gap: StandingGap | None, days: Period | None) -> Verdict:
    """Return SLA and experience of these days read together under the service's gap.

    A dismissed gap silences the flag. A window that was widened is for display only: beside it stands what
    the last 28 days made of the gap.
    """
    if days is not None and is_wider(days):
        return Verdict(gap.kind) if gap and gap.is_confirmed else Verdict.TOO_FEW_ANSWERS
    found = classify(
        Sla(sla_status),
        Experience(status),
        gap_is_open=gap is not None and gap.is_confirmed,
        gap_is_suspected=gap is not None and gap.state == Gap.State.SUSPECTED,
    )
    is_dismissed = gap is not None and gap.state == Gap.State.DISMISSED
    return Verdict.UNCLEAR if is_dismissed and found in _FLAGS else found


def _days(first_on: date | None, last_on: date | None) -> Period | None:
    return Period(first_on, last_on) if first_on and last_on else None


def _row(service: dict[str, Any], measured: dict[str, Any] | None, gap: StandingGap | None) -> Row:
    known = measured or _NOTHING_MEASURED
    hidden = is_hidden(known["status"], known["n_people"])
    told = _NOTHING_MEASURED if hidden else known
    days = _days(known["starts_on"], known["ends_on"])
    return Row(
        service_id=service["pk"],
        key=service["key"],
        name=service["name"],
        supplier=service["supplier"],
        is_sample=service["is_sample"],
        is_hidden=hidden,
        badge=badge_of(verdict_of(known["status"], known["sla_status"], gap, days)),
        gap=gap,
        scale=scale_to(known["rating_best"]),
        asked=known["n_asked"],
        answered=known["n_answered"],
        **{name: known[name] for name in _ALWAYS_TOLD},
        **{name: told[name] for name in _TOLD_UNLESS_HIDDEN},
    )


_NOTHING_MEASURED: dict[str, Any] = {
    **dict.fromkeys(_COLUMNS),
    "status": "missing",
    "sla_status": "unknown",
    "n_asked": 0,
    "n_answered": 0,
    "n_people": 0,
    "pulled_down_by": "",
}
