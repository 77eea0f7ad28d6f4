"""Refine the shipped sentiment model on an organisation's own rated comments, if that helps.

A rating says what its comment meant: the lowest quarter of the scale negative, the highest quarter positive,
between neutral. The refined model learns from the shipped comments and from four fifths of the rated ones.
Polarity of both models is then mapped to ratings (isotonic regression) on those four fifths and judged on the
last fifth; the refined model is accepted only if its squared error is lower beyond chance. The rating is
never an input of a score.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.stats import norm

from surveys.engine.language import SCORED_LANGUAGES
from surveys.engine.sentiment.lexicon import Lexicon, empty_lexicon
from surveys.engine.sentiment.scorer import Scorer
from surveys.engine.sentiment.training import LabelledComment, train

LEAST_RATED = 1000
LEAST_OF_LANGUAGE = 200
HELD_OUT_SHARE = 5
UNHAPPY_POMP, HAPPY_POMP = 25.0, 75.0
LEVEL = 0.95

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatedComment:
    """A comment with the rating given beside it, as POMP 0..100, and its language (ISO 639-1)."""

    text: str
    language: str
    rating_pomp: float


@dataclass(frozen=True)
class Refinement:
    """A refined scorer and how it did on held-out pairs against the one in use.

    Errors are mean squared differences to the rating in POMP points squared; `gain` is their difference
    (positive: the refined one is better) and `gain_low` its lower bound with 95 % confidence.
    """

    scorer: Scorer
    held_out: int
    current_error: float
    refined_error: float
    gain_low: float

    @property
    def gain(self) -> float:
        """Return how much smaller the refined error is."""
        return self.current_error - self.refined_error

    @property
    def is_accepted(self) -> bool:
        """Say whether the refined scorer beats the current one beyond chance."""
        return self.gain_low > 0.0


def refine(
    rated: Sequence[RatedComment],
    current: Scorer,
    comments: Sequence[LabelledComment],
    general: Sequence[LabelledComment],
) -> Refinement | None:
    """Return a scorer refined on rated comments and its trial, or None below 1,000 of them.

    `comments` and `general` are the shipped training texts. A language joins with 200 rated comments; those
    of rarer new languages are left out. Needs scikit-learn and takes about half a minute.
    """
    if len(rated) < LEAST_RATED:
        return None
    lexicons = dict(current.lexicons) | _new_lexicons(rated, current)
    known = [pair for pair in rated if pair.language in lexicons]
    learned = [pair for pair in known if not is_held_out(pair)]
    held_out = [pair for pair in known if is_held_out(pair)]
    labelled = [*comments, *(_labelled(pair) for pair in learned)]
    facts = {
        **current.model.facts,
        "refined_on": len(learned),
        "refined_from": current.model.version,
        "added_languages": sorted(set(lexicons) - set(SCORED_LANGUAGES)),
    }
    model = train(labelled, general, lexicons, current.model.language_model, facts)
    return _trial(Scorer(model, lexicons), current, learned, held_out)


def is_held_out(pair: RatedComment) -> bool:
    """Say whether the pair judges; equal texts are always on one side."""
    digest = hashlib.sha256(" ".join(pair.text.lower().split()).encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_SHARE == 0


def _new_lexicons(rated: Sequence[RatedComment], current: Scorer) -> dict[str, Lexicon]:
    counts: dict[str, int] = {}
    for pair in rated:
        counts[pair.language] = counts.get(pair.language, 0) + 1
    new = (
        code for code, count in counts.items() if count >= LEAST_OF_LANGUAGE and code not in current.lexicons
    )
    return {code: empty_lexicon(code) for code in sorted(new)}


def _labelled(pair: RatedComment) -> LabelledComment:
    label = "neutral"
    if pair.rating_pomp <= UNHAPPY_POMP:
        label = "negative"
    elif pair.rating_pomp >= HAPPY_POMP:
        label = "positive"
    return LabelledComment(pair.text, label, pair.language, pair.text)


def _trial(
    refined: Scorer, current: Scorer, learned: Sequence[RatedComment], held_out: Sequence[RatedComment]
) -> Refinement:
    errors = [squared_errors(scorer, learned, held_out) for scorer in (current, refined)]
    difference = errors[0] - errors[1]
    spread = float(difference.std(ddof=1)) / math.sqrt(len(difference)) if len(difference) > 1 else math.inf
    gain_low = float(difference.mean()) - float(norm.ppf(LEVEL)) * spread
    return Refinement(refined, len(held_out), float(errors[0].mean()), float(errors[1].mean()), gain_low)


def squared_errors(scorer: Scorer, learned: Sequence[RatedComment], judged: Sequence[RatedComment]) -> Floats:
    """Return per judged pair the squared difference of its rating and what its polarity predicts.

    The prediction is fitted on the learned pairs; an unscored comment is predicted their mean rating.
    """
    ratings = np.array([pair.rating_pomp for pair in learned])
    polarities, wanted = _polarities(scorer, learned), np.array([pair.rating_pomp for pair in judged])
    scored = ~np.isnan(polarities)
    predicted = np.full(len(judged), ratings.mean())
    own = _polarities(scorer, judged)
    if scored.any():
        steps, values = rating_steps(polarities[scored], ratings[scored])
        readable = ~np.isnan(own)
        predicted[readable] = np.interp(own[readable], steps, values)
    return np.asarray((predicted - wanted) ** 2)


def rating_steps(polarities: Floats, ratings: Floats) -> tuple[Floats, Floats]:
    """Return polarities, rising, and the rating that goes with each, never falling (isotonic regression)."""
    steps, where = np.unique(polarities, return_inverse=True)
    counts = np.bincount(where)
    means = np.bincount(where, weights=ratings) / counts
    fitted = isotonic_regression(means, weights=counts.astype(np.float64)).x
    return steps, np.asarray(fitted, dtype=np.float64)


def _polarities(scorer: Scorer, pairs: Sequence[RatedComment]) -> Floats:
    sentiments = scorer.score_all((pair.text, pair.language) for pair in pairs)
    return np.array([math.nan if one.polarity is None else one.polarity for one in sentiments])
