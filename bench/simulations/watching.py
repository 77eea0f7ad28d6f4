"""Watching over time: looking again and again within a month, and the life of a gap over a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bench.simulations.figures import Figure, Table, designed, mean, share
from bench.simulations.populations import (
    POMP,
    SCORE_PER_POMP,
    TARGET,
    answers_of,
    p_of,
    rated,
    variance_at,
)
from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.gap_states import CONFIRMED, Evidence, Gap, refresh, weekly
from experience.engine.gaps import discard_bh, e_value
from experience.engine.sla import Sla

# Rounds of the independent simulation that the designed figures come from.
LOOKS_ROUNDS = {"daily": 4000, "hourly": 1500}
LOOKS_EXPECTED = {
    ("daily", "mean below target"): (0.66, 0.85),
    ("daily", "p < .05 at any look"): (0.11, 0.20),
    ("daily", "p < .05 at month end"): (0.04, 0.05),
    ("daily", "E of 20 at any look"): (0.012, 0.015),
    ("hourly", "mean below target"): (0.65, 0.89),
    ("hourly", "p < .05 at any look"): (0.12, 0.25),
    ("hourly", "p < .05 at month end"): (0.04, 0.05),
    ("hourly", "E of 20 at any look"): (0.009, 0.027),
}
DETECTION_EXPECTED = {(10.0, 2): 0.31, (10.0, 5): 0.72, (10.0, 10): 0.96, (15.0, 2): 0.68, (15.0, 5): 0.98}


def looking(rng: np.random.Generator) -> Table:
    """Return what looking daily or hourly does to false alarms, and what the e-value still finds."""
    figures = []
    for looks, name, rounds in ((1, "daily", 10_000), (8, "hourly", 4000)):
        for per_day in (1, 2, 5, 10):
            for rule, flag in _looks(rng, TARGET, per_day, looks, rounds).items():
                case = f"{name} looks, {per_day} answers a day, on target"
                expected = designed(LOOKS_EXPECTED[name, rule], LOOKS_ROUNDS[name])
                figures.append(share(flag.any(axis=1), case, rule, expected))
    for (gap, per_day), value in DETECTION_EXPECTED.items():
        flag = _looks(rng, TARGET - gap, per_day, 1, 10_000)["E of 20 at any look"]
        case = f"daily looks, {per_day} answers a day, gap {gap:.0f} POMP"
        expected = designed(value, LOOKS_ROUNDS["daily"])
        figures.append(share(flag.any(axis=1), case, "E of 20 found it within the month", expected))
    return Table(
        "One month (22 working days) watched again and again",
        "A p-value looked at every day or hour raises false alarms in up to a quarter of months. The e-value "
        "stays below its bound of 5 % at any number of looks.",
        figures,
    )


def _looks(
    rng: np.random.Generator, truth: float, per_day: int, looks: int, rounds: int
) -> dict[str, BoolArray]:
    steps = 22 * looks
    arriving = rng.poisson(per_day / looks, size=(rounds, steps))
    counts = answers_of(rng, arriving, np.array(truth)).cumsum(axis=1)
    ready = counts.sum(axis=-1) >= 10
    some = counts.copy()
    some[~ready] = 1
    found = rated(some)
    p = p_of(found, variance_at(72.0))
    low = ready & (p < 0.05)
    return {
        "mean below target": ready & (found.mean < TARGET),
        "p < .05 at any look": low,
        "p < .05 at month end": low[:, -1:],
        "E of 20 at any look": e_value(counts, POMP / 100.0, TARGET / 100.0) >= 20.0,
    }


YEAR, WINDOW, MONTH, WEEK = 260, 20, 20, 5
FIRST_MONDAY = date(2024, 1, 1)
STEP_DAYS = (130, 190)
YEARS_ROUNDS = 500
OPENS_EXPECTED = {74.0: 0.02, 70.0: 0.17, 66.0: 0.74}


def life_of_a_gap(rng: np.random.Generator) -> Table:
    """Return how often the state machine opens a gap in a year, and how often it finds a step."""
    figures = []
    for per_day, rounds in ((2, 3000), (8, 2000)):
        for truth in (74.0, 70.0, 66.0, 60.0):
            opened = _years(rng, np.full(YEAR, truth), per_day, rounds)
            case = f"{per_day} answers a day, true mean {truth:.0f}"
            expected = designed(OPENS_EXPECTED.get(truth) if per_day == 2 else None, YEARS_ROUNDS)
            opens = (opened[:, 1:] & ~opened[:, :-1]).sum(axis=1) + opened[:, 0]
            figures.append(mean(opens.astype(float), case, "opens per year", expected))
            figures.append(mean(opened.mean(axis=1), case, "share of time open"))
        figures.append(_step_found(rng, per_day, rounds))
    return Table(
        "One service for a year (260 working days): gaps opened by E of 20 or discard-BH, closed at target",
        "Rolling window of 20 working days, target 70; the close lane sees 47 other services. The step falls "
        "from 78 to 62 for 60 working days.",
        figures,
    )


def _step_found(rng: np.random.Generator, per_day: int, rounds: int) -> Figure:
    path = np.full(YEAR, 78.0)
    path[slice(*STEP_DAYS)] = 62.0
    opened = _years(rng, path, per_day, rounds)[:, STEP_DAYS[0] - WINDOW + 1 : STEP_DAYS[1] - WINDOW + 1]
    expected = designed((0.0, 0.50) if per_day == 2 else 0.98, YEARS_ROUNDS)
    case = f"{per_day} answers a day, step 78 to 62"
    return share(opened.any(axis=1), case, "found within 60 days", expected)


def _years(rng: np.random.Generator, path: FloatArray, per_day: int, rounds: int) -> BoolArray:
    """Return for every year and day from the 20th on whether a confirmed gap is open."""
    daily = answers_of(rng, rng.poisson(per_day, size=(rounds, YEAR)), path)
    total = np.concatenate([np.zeros((rounds, 1, 5)), daily.cumsum(axis=1)], axis=1)
    rolling = total[:, WINDOW:] - total[:, :-WINDOW]
    rolling[rolling.sum(axis=-1) == 0] = (0, 0, 0, 0, 1)
    found = rated(rolling)
    p = p_of(found, variance_at(72.0))
    days = np.arange(WINDOW - 1, YEAR)
    e = e_value(total[:, days + 1] - total[:, days // MONTH * MONTH], POMP / 100.0, TARGET / 100.0)
    closes = np.flatnonzero((days + 1) % MONTH == 0)
    discovered = np.zeros_like(p, dtype=bool)
    others = _other_services(rng, rounds * len(closes)).reshape(rounds, len(closes), -1)
    for row in range(rounds):
        for month, day in enumerate(closes):
            discovered[row, day] = discard_bh(np.append(others[row, month], p[row, day]))[-1]
    score = 70.0 + SCORE_PER_POMP * (found.mean - TARGET)
    return np.stack([_one_year(*rows) for rows in zip(score, found.n, p, e, discovered, strict=True)])


def _other_services(rng: np.random.Generator, months: int, services: int = 47) -> FloatArray:
    truth = np.clip(rng.normal(76.0, 8.0, (months, services)), 30.0, 97.0)
    sizes = np.maximum(10, np.round(np.exp(rng.normal(np.log(25.0), 0.8, truth.shape)))).astype(int)
    found = rated(answers_of(rng, sizes, truth))
    return p_of(found, variance_at(72.0))


def _one_year(
    score: FloatArray, n: FloatArray, p: FloatArray, e: FloatArray, discovered: BoolArray
) -> BoolArray:
    gap: Gap | None = None
    opened = np.zeros(len(score), dtype=bool)
    for day in range(len(score)):
        today = FIRST_MONDAY + timedelta(weeks=day // WEEK, days=day % WEEK)
        evidence = Evidence(
            today, Sla.GREEN, float(score[day]), float(n[day]), float(e[day]), bool(discovered[day])
        )
        week = Week(float(p[day]), float(score[day])) if day % WEEK == 0 else None
        gap = after_evening(gap, [evidence], week)
        opened[day] = gap is not None and gap.state in CONFIRMED
    return opened


@dataclass(frozen=True, slots=True)
class Week:
    """What a weekly evaluation adds: the p-value of the window, and the score of the last 20 working days."""

    p_below: float | None
    closing_score: float | None


def after_evening(gap: Gap | None, looks: Sequence[Evidence], week: Week | None) -> Gap | None:
    """Return the gap after the looks of one evening, the trailing window first, and the week if it is due."""
    for evidence in looks:
        gap = refresh(gap, evidence)
    if week is None:
        return gap
    return weekly(gap, looks[0], p_below=week.p_below, closing_score=week.closing_score)
