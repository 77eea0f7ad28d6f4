"""Simulated figures beside what they were designed to be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experience.engine.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Design:
    """The range a figure was designed to lie in, itself found by simulating so many rounds."""

    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One simulated number with its standard error, from so many rounds."""

    case: str
    what: str
    value: float
    error: float
    rounds: int
    design: Design | None = None

    @property
    def agrees(self) -> bool:
        """Whether it lies within three standard errors (of both) and half a printed digit of its design."""
        if self.design is None:
            return True
        error = self.error * float(np.sqrt(1.0 + self.rounds / self.design.rounds))
        slack = 3.0 * error + 0.006 * max(1.0, abs(self.design.high))
        return self.design.low - slack <= self.value <= self.design.high + slack


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that belong together, with the sentence that says what they mean."""

    title: str
    meaning: str
    figures: Sequence[Figure]


def share(hits: BoolArray | np.bool_, case: str, what: str, design: Design | None = None) -> Figure:
    """Return the share of hits with its binomial standard error."""
    p = float(hits.mean())
    error = float(np.sqrt(max(p * (1.0 - p), 1.0 / hits.size) / hits.size))
    return Figure(case, what, p, error, hits.size, design)


def mean(values: FloatArray, case: str, what: str, design: Design | None = None) -> Figure:
    """Return the mean with its standard error."""
    error = float(values.std() / np.sqrt(values.size))
    return Figure(case, what, float(values.mean()), error, values.size, design)


def root_mean_square(values: FloatArray, case: str, what: str, design: Design | None = None) -> Figure:
    """Return the root of the mean square with its standard error."""
    squared = values**2
    root = float(np.sqrt(squared.mean()))
    error = float(squared.std() / np.sqrt(squared.size) / (2.0 * root))
    return Figure(case, what, root, error, values.size, design)


def designed(value: float | tuple[float, float] | None, rounds: int) -> Design | None:
    """Return the design of a figure from its printed value or range, None where none is stated."""
    if value is None:
        return None
    low, high = value if isinstance(value, tuple) else (value, value)
    return Design(low, high, rounds)
