"""Logarithmic histograms of durations: quantiles within 1 % from integer counts.

Bucket i holds the values in (g^(i-1), g^i] with g = (1+a)/(1-a) and a = .01, and stands for 2 g^i/(g+1)
(DDSketch, Masson, Rim and Lee 2019). Zero has a bucket of its own. Adding counts merges, subtracting them
retracts: order never matters.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experience.engine.arrays import require
from experience.engine.defaults import DEFAULTS
from experience.engine.intervals import Estimate, order_statistic_ranks, quantile_rank

# Sorts before every bucket of a positive value.
ZERO_BUCKET = -1_000_000
_GAMMA = (1.0 + DEFAULTS.histogram_accuracy) / (1.0 - DEFAULTS.histogram_accuracy)
_SMALLEST = 1e-9


def buckets_of(values: ArrayLike) -> NDArray[np.int64]:
    """Return the bucket of every value; below 1e-9 counts as zero. Raises ValueError for negatives."""
    value = np.asarray(values, dtype=np.float64)
    require(value >= 0.0, "Durations cannot be negative; check the ticket's times.")
    logs = np.ceil(np.log(np.maximum(value, _SMALLEST)) / math.log(_GAMMA))
    return np.where(value < _SMALLEST, ZERO_BUCKET, logs).astype(np.int64)


@lru_cache(maxsize=50_000)
def bucket_of(value: float) -> int:
    """Return the bucket of one value, see `buckets_of`.

    Durations in whole minutes repeat; an array of one value takes a hundred times as long as remembering.
    """
    return int(buckets_of(value))


def value_of(index: int) -> float:
    """Return the value a bucket stands for: within 1 % of everything in it."""
    return 0.0 if index == ZERO_BUCKET else 2.0 * _GAMMA**index / (_GAMMA + 1.0)


def bucket_values(indices: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the value that each bucket stands for, see `value_of`."""
    values = 2.0 * _GAMMA ** indices.astype(np.float64) / (_GAMMA + 1.0)
    return np.where(indices == ZERO_BUCKET, 0.0, values)


@dataclass(frozen=True, slots=True)
class LogHistogram:
    """Counts per bucket."""

    counts: Mapping[int, int]

    @classmethod
    def of(cls, values: Iterable[float]) -> "LogHistogram":
        """Return the histogram of some values."""
        return cls(dict(Counter(buckets_of(list(values)).tolist())))

    @property
    def n(self) -> int:
        """How many values it holds."""
        return sum(self.counts.values())

    def merged(self, other: "LogHistogram") -> "LogHistogram":
        """Return both together; counts may be negative to take values back."""
        total = Counter(self.counts)
        total.update(other.counts)
        return LogHistogram({index: count for index, count in total.items() if count})

    def value_at_rank(self, rank: int) -> float:
        """Return the value at a rank counted from 1. Raises ValueError outside 1..n."""
        reached = 0
        for index in sorted(self.counts):
            reached += self.counts[index]
            if 1 <= rank <= reached:
                return value_of(index)
        raise ValueError(f"Rank {rank} lies outside the {self.n} values of this histogram.")

    def quantile(self, quantile: float = 0.5) -> float | None:
        """Return a quantile (the value at rank floor(q(n-1)) from 0), or None when empty."""
        return self.value_at_rank(quantile_rank(self.n, quantile)) if self.n else None

    def quantile_interval(
        self, quantile: float = 0.5, level: float = DEFAULTS.level
    ) -> Estimate[float] | None:
        """Return a quantile with its distribution-free interval, or None where n is too small."""
        ranks = order_statistic_ranks(self.n, quantile, level) if self.n else None
        if ranks is None:
            return None
        value, low, high = (self.value_at_rank(r) for r in (quantile_rank(self.n, quantile), *ranks))
        return Estimate(value, low, high)
