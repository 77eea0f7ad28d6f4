"""What came of the service-years of one fleet, and the file that adds up several runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from bench.service_years.fleets import GAPS, WARM_UP_DAYS, Fleet

COUNTS = Path(__file__).with_name("counts.json")


@dataclass(frozen=True, slots=True)
class Opening:
    """One confirmed gap: the day it opened, the lane that confirmed it, the day it closed or None."""

    opened_on: date
    lane: str
    closed_on: date | None = None


# Per service of a fleet its confirmed gaps, oldest first.
Lives = list[list[Opening]]


# Per true gap, of every service-year the working days (1 is the first of the year) on which a gap opened.
Openings = dict[str, list[list[int]]]


@dataclass(frozen=True, slots=True)
class Run:
    """One fleet through the database for so many working days after the warm-up: what opened, how many
    service-years the engine alone sees otherwise, and CPU seconds.
    """

    seed: int
    database: str
    days: int
    openings: Openings
    differing: int
    seconds: float

    @property
    def services(self) -> int:
        """The services of the fleet."""
        return sum(map(len, self.openings.values()))

    @property
    def fleet(self) -> tuple[str, int, int, int]:
        """What tells the run from others: database, size and seed."""
        return self.database, self.services, self.days, self.seed


def openings_of(fleet: Fleet, lives: Lives) -> Openings:
    """Return per true gap, of every service, the working days of the year on which a gap opened."""
    number = {day: place - WARM_UP_DAYS + 1 for place, day in enumerate(fleet.days)}
    found: Openings = {str(gap): [] for gap in GAPS}
    for gap, life in zip(fleet.gaps, lives, strict=True):
        found[str(gap)].append([n for o in life if (n := number[o.opened_on]) > 0])
    return found


def stored_runs() -> list[Run]:
    """Return the runs so far, by seed."""
    if not COUNTS.exists():
        return []
    return [Run(**row) for row in json.loads(COUNTS.read_text(encoding="utf-8"))]


def store_run(run: Run) -> None:
    """Add a run to the file, in place of an earlier one of the same fleet on the same database."""
    runs = sorted(
        [run, *(old for old in stored_runs() if old.fleet != run.fleet)], key=lambda each: each.fleet
    )
    lines = ",\n".join(json.dumps(asdict(each)) for each in runs)
    COUNTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
