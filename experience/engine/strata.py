"""Weighting within one service when its classes are few: post-stratification and raking from cell sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experience.engine.arrays import FloatArray
from experience.engine.defaults import DEFAULTS

_RAKING_ROUNDS = 200
_RAKING_CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class Cell:
    """Resolved tickets of a cell, its answers, and their sums of values and of squared values."""

    resolved: int
    answers: int
    total: float
    squares: float

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(
            self.resolved + other.resolved,
            self.answers + other.answers,
            self.total + other.total,
            self.squares + other.squares,
        )


@dataclass(frozen=True, slots=True)
class Stratified:
    """A post-stratified mean, its standard error and effective n, and the cells it used."""

    mean: float
    standard_error: float
    kish: float
    cells: Mapping[str, Cell]


def collapse(cells: Mapping[str, Cell], least_answers: int = DEFAULTS.calibration_answers) -> dict[str, Cell]:
    """Return cells with at least 5 answers each.

    A smaller one joins its parent (its code without the last fact). What is still too small at the top
    joins the largest cell; a service with fewer answers keeps one cell.
    """
    left = dict(cells)
    for length in range(max(map(len, left), default=0), 0, -1):
        for code in [c for c, cell in left.items() if len(c) == length and cell.answers < least_answers]:
            _merge(left, code, code[:-1])
    root = left.get("")
    if root is not None and root.answers < least_answers and len(left) > 1:
        _merge(left, "", max((c for c in left if c), key=lambda c: left[c].answers))
    return left


def _merge(cells: dict[str, Cell], code: str, into: str) -> None:
    cell = cells.pop(code)
    cells[into] = cells[into] + cell if into in cells else cell


def post_stratify(cells: Mapping[str, Cell], *, this_period_only: bool = False) -> Stratified | None:
    """Return the mean over resolved tickets of the cells' own means, or None without answers.

    `this_period_only` applies the finite population correction: it describes these tickets alone and must
    never be used for flags, trends or next month.
    """
    used = collapse(cells)
    if not any(cell.answers for cell in used.values()):
        return None
    resolved, n, total, squares = (
        np.array([getattr(cell, name) for cell in used.values()], dtype=np.float64)
        for name in ("resolved", "answers", "total", "squares")
    )
    share, mean = resolved / resolved.sum(), total / n
    variance = np.maximum(squares - n * mean**2, 0.0) / np.maximum(n - 1.0, 1.0)
    unseen = 1.0 - n / resolved if this_period_only else 1.0
    error = float(np.sqrt((share**2 * variance / n * unseen).sum()))
    weight = resolved / n
    effective = float((weight * n).sum() ** 2 / (weight**2 * n).sum())
    return Stratified(float((share * mean).sum()), error, effective, used)


def rake(answers: ArrayLike, margins: Sequence[tuple[Sequence[str], Mapping[str, float]]]) -> FloatArray:
    """Return one weight per cell so that the weighted answers match every margin of the resolved tickets.

    `answers` counts per cell; each margin gives the level of every cell and the resolved tickets per level.
    Levels with fewer than 5 answers join the level listed before them. Iterative proportional fitting; trim
    the weights afterwards (`weighting.trim`).
    """
    count = np.asarray(answers, dtype=np.float64)
    prepared = [_margin(count, levels, resolved) for levels, resolved in margins]
    weight = np.ones_like(count)
    for _ in range(_RAKING_ROUNDS):
        if max(_fit(weight, count, codes, wanted) for codes, wanted in prepared) < _RAKING_CLOSE:
            break
    return weight


def _fit(weight: FloatArray, count: FloatArray, codes: NDArray[np.intp], wanted: FloatArray) -> float:
    factor = wanted / np.bincount(codes, weights=weight * count, minlength=len(wanted))
    weight *= factor[codes]
    return float(np.abs(factor - 1.0).max())


def _margin(
    count: FloatArray, levels: Sequence[str], resolved: Mapping[str, float]
) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the level number of every cell and the resolved tickets per level, small levels joined."""
    names = list(resolved)
    group = {name: number for number, name in enumerate(names)}
    per_level = {
        name: sum(c for c, level in zip(count, levels, strict=True) if level == name) for name in names
    }
    for before, name in pairwise(names):
        if per_level[name] < DEFAULTS.calibration_answers or per_level[before] < DEFAULTS.calibration_answers:
            per_level[name] += per_level[before]
            group = {k: group[name] if g == group[before] else g for k, g in group.items()}
    numbers = sorted(set(group.values()))
    codes = np.array([numbers.index(group[level]) for level in levels], dtype=np.intp)
    wanted = np.array([sum(resolved[k] for k in names if group[k] == g) for g in numbers], dtype=np.float64)
    return codes, wanted
