"""The scales on which people rate. Nothing here turns a rating into a score of a service."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    """Which reasons fit a rating: what went wrong, what went well, or both; `ANY` fits every rating."""

    LOW = "low"
    HIGH = "high"
    ANY = "any"


@dataclass(frozen=True)
class Scale:
    """A scale from `low` to `high`, more is better. Up to `wrong_until` something went wrong; from
    `well_from` something went well; between them both can be true.
    """

    key: str
    low: int
    high: int
    wrong_until: int
    well_from: int

    @property
    def ratings(self) -> range:
        """Every rating of the scale, worst first."""
        return range(self.low, self.high + 1)

    def pomp(self, rating: int) -> float:
        """Return where a rating lies on the scale, 0 the worst and 100 the best."""
        return 100.0 * (rating - self.low) / (self.high - self.low)

    def bands(self, rating: int) -> frozenset[Band]:
        """Return the bands that a rating belongs to; raises ValueError off the scale."""
        if rating not in self.ratings:
            raise ValueError(f"{rating} is not on the scale from {self.low} to {self.high}.")
        fits = {Band.LOW: rating <= self.wrong_until, Band.HIGH: rating >= self.well_from}
        return frozenset(band for band, does in fits.items() if does)


SCALES = {
    scale.key: scale
    for scale in (
        Scale("satisfaction", low=1, high=5, wrong_until=3, well_from=3),
        Scale("happiness", low=0, high=10, wrong_until=8, well_from=7),
        Scale("effort", low=1, high=7, wrong_until=5, well_from=4),
    )
}
