"""The evidence of a window for many services at once: cells by measure, who answered, how long watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experience.engine.arrays import FloatArray
from experience.engine.cells import (
    MEASURE_CODES,
    NOBODY,
    PERMILLES,
    Cells,
    Integers,
    chance_of,
    class_of,
    stratum_codes,
    summed,
    with_services,
)
from experience.engine.daycells import POLARITY_BUCKETS, Asked
from experience.engine.weighting import is_hassle
from surveys.engine.scales import SCALES

# The rating questions with their worst and best answer.
RATING_SCALES: Mapping[str, tuple[int, int]] = {key: (scale.low, scale.high) for key, scale in SCALES.items()}
RATING_MEASURES = tuple(RATING_SCALES)
MOST_RATING = max(best for _, best in RATING_SCALES.values())
# Only these know the class of their ticket; it is empty where an answer's class is coarsened to nothing.
_STRATIFIED = [
    MEASURE_CODES[measure] for measure in ("resolved", *RATING_MEASURES, "solved", "lost_time", "sentiment")
]


@dataclass(frozen=True, slots=True)
class People:
    """Who answered: distinct people, answers (sum k) and squared answers per person (sum k2)."""

    distinct: int = 0
    answers: int = 0
    answers_squared: int = 0


def people_of(places: Integers, people: Integers, *, services: int) -> list[People]:
    """Return who answered per service, from the service's place and the person's id of every answer."""
    known = people != NOBODY
    each, answers = np.unique(np.stack([places[known], people[known]]), axis=1, return_counts=True)
    nameless = np.bincount(places[~known], minlength=services)
    sums = (np.bincount(each[0], weights=answers**power, minlength=services) for power in (0, 1, 2))
    columns = [(nameless + column).astype(np.int64).tolist() for column in sums]
    return [People(*row) for row in zip(*columns, strict=True)]


class Evidence:
    """The cells of one window for a batch of services, as arrays by measure."""

    def __init__(
        self,
        cells: Cells,
        people: Sequence[People],
        up_seconds: Sequence[float | None],
        silent: Sequence[Mapping[str, date]] | None = None,
    ) -> None:
        """Take summed cells, and per service its people, the seconds it was monitored (None: never) and the
        last day of each signal that fell silent (engine/silence.py).
        """
        self.services = len(people)
        self.cells = cells
        self.people = people
        self.up_seconds = up_seconds
        self.silent = silent or [{} for _ in people]
        self.seconds = np.array([np.nan if s is None else s for s in up_seconds], dtype=np.float64)
        self._strata = np.unique(stratum_codes(cells[np.isin(cells["measure"], _STRATIFIED)]))
        self.strata = [
            (class_of(code // PERMILLES), chance_of(code % PERMILLES)) for code in self._strata.tolist()
        ]
        self._by_measure: dict[str, Cells] = {}

    def part(self, services: Sequence[int]) -> Evidence:
        """Return the evidence of some of the services, numbered anew in the order given."""
        place = np.full(self.services, -1, dtype=np.int32)
        place[list(services)] = np.arange(len(services))
        numbers = place[self.cells["service"]]
        inside = numbers >= 0
        return Evidence(
            summed(with_services(self.cells[inside], numbers[inside])),
            [self.people[service] for service in services],
            [self.up_seconds[service] for service in services],
            [self.silent[service] for service in services],
        )

    def of(self, measure: str) -> Cells:
        """Return the cells of one measure, ordered by service, class, chance and bucket."""
        if measure not in self._by_measure:
            self._by_measure[measure] = self.cells[self.cells["measure"] == MEASURE_CODES[measure]]
        return self._by_measure[measure]

    def per_service(self, cells: Cells, amounts: NDArray[Any]) -> FloatArray:
        """Return the sum of the cells' amounts per service."""
        sums = np.bincount(cells["service"], weights=amounts, minlength=self.services)
        return sums.astype(np.float64)

    def per_stratum(self, cells: Cells, amounts: NDArray[Any]) -> FloatArray:
        """Return the sum of the cells' amounts per service and stratum (class x chance of being asked)."""
        width = len(self.strata)
        index = cells["service"] * width + np.searchsorted(self._strata, stratum_codes(cells))
        sums = np.bincount(index, weights=amounts, minlength=self.services * width)
        return sums.reshape(self.services, width).astype(np.float64)

    @cached_property
    def hassle(self) -> FloatArray:
        """Return 1.0 for each stratum of hassle tickets: reopened before, or over their time target."""
        return np.array([float(is_hassle(code)) for code, _ in self.strata])

    @cached_property
    def resolved(self) -> FloatArray:
        """Return N, the eligible resolutions, per service and stratum."""
        cells = self.of("resolved")
        inside = cells[cells["bucket"] != Asked.OUT_OF_FRAME]
        return self.per_stratum(inside, inside["n"])

    def rating_counts(self, measures: Sequence[str]) -> list[dict[int, int]]:
        """Return per service how many answers gave each rating, as answered."""
        counts = np.zeros((self.services, MOST_RATING + 1), dtype=np.int64)
        for cells in map(self.of, measures):
            np.add.at(counts, (cells["service"], ratings_of(cells["bucket"])), cells["n"])
        return [{rating: n for rating, n in enumerate(row) if n} for row in counts.tolist()]

    def resolved_in(self, *buckets: Asked) -> FloatArray:
        """Return the resolutions per service with one of these outcomes of the decision."""
        cells = self.of("resolved")
        found = cells[np.isin(cells["bucket"], buckets)]
        return self.per_service(found, found["n"])


def ratings_of(buckets: NDArray[Any]) -> NDArray[np.int64]:
    """Return the rating of every bucket that `daycells.rating_bucket` made."""
    return np.asarray(buckets // (POLARITY_BUCKETS + 1), dtype=np.int64)
