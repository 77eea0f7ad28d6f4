"""Invented fleets whose truth is known: every ticket of every service, who answered about it, and when.

Of five services two are exactly on target for good; of the other three one each falls from well above target
to 5, 10 and 15 POMP below it. Slow and reassigned tickets make people less happy, and their people answer
more or less often, so that plain means of the answers would be wrong; the truth is the mean over all tickets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.simulations.populations import POMP, TARGET, star_chances
from experience.engine.arrays import FloatArray

Counts = NDArray[np.int64]

GAPS = (0, 5, 10, 15)
TRUTHS = (0, 0, 5, 10, 15)
SOUND = 78.0
FIRST_MONDAY = date(2024, 1, 15)
WARM_UP_DAYS = 20
YEAR_DAYS = 260
# Half of the answers are there on the evening of the resolution, the others three working days later.
LATER_DAYS = 3
TICKETS_PER_DAY = 2.6

# A ticket is of one of four kinds: (slow, reassigned), with its share, what it does to the latent mean of
# happiness, its response rate, and its response class.
SHARES = np.array([0.60, 0.20, 0.15, 0.05])
SHIFTS = np.array([0.2, -0.3, -0.8, -1.2])
RESPONSE_RATES = np.array([0.75, 0.60, 0.90, 0.80])
CLASSES = ("000000", "000001", "001000", "001001")
IS_SLOW = np.array([code[2] == "1" for code in CLASSES])

_LATENT = np.linspace(-4.0, 5.0, 3001)
_MEANS = SHARES @ (star_chances(_LATENT + SHIFTS[:, np.newaxis]) @ POMP)


@dataclass(frozen=True, slots=True)
class Fleet:
    """One fleet: its days, the gap of each service in POMP, and its tickets as columns of equal length.

    `service` and `day` are places in `gaps` and `days`, `kind` one in `CLASSES`; `stars` is 0 where nobody
    answered, `later` whether the answer came three working days later.
    """

    days: tuple[date, ...]
    gaps: tuple[int, ...]
    service: Counts
    day: Counts
    kind: Counts
    stars: Counts
    later: NDArray[np.bool_]


def draw_fleet(seed: int, services: int, year_days: int = YEAR_DAYS) -> Fleet:
    """Return a fleet of so many services (a multiple of five) over the warm-up and so many working days."""
    if services % len(TRUTHS):
        raise ValueError(f"A fleet has {len(TRUTHS)} services or a multiple of that, not {services}.")
    rng = np.random.default_rng([seed, services, year_days])
    gaps = TRUTHS * (services // len(TRUTHS))
    days = working_days(WARM_UP_DAYS + year_days)
    tickets = rng.poisson(TICKETS_PER_DAY, (services, len(days)))
    place = np.repeat(np.arange(tickets.size), tickets.ravel())
    service, day = np.divmod(place, len(days))
    kind = rng.choice(len(CLASSES), size=len(place), p=SHARES)
    stars = _stars(rng, _means(gaps, len(days))[service, day], kind)
    is_answered = rng.random(len(place)) < RESPONSE_RATES[kind]
    later = rng.random(len(place)) < 0.5
    return Fleet(days, gaps, service, day, kind, np.where(is_answered, stars, 0), later)


def working_days(count: int) -> tuple[date, ...]:
    """Return so many working days from the first Monday on."""
    return tuple(FIRST_MONDAY + timedelta(weeks=n // 5, days=n % 5) for n in range(count))


def _means(gaps: tuple[int, ...], days: int) -> FloatArray:
    """Return the true mean over all tickets, in POMP, per service and day."""
    means = np.repeat(TARGET - np.array(gaps, dtype=np.float64)[:, np.newaxis], days, axis=1)
    means[np.array(gaps) > 0, :WARM_UP_DAYS] = SOUND
    return means


def _stars(rng: np.random.Generator, means: FloatArray, kind: Counts) -> Counts:
    latent = np.interp(means, _MEANS, _LATENT) + SHIFTS[kind]
    below = star_chances(latent).cumsum(axis=-1)[:, :-1]
    return 1 + (rng.random(len(kind))[:, np.newaxis] > below).sum(axis=1)
