"""A rating and a comment that say opposite things: a person reads it, the rating stays as it is.

A happy rating beside a furious text is often a slip of the finger. The rating never feeds the polarity, so
that the two are witnesses of their own.
"""

from __future__ import annotations

from enum import StrEnum

HAPPY_POMP = 75.0
UNHAPPY_POMP = 25.0
CLEAR_POLARITY = 0.5
LEAST_CONFIDENCE = 0.7


class Contradiction(StrEnum):
    """A rating and a comment that say opposite things: a person reads it, the rating stays scored."""

    HAPPY_RATING_NEGATIVE_TEXT = "happy_rating_negative_text"
    UNHAPPY_RATING_POSITIVE_TEXT = "unhappy_rating_positive_text"


def contradiction(rating_pomp: float, polarity: float, *, confidence: float) -> Contradiction | None:
    """Return how rating and comment contradict each other, or None.

    A rating in the best two of five (POMP 75 and up) with polarity -.5 or below, or in the worst two (25
    and down) with +.5 or above, at a confidence of at least .7.
    """
    if confidence < LEAST_CONFIDENCE:
        return None
    if rating_pomp >= HAPPY_POMP and polarity <= -CLEAR_POLARITY:
        return Contradiction.HAPPY_RATING_NEGATIVE_TEXT
    if rating_pomp <= UNHAPPY_POMP and polarity >= CLEAR_POLARITY:
        return Contradiction.UNHAPPY_RATING_POSITIVE_TEXT
    return None
