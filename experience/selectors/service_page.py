"""What the page of one service shows: its newest result, its weeks, its gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from experience.engine.gaps import UNJUDGED, Verdict
from experience.engine.periods import Period
from experience.models import Gap, GapEvent, Measurement
from experience.models.measurements import MeasurementQuerySet
from experience.selectors.portfolio import StandingGap, trend_weeks, verdict_of
from experience.selectors.results import ResponseFigures, ResultFigures, is_hidden, read_results
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


@dataclass(frozen=True, slots=True)
class NewestResult:
    """The newest live view, or a month: with what its document says and what it means beside the SLA.

    `measurement` is the published one and keeps its rating columns even where `is_hidden`; pages read those
    here.
    """

    measurement: Measurement
    figures: ResultFigures
    verdict: Verdict
    is_hidden: bool
    rating: float | None
    rating_low: float | None
    rating_high: float | None
    rating_raw: float | None

    @property
    def is_judged(self) -> bool:
        """Say whether enough people answered to say anything about the experience."""
        return not self.is_hidden and self.measurement.status not in UNJUDGED


@dataclass(frozen=True, slots=True)
class Week:
    """One complete week. Figures from answers are None where too few people stand behind them."""

    starts_on: date
    resolved: int
    answered: int
    rating: float | None
    rating_low: float | None
    rating_high: float | None
    score: float | None
    score_low: float | None
    score_high: float | None
    sla_share: float | None


def visible_service(user: User | AnonymousUser, key: str) -> BusinessService | None:
    """Return the service of this key, or None when there is none that the user may read."""
    found = BusinessService.objects.visible_to(user).filter(key=key)
    return found.select_related("owner").first()


def standing_gap(service: BusinessService) -> Gap | None:
    """Return the newest gap that is live or was dismissed and not closed since."""
    found = Gap.objects.primary().filter(service=service, state__in=Gap.STANDING_STATES).order_by("-pk")
    found = found.select_related("assignee", "last_measurement__parameter_set")
    return found.defer("last_measurement__inputs").first()


def events_of(gap: Gap) -> list[GapEvent]:
    """Return what happened to a gap, as it happened."""
    return list(gap.events.select_related("actor"))


def newest_result(service: BusinessService, gap: Gap | None) -> NewestResult | None:
    """Return the newest live view, or None while the service was never measured."""
    rolling = _primary_results(service).filter(period=Measurement.Period.ROLLING)
    found = rolling.order_by("-ends_on", "-pk").first()
    return None if found is None else read_result(found, gap)


def _primary_results(service: BusinessService) -> MeasurementQuerySet:
    found = Measurement.objects.published().primary().filter(service=service)
    return found.select_related("agreement_version__agreement", "parameter_set").defer("inputs")


def response_now(shown: Measurement) -> ResponseFigures:
    """Return who was asked and who answered, published or not: in the live view, or in the month shown.

    That is no secret and up to date; what people said waits.
    """
    is_rolling = shown.period == Measurement.Period.ROLLING
    newest = Measurement.objects.current().filter(
        Q(ends_on__gte=shown.ends_on) if is_rolling else Q(starts_on=shown.starts_on),
        agreement_version__agreement=shown.agreement_version.agreement_id,
        service=shown.service_id,
        period=shown.period,
    )
    found = newest.order_by("-ends_on").values_list("results__response", flat=True).first()
    return ResponseFigures(**(found or shown.results["response"]))


def read_result(found: Measurement, gap: Gap | None) -> NewestResult:
    """Return a result as pages may show it, read together with its SLA under the service's gap."""
    hidden = is_hidden(found.status, found.n_people)
    live = StandingGap(gap.kind, gap.state, gap.lane, gap.user_points, gap.affected_people) if gap else None
    return NewestResult(
        measurement=found,
        figures=read_results(found.results, is_hidden=hidden),
        verdict=verdict_of(found.status, found.sla_status, live, found.days),
        is_hidden=hidden,
        rating=None if hidden else found.rating,
        rating_low=None if hidden else found.rating_low,
        rating_high=None if hidden else found.rating_high,
        rating_raw=None if hidden else found.rating_raw,
    )


_WEEK_COLUMNS = (
    "status",
    "starts_on", "n_resolved", "n_answered", "n_people", "rating", "rating_low", "rating_high",
    "score", "low", "high", "sla_share",
)  # fmt: skip


def weeks_of(service: BusinessService, *, until: date) -> Sequence[Week]:
    """Return the complete weeks up to `until`, oldest first, at most 26."""
    rows = trend_weeks(until).filter(service=service)
    return [_week(row) for row in rows.order_by("starts_on").values(*_WEEK_COLUMNS)]


def _week(row: dict[str, Any]) -> Week:
    hidden = is_hidden(row["status"], row["n_people"])
    shown = dict.fromkeys(row) if hidden else row
    return Week(
        starts_on=row["starts_on"],
        resolved=row["n_resolved"],
        answered=row["n_answered"],
        rating=shown["rating"],
        rating_low=shown["rating_low"],
        rating_high=shown["rating_high"],
        score=shown["score"],
        score_low=shown["low"],
        score_high=shown["high"],
        sla_share=row["sla_share"],
    )


def month_result(service: BusinessService, month: Period) -> NewestResult | None:
    """Return the result of a calendar month with the gap that stood in it; None where none was measured."""
    found = _primary_results(service).of_months([month]).first()
    if found is None:
        return None
    return read_result(found, next(iter(gaps_in(service, month)), None))


@dataclass(frozen=True, slots=True)
class MonthGlance:
    """How a month went in one look; the rating is None where too few answered to judge."""

    first_on: date
    status: str
    rating: float | None


def month_glances(
    services: Sequence[BusinessService], months: Sequence[date]
) -> dict[tuple[int, date], MonthGlance]:
    """Return what was measured in the months of these first days, by service and first day."""
    rows = (
        Measurement.objects.published()
        .primary()
        .filter(service__in=services, period=Measurement.Period.MONTH, starts_on__in=months)
    )
    found = rows.values_list("service_id", "starts_on", "status", "n_people", "rating")
    return {
        (service_id, first_on): MonthGlance(
            first_on, status, None if status in UNJUDGED or is_hidden(status, people) else rating
        )
        for service_id, first_on, status, people, rating in found
    }


def gaps_in(service: BusinessService, month: Period) -> list[Gap]:
    """Return the gaps of a service that stood on a day of the month, newest first."""
    stood = Gap.objects.primary().stood_between(month.first_on, month.last_on)
    return list(stood.filter(service=service).order_by("-pk"))
