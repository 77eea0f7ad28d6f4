"""The simulated respondents: one rule, the same for every service, from facts of the ticket to an answer.

The rule never learns which service a ticket belongs to. A person's *strain* adds up from what happened to
them: having to make contact again about the same kind of issue, days until it was resolved, hand-offs
between teams and reopenings. Strain moves the chances of the five ratings, which without any are J-shaped:
mostly fives, few twos, a few ones. People differ (a personal leaning) and the same person
leans the same way each time. What services look like afterwards is what their tickets were like.

All numbers here are invented. They are of the size that surveys of service desks report; nothing more is
claimed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from random import Random

SEED = "simulated-1"

# The strain at which half of all people still give at least 2, 3, 4 and 5, before personal leaning.
HALF_STILL_GIVE = (4.3, 3.9, 3.3, 2.1)
LEANING_SD = 0.6
COMMENT_SHARE = {1: 0.65, 2: 0.60, 3: 0.45, 4: 0.35, 5: 0.30}
LOST_TIME_SHARE = 0.75
SOLVED_SHARE = 0.80
MOST_LOST_MINUTES = 5 * 480
SLOW_DAYS = 3
QUICK_DAYS = 0.15
MANY_HAND_OFFS = 2


@dataclass(frozen=True, slots=True)
class Ordeal:
    """What a person went through with one resolution, as far as the ticket log knows."""

    # This was a repeat contact, or the same kind of issue was back before the survey was due.
    contacted_again: bool
    days_to_resolve: float
    hand_offs: int
    reopen_count: int

    @property
    def strain(self) -> float:
        """How much it asked of the person: 0 when it was solved at once, by the first team, for good."""
        return (
            5.2 * self.contacted_again
            + 0.45 * math.log2(1 + self.days_to_resolve)
            + 0.35 * min(self.hand_offs, 4)
            + 1.5 * (self.reopen_count > 0)
        )


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """What one simulated person answers; `after` counts from the moment the survey was due."""

    rating: int
    after: timedelta
    lost_time_minutes: int | None
    reasons: tuple[str, ...]
    about: tuple[str, ...]  # what a comment would be about, most pressing first; empty without a comment


def draws_for(*parts: object) -> Random:
    """Return the random numbers of one ticket or person: the same at every load, whatever else is loaded."""
    return Random("|".join(map(str, (SEED, *parts))))


def leaning_of(person: str) -> float:
    """Return how much more strain than others this person feels; below zero for the easy-going."""
    return draws_for("leaning", person).gauss(0, LEANING_SD)


def rating_chances(strain: float) -> tuple[float, ...]:
    """Return the chances of the ratings 1 to 5 under this strain; an ordered logit."""
    at_least = (1.0, *(1 / (1 + math.exp(strain - half)) for half in HALF_STILL_GIVE), 0.0)
    return tuple(at_least[k] - at_least[k + 1] for k in range(5))


def answer_chance(ordeal: Ordeal) -> float:
    """Return the chance to answer, 0.20 to 0.40: more after having to come back, less the longer it took."""
    chance = 0.40 + 0.05 * ordeal.contacted_again - 0.025 * math.log2(1 + ordeal.days_to_resolve)
    return min(max(chance, 0.20), 0.40)


def simulate_answer(ordeal: Ordeal, *, leaning: float, draws: Random) -> SimulatedAnswer | None:
    """Return what the person answers, or None when they do not."""
    if draws.random() >= answer_chance(ordeal):
        return None
    rating = draws.choices(range(1, 6), rating_chances(ordeal.strain + leaning))[0]
    return SimulatedAnswer(
        rating=rating,
        after=timedelta(minutes=round(180 * math.exp(draws.gauss(0, 1.3)))),
        lost_time_minutes=_lost_minutes(ordeal, draws) if draws.random() < LOST_TIME_SHARE else None,
        reasons=_reasons(ordeal, rating, draws),
        about=_subjects(ordeal) if draws.random() < COMMENT_SHARE[rating] else (),
    )


def says_solved(ordeal: Ordeal, rating: int, draws: Random) -> bool | None:
    """Return what the person answers to "was it really solved?"; None where they leave it open."""
    if draws.random() >= SOLVED_SHARE:
        return None
    chance = 0.55 if ordeal.contacted_again else 0.98
    return draws.random() < (chance if rating > 2 else 0.7 * chance)


def _lost_minutes(ordeal: Ordeal, draws: Random) -> int:
    """Return minutes as people say them: a quarter of an hour for the call, more for waits and hand-offs."""
    waiting = 50 * math.pow(ordeal.days_to_resolve, 0.6)
    again = 45 * ordeal.contacted_again
    minutes = (15 + waiting + again + 20 * ordeal.hand_offs) * math.exp(draws.gauss(0, 0.6))
    step = 5 if minutes < 30 else 15 if minutes < 120 else 60
    return min(round(minutes / step) * step, MOST_LOST_MINUTES)


def _reasons(ordeal: Ordeal, rating: int, draws: Random) -> tuple[str, ...]:
    likely = _complaints(ordeal) if rating <= 3 else _praises(ordeal)
    return tuple(key for key, chance in likely.items() if draws.random() < chance)


def _complaints(ordeal: Ordeal) -> dict[str, float]:
    is_slow = ordeal.days_to_resolve >= SLOW_DAYS
    was_handed_on = ordeal.hand_offs >= MANY_HAND_OFFS
    return {
        "explain_again": 0.5 if was_handed_on or ordeal.contacted_again else 0.05,
        "slow": 0.7 if is_slow else 0.08,
        "not_solved": 0.4 if ordeal.contacted_again else 0.1,
        "came_back": 0.7 if ordeal.contacted_again else 0.03,
        "no_news": 0.4 if is_slow else 0.05,
        "passed_around": 0.6 if was_handed_on else 0.04,
        "unclear": 0.08,
    }


def _praises(ordeal: Ordeal) -> dict[str, float]:
    is_quick = ordeal.days_to_resolve < QUICK_DAYS
    return {
        "fast": 0.5 if is_quick else 0.1,
        "friendly": 0.35,
        "at_once": 0.3 if is_quick and not ordeal.hand_offs else 0.02,
        "informed": 0.05 if is_quick else 0.2,
        "well_explained": 0.2,
    }


def _subjects(ordeal: Ordeal) -> tuple[str, ...]:
    applies = {
        "again": ordeal.contacted_again,
        "slow": ordeal.days_to_resolve >= SLOW_DAYS,
        "handed": ordeal.hand_offs >= MANY_HAND_OFFS,
        "quick": ordeal.days_to_resolve < QUICK_DAYS and not ordeal.contacted_again,
        "any": True,
    }
    return tuple(subject for subject, is_so in applies.items() if is_so)
