"""What the runs show beside the engine-only simulation, as the section of docs/simulations.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import beta, chi2

from bench.service_years import by_engine
from bench.service_years.fleets import GAPS, YEAR_DAYS, draw_fleet
from bench.service_years.outcomes import Openings, Run, openings_of
from experience.engine.arrays import FloatArray
from experience.engine.intervals import order_statistic_ranks

# Fleets that no run uses.
ENGINE_SEED = 1_000_000
SAMPLES = 4000
TAIL = 0.025
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Years:
    """Service-years along the last axis: working day of the first opening (infinite: none), and openings."""

    first: FloatArray
    opened: FloatArray


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of service-years and its exact 95 % interval."""

    name: str
    value: Callable[[Years], FloatArray]
    interval: Callable[[Years], Range]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure through the services beside the engine's, with the interval of as many engine-only fleets."""

    gap: int
    measure: str
    value: float
    exact: Range
    engine: float
    engine_range: Range

    @property
    def is_inside(self) -> bool:
        """Whether the services' figure lies in the engine-only interval."""
        return self.engine_range[0] <= self.value <= self.engine_range[1]


def rows_of(runs: Sequence[Run], *, engine_fleets: int) -> list[Row]:
    """Return every figure of runs of equal size, beside so many engine-only fleets of that size."""
    engine = engine_only(engine_fleets, runs[0].services, runs[0].days)
    return [row for gap in GAPS for row in _rows(gap, [run.openings for run in runs], engine)]


@cache
def engine_only(fleets: int, services: int, days: int) -> tuple[Openings, ...]:
    """Return the openings of so many fleets that only the engine sees."""
    drawn = (draw_fleet(ENGINE_SEED + number, services, days) for number in range(fleets))
    return tuple(openings_of(fleet, by_engine.lives_of(fleet)) for fleet in drawn)


def _rows(gap: int, runs: Sequence[Openings], engine: Sequence[Openings]) -> Iterator[Row]:
    found, alone = _years(runs, gap), _years(engine, gap)
    pick = np.random.default_rng(ENGINE_SEED).integers(len(engine), size=(SAMPLES, len(runs)))
    samples = Years(*(column[pick].reshape(SAMPLES, -1) for column in (alone.first, alone.opened)))
    together, all_alone = _flat(found), _flat(alone)
    for measure in _MEASURES[gap > 0]:
        low, high = np.quantile(measure.value(samples), (TAIL, 1.0 - TAIL), method="inverted_cdf")
        yield Row(
            gap=gap,
            measure=measure.name,
            value=float(measure.value(together)),
            exact=measure.interval(together),
            engine=float(measure.value(all_alone)),
            engine_range=(float(low), float(high)),
        )


def _years(parts: Sequence[Openings], gap: int) -> Years:
    """Return the service-years of one gap, fleets along the first axis."""
    own = [part[str(gap)] for part in parts]
    first = [[min(days, default=np.inf) for days in years] for years in own]
    return Years(
        np.array(first), np.array([[len(days) for days in years] for years in own], dtype=np.float64)
    )


def _flat(years: Years) -> Years:
    return Years(years.first.ravel(), years.opened.ravel())


# --- figures ------------------------------------------------------------------------------------------------


def _mean_opened(years: Years) -> FloatArray:
    return years.opened.mean(axis=-1)


def _mean_again(years: Years) -> FloatArray:
    return np.asarray(np.maximum(years.opened - 1.0, 0.0).mean(axis=-1))


def _found_by(days: float) -> Callable[[Years], FloatArray]:
    return lambda years: np.asarray((years.first <= days).mean(axis=-1))


def _median_day(years: Years) -> FloatArray:
    """Return the working day by which half were found; infinite when fewer were."""
    return np.asarray(np.quantile(years.first, 0.5, axis=-1, method="inverted_cdf"))


def poisson_interval(events: int, years: int) -> Range:
    """Return the exact 95 % interval of a number per service-year (Garwood 1936)."""
    low = chi2.ppf(TAIL, 2 * events) / 2 if events else 0.0
    return float(low) / years, float(chi2.ppf(1.0 - TAIL, 2 * events + 2) / 2) / years


def _rate_interval(value: Callable[[Years], FloatArray]) -> Callable[[Years], Range]:
    def interval(years: Years) -> Range:
        n = years.opened.size
        return poisson_interval(round(float(value(years)) * n), n)

    return interval


def _share_interval(value: Callable[[Years], FloatArray]) -> Callable[[Years], Range]:
    """Return the exact interval of a share of the service-years (Clopper and Pearson 1934)."""

    def interval(years: Years) -> Range:
        n = years.first.size
        hits = round(float(value(years)) * n)
        low = beta.ppf(TAIL, hits, n - hits + 1) if hits else 0.0
        high = beta.ppf(1.0 - TAIL, hits + 1, n - hits) if hits < n else 1.0
        return float(low), float(high)

    return interval


def _median_interval(years: Years) -> Range:
    ranks = order_statistic_ranks(years.first.size, 0.5)
    if ranks is None:
        return 0.0, np.inf
    ordered = np.sort(years.first)
    return float(ordered[ranks[0] - 1]), float(ordered[ranks[1] - 1])


def _share(name: str, days: float) -> Measure:
    return Measure(name, _found_by(days), _share_interval(_found_by(days)))


_MEASURES = {
    False: (
        Measure("false watermelons per service-year", _mean_opened, _rate_interval(_mean_opened)),
        _share("share of service-years with one", YEAR_DAYS),
        Measure("opened again, per service-year", _mean_again, _rate_interval(_mean_again)),
    ),
    True: (
        _share("found within 20 working days", 20),
        _share("found within 60 working days", 60),
        _share("found within the year", YEAR_DAYS),
        Measure("found on working day, median", _median_day, _median_interval),
        Measure("opened again, per service-year", _mean_again, _rate_interval(_mean_again)),
    ),
}


# --- the section --------------------------------------------------------------------------------------------


_INTRODUCTION = """What an installation does, not the rules alone. {fleets} fleets of {services} services
live through a warm-up of 20 and a year of {days} working days, each in an empty {database} database. Every
evening the day's tickets and answers are registered, the decisions whom to ask are made, the evidence is
counted and the day is judged, by the services that a running installation uses; the gaps are read from their
table. About two answers come per service and day. Half of them come three working days late, and people
answer more or less often by how their ticket went, which also moves how happy they are.

Two of five services are exactly on target. One each of five was fine (78) and lies from the first day of the
year on 5, 10 or 15 POMP below target. *Engine alone* is the same rule, calendar and population on arrays,
without services and database, over {engine_fleets} other fleets; *as many fleets* is the range in which 95 %
of studies of {fleets} such fleets fall, so that one figure in twenty lies outside by chance. Exact intervals
of rates are Poisson's, of shares Clopper and Pearson's.

**The two routes on the same {fleets} fleets: {same} of {years} service-years opened and closed the same gaps
by the same lane on the same days.** Through the database a service-year took {seconds:.1f} s of one core.
`python -m bench.service_years --seed N` adds a fleet to `bench/service_years/counts.json`, and
`--fleets 0 --write` writes this section from it.
"""


def as_markdown(runs: Sequence[Run], *, engine_fleets: int) -> str:
    """Return the section, without its heading, for runs of equal size on one database."""
    rows = rows_of(runs, engine_fleets=engine_fleets)
    years = sum(run.services for run in runs)
    introduction = _INTRODUCTION.format(
        fleets=len(runs),
        services=runs[0].services,
        days=runs[0].days,
        database={"sqlite": "SQLite", "postgresql": "PostgreSQL"}[runs[0].database],
        engine_fleets=engine_fleets,
        years=years,
        same=years - sum(run.differing for run in runs),
        seconds=sum(run.seconds for run in runs) / years,
    )
    numbers = {gap: sum(len(run.openings[str(gap)]) for run in runs) for gap in GAPS}
    head = [
        "gap, POMP",
        "service-years",
        "figure",
        "services",
        "exact 95 %",
        "engine alone",
        "as many fleets",
        "",
    ]
    table = [head, ["---"] * len(head), *(_cells(row, numbers[row.gap]) for row in rows)]
    return "\n".join([introduction, *(f"| {' | '.join(row)} |" for row in table)]) + "\n"


def _cells(row: Row, years: int) -> list[str]:
    return [
        str(row.gap),
        str(years),
        row.measure,
        _number(row, row.value),
        " to ".join(_number(row, end) for end in row.exact),
        _number(row, row.engine),
        " to ".join(_number(row, end) for end in row.engine_range),
        "inside" if row.is_inside else "outside",
    ]


def _number(row: Row, value: float) -> str:
    if np.isinf(value):
        return "never"
    return f"{value:.0f}" if "median" in row.measure else f"{value:.3f}"
