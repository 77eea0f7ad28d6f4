"""Samples of those who did not answer: which month may be drawn, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from experience.engine.follow_up import FollowUp, follow_up, follow_up_margin
from experience.engine.intervals import cold_start_variance
from experience.engine.periods import Period, month_of, previous_month
from experience.selectors.maturity import is_final
from experience.selectors.results import least_people
from experience.selectors.service_page import NewestResult, month_result
from surveys.engine.scales import SCALES
from surveys.models import BusinessService, SilentSample
from surveys.selectors.silent_samples import SilentFrame

# How many to offer; all of them, where that is no more than the largest of these.
_SIZES = (20, 40, 80)
_LARGEST = 100


@dataclass(frozen=True, slots=True)
class SampleFigure:
    """What a sample found: how many lines, how many were reached, the mean over all who were asked.

    `found` is None while the sample is open, so that no answer shows by itself, and where too few people
    were reached. `month` is the result of the month beside which it is read, on the same scale.
    """

    sample: SilentSample
    drawn: int
    reached: int
    found: FollowUp | None
    month: NewestResult | None


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many to draw, and the margin (native units) where all of them answer, or half."""

    count: int
    margin: float
    margin_of_half: float


def month_to_draw(today: date) -> Period:
    """Return the newest calendar month for which every late answer is in."""
    last = previous_month(month_of(today))
    return last if is_final(last, today) else previous_month(last)


def newest_sample(service: BusinessService, *, today: date) -> SilentSample | None:
    """Return the newest sample of a service, of the month to draw or the one before it."""
    since = previous_month(month_to_draw(today)).first_on
    samples = SilentSample.objects.filter(service=service, starts_on__gte=since)
    return samples.order_by("-starts_on").first()


def sample_figure(sample: SilentSample, *, now: datetime) -> SampleFigure:
    """Return what a sample found, computed from its stored rows each time."""
    lines = sample.lines.values_list("invitation__person_id", "response__rating")
    answers = [(person, rating) for person, rating in lines if rating is not None]
    people = len({person for person, _ in answers})
    month = _month(sample)
    found = None
    if not sample.is_open(now) and people >= least_people():
        found = _follow_up(sample, Counter(rating for _, rating in answers), month)
    return SampleFigure(sample, len(lines), len(answers), found, month)


def _month(sample: SilentSample) -> NewestResult | None:
    result = month_result(sample.service, Period(sample.starts_on, sample.ends_on))
    scale = SCALES[sample.scale]
    return result if result is not None and result.figures.scale == (scale.low, scale.high) else None


def _follow_up(sample: SilentSample, given: Counter[int], month: NewestResult | None) -> FollowUp | None:
    scale = SCALES[sample.scale]
    return follow_up(
        asked=sample.asked_count,
        first=sample.rating_counts,
        second=[given[rating] for rating in scale.ratings],
        lo=scale.low,
        hi=scale.high,
        pooled=_pooled(sample.scale, month),
    )


def _pooled(scale: str, month: NewestResult | None) -> float | None:
    values = month.measurement.parameter_set.values if month is not None else {}
    pooled: float | None = values.get("pooled_variance", {}).get(scale)
    return pooled


def sample_sizes(service: BusinessService, period: Period, frame: SilentFrame) -> list[SampleSize]:
    """Return how many could be drawn, with what each buys; empty where all of them are too few."""
    most = len(frame.silent)
    counts = [size for size in _SIZES if size < most] + ([most] if most <= _LARGEST else [])
    usable = [count for count in counts if count >= least_people()]
    scale = SCALES[frame.scale]
    pooled = _pooled(frame.scale, month_result(service, period))
    variance = pooled or cold_start_variance(scale.low, scale.high)

    def margin(reached: int) -> float:
        answered = sum(frame.rating_counts)
        return follow_up_margin(asked=frame.asked, answered=answered, reached=reached, variance=variance)

    return [SampleSize(count, margin(count), margin(count // 2)) for count in usable]
