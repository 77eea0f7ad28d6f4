"""The gaps that the rule opens and closes, by the engine's functions on arrays: no services, no database.

Every evening as the product has it: the parameters of the day, the trailing 28 days, the early lane over the
live months, the close lane once a month is final, and on Mondays the week.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.service_years.fleets import CLASSES, IS_SLOW, LATER_DAYS, Counts, Fleet
from bench.service_years.outcomes import Lives, Opening
from bench.service_years.terms import ANCHORS, BEST, STARS, WORST
from bench.simulations.watching import Week, after_evening
from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.defaults import DEFAULTS
from experience.engine.gap_states import CONFIRMED, FINISHED, Evidence, Gap
from experience.engine.gaps import discard_bh, e_value
from experience.engine.intervals import moments_of_counts, p_below, pooled_variance
from experience.engine.normalise import pomp
from experience.engine.periods import (
    Period,
    is_final,
    latest_mature_day,
    live_months,
    month_of,
    previous_month,
    window,
    working_window,
)
from experience.engine.sla import Sla
from experience.engine.weighting import (
    ClassRates,
    calibrate,
    can_weigh_early,
    class_rates,
    class_weights,
    median_weight,
    relative_weights,
    trim,
    weighted_moments,
)

TRAILING_DAYS = 90
ROLLING_DAYS = 28
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a night froze: response rates, an answer's variance, how many were asked, the median weight."""

    rates: ClassRates
    pooled: float | None
    asked: int
    median: float | None

    @property
    def weights(self) -> FloatArray:
        """The weight of an answer per class."""
        return class_weights([self.rates.of(code) for code in CLASSES])


@dataclass(frozen=True, slots=True)
class Look:
    """One period of every service: score, effective n and p-value; without answers n is 0."""

    score: FloatArray
    n: FloatArray
    p: FloatArray


def lives_of(fleet: Fleet) -> Lives:
    """Return the confirmed gaps of every service of a fleet, oldest first."""
    watch = _Watch(fleet)
    gaps: list[Gap | None] = [None] * len(fleet.gaps)
    lives: Lives = [[] for _ in gaps]
    for evening, today in enumerate(fleet.days):
        gaps = watch.after(evening, gaps)
        for life, gap in zip(lives, gaps, strict=True):
            _note(life, gap, today)
    return lives


def windows_of(fleet: Fleet) -> Iterator[tuple[date, Look]]:
    """Yield what the trailing 28 days of every service say on each evening."""
    watch = _Watch(fleet)
    for evening, today in enumerate(fleet.days):
        yield today, watch.window(evening)


def _note(life: list[Opening], gap: Gap | None, today: date) -> None:
    """Bring the record of a service up to its gap of this evening."""
    if gap is None or gap.opened_on is None:
        return
    if gap.state in CONFIRMED and gap.opened_on == today:
        life.append(Opening(today, str(gap.lane)))
    if gap.state in FINISHED and life[-1].closed_on is None:
        life[-1] = Opening(gap.opened_on, str(gap.lane), today)


# --- what is known on an evening ----------------------------------------------------------------------------


class _Seen:
    """Tickets and answers of a fleet as running sums over its days."""

    def __init__(self, fleet: Fleet) -> None:
        answered = fleet.stars > 0
        self._days = np.array(fleet.days)
        self._tickets = _running(fleet, fleet.kind >= 0, np.ones_like(fleet.stars)).sum(axis=-1)
        self._at_once = _running(fleet, answered & ~fleet.later, fleet.stars)
        self._later = _running(fleet, answered & fleet.later, fleet.stars)

    def tickets(self, period: Period, evening: int) -> Counts:
        """Return the resolved tickets per service and class."""
        first, end = self._places(period)
        return _between(self._tickets, first, min(end, evening + 1))

    def answers(self, period: Period, evening: int) -> Counts:
        """Return the answers per service, class and star that are there on an evening."""
        first, end = self._places(period)
        later = min(end, evening + 1 - LATER_DAYS)
        return _between(self._at_once, first, min(end, evening + 1)) + _between(self._later, first, later)

    def _places(self, period: Period) -> tuple[int, int]:
        ends = [period.first_on, period.last_on + timedelta(days=1)]
        first, end = np.searchsorted(self._days, np.array(ends))
        return int(first), int(end)


def _running(fleet: Fleet, which: BoolArray, stars: Counts) -> Counts:
    """Return counts per service, day (from a zero before the first), class and star, added up over days."""
    counts = np.zeros((len(fleet.gaps), len(fleet.days) + 1, len(CLASSES), len(STARS)), dtype=np.int64)
    columns = (fleet.service, fleet.day + 1, fleet.kind, stars - 1)
    np.add.at(counts, tuple(column[which] for column in columns), 1)
    return counts.cumsum(axis=1)


def _between(running: Counts, first: int, end: int) -> Counts:
    difference: Counts = running[:, max(first, end)] - running[:, first]
    return difference


# --- one evening after the other ----------------------------------------------------------------------------


class _Watch:
    def __init__(self, fleet: Fleet) -> None:
        self._days = fleet.days
        self._seen = _Seen(fleet)
        self._parameters: dict[date, Parameters] = {}
        self._closed: set[Period] = set()

    def after(self, evening: int, gaps: list[Gap | None]) -> list[Gap | None]:
        """Return the gap of every service after one more evening."""
        today = self._days[evening]
        used = self._parameters_of(today, evening)
        rolling = self.window(evening)
        looks = [(rolling, np.zeros(len(gaps), dtype=np.bool_)), *self._close(today, evening, used)]
        e = self._early(today, evening)
        weeks = self._weeks(rolling, evening, used)
        return [
            after_evening(gap, [_evidence(today, place, look, e, found) for look, found in looks], week)
            for place, (gap, week) in enumerate(zip(gaps, weeks, strict=True))
        ]

    def window(self, evening: int) -> Look:
        """Return the trailing 28 days of every service."""
        today = self._days[evening]
        return self._look(window(today, ROLLING_DAYS), evening, self._parameters_of(today, evening))

    def _parameters_of(self, day: date, evening: int) -> Parameters:
        """Return the parameters of a day, estimated on the evening they are first asked for, then frozen."""
        if day not in self._parameters:
            self._parameters[day] = self._estimate(day, evening)
        return self._parameters[day]

    def _estimate(self, day: date, evening: int) -> Parameters:
        mature = window(latest_mature_day(day), TRAILING_DAYS)
        asked = self._seen.tickets(mature, evening).sum(axis=0)
        answered = self._seen.answers(mature, evening).sum(axis=(0, 2))
        codes = [place for place, n in enumerate(asked) if n]
        rates = class_rates(*({CLASSES[c]: int(column[c]) for c in codes} for column in (asked, answered)))
        known = [place for place in codes if answered[place]]
        weights = class_weights([rates.of(CLASSES[c]) for c in known])
        return Parameters(
            rates=rates,
            pooled=self._pooled(window(day - timedelta(days=1), TRAILING_DAYS), evening),
            asked=int(asked.sum()),
            median=float(median_weight(weights, answered[known])) if known else None,
        )

    def _pooled(self, period: Period, evening: int) -> float | None:
        counts = self._seen.answers(period, evening).sum(axis=1)
        found = moments_of_counts(counts[counts.sum(axis=1) > 0], STARS)
        return pooled_variance(found.variance, found.n) if found.n.size else None

    def _look(self, period: Period, evening: int, used: Parameters) -> Look:
        counts = self._seen.answers(period, evening)
        tickets = self._seen.tickets(period, evening)
        some = counts.sum(axis=(1, 2)) > 0
        score, n, p = (np.full(len(counts), fill) for fill in (np.nan, 0.0, np.nan))
        if some.any():
            score[some], n[some], p[some] = _measured(counts[some], tickets[some], used)
        return Look(score, n, p)

    def _early(self, today: date, evening: int) -> FloatArray:
        """Return the largest live e-value of every service."""
        values = pomp(STARS.astype(np.float64), WORST, BEST) / 100.0
        target = (ANCHORS.target - WORST) / (BEST - WORST)
        found = []
        for month in live_months(today):
            counts = self._seen.answers(month, evening)
            used = self._parameters_of(month.first_on, evening)
            if used.median is None or not can_weigh_early(used.asked):
                found.append(e_value(counts.sum(axis=1), values, target))
            else:
                own = relative_weights(used.weights, used.median)
                found.append(e_value(counts, values, target, relative_weights=own))
        return np.max(found, axis=0)

    def _close(self, today: date, evening: int, used: Parameters) -> list[tuple[Look, BoolArray]]:
        """Return the month that became final today and what discard-BH discovers in it; nothing otherwise."""
        month = previous_month(month_of(today))
        if month in self._closed or not is_final(month, today):
            return []
        self._closed.add(month)
        look = self._look(month, evening, used)
        family = look.n >= DEFAULTS.least_n_for_flag
        found = np.zeros(len(family), dtype=np.bool_)
        found[family] = discard_bh(look.p[family])
        return [(look, found)]

    def _weeks(self, rolling: Look, evening: int, used: Parameters) -> list[Week | None]:
        today = self._days[evening]
        if today.weekday() != MONDAY:
            return [None] * len(rolling.n)
        closing = self._look(working_window(today, DEFAULTS.closing_working_days), evening, used)
        return [Week(_known(p), _known(score)) for p, score in zip(rolling.p, closing.score, strict=True)]


def _measured(
    counts: Counts, tickets: Counts, used: Parameters
) -> tuple[FloatArray, FloatArray, NDArray[np.float64]]:
    """Return score, effective n and p-value from answers per class and star and tickets per class."""
    n = counts.sum(axis=-1)
    weights = calibrate(
        trim(used.weights, n),
        n,
        IS_SLOW,
        resolved_hassle=tickets[:, IS_SLOW].sum(axis=1),
        resolved_other=tickets[:, ~IS_SLOW].sum(axis=1),
    )
    found = weighted_moments(weights, n, counts @ STARS, counts @ STARS**2)
    p = p_below(
        found.mean,
        found.variance,
        found.kish,
        target=ANCHORS.target,
        lo=WORST,
        hi=BEST,
        pooled=used.pooled,
    )
    return ANCHORS.score(found.mean), found.kish, p


def _evidence(today: date, place: int, look: Look, e: FloatArray, found: BoolArray) -> Evidence:
    return Evidence(
        today=today,
        sla=Sla.GREEN,
        score=_known(look.score[place]),
        n_effective=float(look.n[place]),
        e_value=float(e[place]),
        discovered=bool(found[place]),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
