"""What is estimated across the organisation each night and frozen: response rates, variances, a median."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from django.db.models import Max, QuerySet, Sum

from experience.engine.blend import variance_from_interval
from experience.engine.cells import chance_of
from experience.engine.daycells import FIXED_POINT, Asked, rating_of_bucket
from experience.engine.defaults import DEFAULTS, ENGINE_VERSION
from experience.engine.evidence import RATING_MEASURES
from experience.engine.explanation import class_drivers
from experience.engine.indicators import Parameters
from experience.engine.intervals import moments_of_counts, pooled_variance
from experience.engine.periods import Period, window
from experience.engine.pooling import LEAST_SERVICES, paule_mandel
from experience.engine.weighting import (
    ClassRates,
    answers_by_class,
    class_rates,
    class_weights,
    median_weight,
)
from experience.models import DayCell, Measurement, ParameterSet
from experience.selectors.maturity import latest_mature_day, provisional_until
from surveys.engine.response_class import DIGITS
from surveys.models import BusinessService, SentimentVersion
from surveys.models.sentiment import in_force

TRAILING_DAYS = 90
DRIVER_DAYS = 28
_Number = TypeVar("_Number", int, float)


def parameter_set_for(day: date, *, now: datetime) -> ParameterSet:
    """Return the parameter set of a day; estimate it from the data before that day when there is none."""
    found = ParameterSet.objects.filter(made_on=day).first()
    return (
        found
        or ParameterSet.objects.get_or_create(
            made_on=day,
            defaults={
                "made_at": now,
                "engine_version": str(ENGINE_VERSION),
                "sentiment_model": _sentiment_version(day),
                "values": _estimate(day),
            },
        )[0]
    )


def parameters_of(stored: ParameterSet) -> Parameters:
    """Return a stored set in the shape the engine takes."""
    return _parameters(stored.values)


def parameters_for_replay(periods: Iterable[Period], *, today: date) -> dict[Period, Parameters]:
    """Return the parameters each period was, or would have been, closed with; nothing is stored.

    That is the first set made after the period's last late answers, else the newest there is; without any,
    an estimate from the data before today. At most a dozen queries.
    """
    days = sorted(ParameterSet.objects.filter(made_on__lte=today).values_list("made_on", flat=True))
    if not days:
        return dict.fromkeys(periods, _parameters(_estimate(today)))
    used = {p: next((day for day in days if day > provisional_until(p)), days[-1]) for p in periods}
    sets = {stored.made_on: stored for stored in ParameterSet.objects.filter(made_on__in=used.values())}
    return {period: parameters_of(sets[day]) for period, day in used.items()}


def _parameters(values: dict[str, Any]) -> Parameters:
    return Parameters(
        rates=ClassRates(values["class_rates"]),
        pooled_variance=values["pooled_variance"],
        asked=values["asked"],
        median_weight=values["median_weight"],
        # Sets from before comments were blended have no weight for them.
        comment_weight=values.get("comment_weight", 0.0),
    )


def _sentiment_version(day: date) -> str:
    """Return the model and calibration in force, which read the comments of the day."""
    version = in_force(SentimentVersion.objects.without_files(), day)
    return str(version) if version else ""


def _cells() -> QuerySet[DayCell]:
    """Return the cells to estimate from: sample data moves no estimate where other services are measured."""
    own = BusinessService.objects.live().filter(is_sample=False)
    if not own.exists():
        return DayCell.objects.all()
    return DayCell.objects.exclude(service__in=BusinessService.objects.filter(is_sample=True))


def _estimate(day: date) -> dict[str, Any]:
    mature = window(latest_mature_day(day), TRAILING_DAYS)
    asked, answered = _asked_and_answered(mature)
    rates = class_rates(asked, answered)
    return {
        "class_rates": dict(rates.by_class),
        "pooled_variance": _pooled_variances(window(day - timedelta(days=1), TRAILING_DAYS)),
        "asked": sum(asked.values()),
        "median_weight": _median_weight(mature, rates),
        "comment_weight": DEFAULTS.sentiment_weight,
        "fleet": _fleet(day),
        "drivers": _drivers(day),
    }


def _fleet(day: date) -> dict[str, float] | None:
    """Return what services are shrunk into for ranking: the newest published 28-day results before this day.

    None while fewer than 4 services have an interval.
    """
    results = (
        Measurement.objects.published()
        .primary()
        .filter(
            period=Measurement.Period.ROLLING,
            ends_on__range=(day - timedelta(days=7), day - timedelta(days=1)),
        )
    )
    if results.filter(service__is_sample=False).exists():
        results = results.filter(service__is_sample=False)
    newest = results.values("service").annotate(newest=Max("pk")).order_by()
    streams = Measurement.objects.filter(pk__in=newest.values("newest")).values_list(
        "results__streams__X", flat=True
    )
    known = [(x["score"], x["high"]) for x in streams if x and x["score"] is not None and x["high"]]
    pairs = [(score, variance_from_interval(score, high)) for score, high in known if high > score]
    if len(pairs) < LEAST_SERVICES:
        return None
    fleet = paule_mandel(*zip(*pairs, strict=True))
    return {**asdict(fleet), "services": len(pairs)}


def _drivers(day: date) -> dict[str, Any] | None:
    """Return what goes with the satisfaction across the organisation, from the cells of the last 28 days."""
    period = window(day - timedelta(days=1), DRIVER_DAYS)
    cells = _cells().filter(
        measure=DayCell.Measure.SATISFACTION, day__range=(period.first_on, period.last_on)
    )
    counts: Counter[tuple[date, str, float]] = Counter()
    for cohort, code, bucket, count in (
        cells.values_list("day", "response_class", "bucket").annotate(Sum("count")).order_by()
    ):
        if len(code) == DIGITS:  # a coarsened class leaves facts open
            counts[cohort, code, float(rating_of_bucket(bucket))] += count
    found = class_drivers(counts, seed=day.toordinal())
    return asdict(found) if found else None


def _asked_and_answered(period: Period) -> tuple[dict[str, int], dict[str, float]]:
    cells = _cells().filter(
        measure=DayCell.Measure.RESOLVED,
        bucket__in=[Asked.SILENT, Asked.ANSWERED],
        day__range=(period.first_on, period.last_on),
    )
    asked: dict[int, Counter[str]] = defaultdict(Counter)
    answered: dict[int, Counter[str]] = defaultdict(Counter)
    counted = cells.values_list("service_id", "response_class", "bucket").annotate(Sum("count")).order_by()
    for service, code, bucket, count in counted:
        asked[service][code] += count
        if bucket == Asked.ANSWERED:
            answered[service][code] += count
    by_class = (answers_by_class(asked[service], answered[service]) for service in asked)
    return _added(asked.values()), _added(by_class)


def _added(counts: Iterable[Mapping[str, _Number]]) -> dict[str, _Number]:
    """Return the sums of what these counted, without what counts nothing."""
    sums: dict[str, _Number] = {}
    for code, n in chain.from_iterable(each.items() for each in counts):
        sums[code] = sums[code] + n if code in sums else n
    return {code: n for code, n in sums.items() if n > 0}


def _median_weight(period: Period, rates: ClassRates) -> float | None:
    """Return the median over answers of 1 / (chance of being asked x response rate of the class).

    The early lane compares with it. None without answers.
    """
    cells = _cells().filter(
        measure=DayCell.Measure.RESOLVED,
        bucket=Asked.ANSWERED,
        day__range=(period.first_on, period.last_on),
    )
    counted = cells.values_list("response_class", "probability_permille").annotate(Sum("count")).order_by()
    if not counted:
        return None
    classes, permilles, answers = zip(*counted, strict=True)
    weights = class_weights([rates.of(code) for code in classes], [chance_of(each) for each in permilles])
    return float(median_weight(weights, answers))


def _pooled_variances(period: Period) -> dict[str, float]:
    found = {measure: _rating_variance(measure, period) for measure in RATING_MEASURES}
    found |= {measure: _sum_variance(measure, period) for measure in ("solved", "lost_time", "sentiment")}
    return {measure: variance for measure, variance in found.items() if variance is not None}


def _rating_variance(measure: str, period: Period) -> float | None:
    cells = _cells().filter(measure=measure, day__range=(period.first_on, period.last_on))
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for service, bucket, count in cells.values_list("service_id", "bucket").annotate(Sum("count")).order_by():
        counts[service][rating_of_bucket(bucket)] += count
    moments = [moments_of_counts(list(c.values()), list(c.keys())) for c in counts.values()]
    return pooled_variance([m.variance for m in moments], [m.n for m in moments]) if moments else None


def _sum_variance(measure: str, period: Period) -> float | None:
    unit = FIXED_POINT.get(measure, 1.0)
    cells = _cells().filter(measure=measure, bucket=0, day__range=(period.first_on, period.last_on))
    sums = (
        cells.values_list("service_id").annotate(Sum("count"), Sum("total"), Sum("total_squares")).order_by()
    )
    if not sums:
        return None
    _, n, total, squares = (np.array(column, dtype=np.float64) for column in zip(*sums, strict=True))
    variance = np.maximum(squares - total**2 / n, 0.0) / np.maximum(n - 1.0, 1.0) / unit**2
    return pooled_variance(variance, n)
