"""Native statistics read off integer counts per answer: happiness groups, top boxes, Apdex."""

from collections.abc import Sequence

import numpy as np

from experience.engine.arrays import FloatArray

# Values of the groups that `happiness_groups` returns, worst first: their mean is %(9-10) minus %(0-6).
HAPPINESS_VALUES = (-100.0, 0.0, 100.0)
# Values of the counts (frustrated, tolerating, satisfied): their mean is the Apdex.
APDEX_VALUES = (0.0, 0.5, 1.0)


def happiness_value(answer: int) -> float:
    """Return what one 0..10 answer is worth: 100 from 9, 0 from 7, else -100; the mean is the happiness."""
    unhappy, neutral, happy = HAPPINESS_VALUES
    return happy if answer >= 9 else neutral if answer >= 7 else unhappy


def happiness_groups(counts: Sequence[int]) -> tuple[int, int, int]:
    """Return how many of 0..10 answers are unhappy (0-6), neutral (7-8) and happy (9-10).

    `counts` holds one count per answer 0..10; raises ValueError for another length.
    """
    if len(counts) != 11:
        raise ValueError(f"Happiness counts need one entry per answer 0..10, not {len(counts)}.")
    return sum(counts[:7]), sum(counts[7:9]), sum(counts[9:])


def top_box_share(counts: Sequence[int], boxes: int = 2) -> float | None:
    """Return the share of the best `boxes` answers, None without answers; counts run from the worst."""
    total = sum(counts)
    return sum(counts[-boxes:]) / total if total else None


def pomp_values(lo: float, hi: float, answers: int) -> FloatArray:
    """Return the value 0..1 of equally spaced answers, 0 the worst; lo > hi reverses the scale."""
    values = np.linspace(0.0, 1.0, answers)
    return values if hi > lo else values[::-1]
