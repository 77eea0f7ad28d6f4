"""A comment in, its sentiment out.

Contract: a pure function of the text, the language given and the model version. What cannot be read (a
language without a model, no word the model knows) is "unscored" with polarity None, never "neutral".
Polarity and label agree: negative below zero, positive above it. Known limits are listed in docs/sentiment.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from surveys.engine.language import SCORED_LANGUAGES, Detection, primary_language
from surveys.engine.sentiment.cues import Cue, deciding_cues
from surveys.engine.sentiment.features import comment_features
from surveys.engine.sentiment.lexicon import Lexicon
from surveys.engine.sentiment.model import LABELS, SentimentModel
from surveys.engine.sentiment.noise import blank_noise
from surveys.engine.sentiment.reading import Reading, read_comment
from surveys.engine.sentiment.tokens import CLAUSE_ENDS, PLACEHOLDERS

Label = Literal["negative", "neutral", "positive", "mixed", "unscored"]

# The least polarity that a positive comment shows, and with the sign turned the most of a negative one.
LEAST_LEAN = 0.05


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What a comment feels like.

    `polarity` is -1..1 or None when unscored; `confidence` is the probability of the label, 0..1 (0 when
    unscored); `cues` are the words that decided, in text order; `language` is ISO 639-1, or None when the
    text has no words.
    """

    polarity: float | None
    label: Label
    confidence: float
    cues: tuple[Cue, ...]
    language: str | None
    model_version: str


@dataclass(frozen=True)
class Scorer:
    """A model with the lexicons that it was trained on."""

    model: SentimentModel
    lexicons: Mapping[str, Lexicon]

    def score(self, text: str, language: str | None = None) -> Sentiment:
        """Return the sentiment of one comment; `language` is the survey's, as an ISO or BCP 47 tag."""
        hint = primary_language(language) if language else None
        if hint is not None and hint not in SCORED_LANGUAGES:
            return self._unscored(hint)
        words = blank_noise(text)
        detection = self.model.language_model.detect(words, hint)
        if detection.language is not None and not detection.is_scored:
            return self._unscored(detection.language)
        code = self._reading_language(detection, hint)
        reading = read_comment(words, self.lexicons[code])
        if not self._says_something(reading, code):
            return self._unscored(detection.language)
        return self._scored(words, reading, code)

    def score_all(self, comments: Iterable[tuple[str, str | None]]) -> list[Sentiment]:
        """Return the sentiment of each (text, language) pair, in order."""
        return [self.score(text, language) for text, language in comments]

    def _reading_language(self, detection: Detection, hint: str | None) -> str:
        return detection.language or hint or "en"

    def _says_something(self, reading: Reading, language: str) -> bool:
        if reading.cues or reading.good_faces or reading.bad_faces:
            return True
        row_of = self.model.row_of
        words = (token.form for token in reading.tokens if token.form not in CLAUSE_ENDS | PLACEHOLDERS)
        return any(f"{language}:w:{word}" in row_of for word in words)

    def _scored(self, text: str, reading: Reading, language: str) -> Sentiment:
        features = comment_features(text, reading, language)
        chances = dict(zip(LABELS, (float(chance) for chance in self.model.probabilities(features)), strict=True))
        label = decided_label(chances)
        return Sentiment(
            polarity=polarity_of(chances, label),
            label=label,
            confidence=chances[label],
            cues=deciding_cues(text, reading, language, self.model, label),
            language=language,
            model_version=self.model.version,
        )

    def _unscored(self, language: str | None) -> Sentiment:
        return Sentiment(None, "unscored", 0.0, (), language, self.model.version)


def decided_label(chances: Mapping[str, float]) -> Label:
    """Return the label: complaint (negative and mixed together) against praise against neither."""
    complaint = chances["negative"] + chances["mixed"]
    if complaint >= max(chances["positive"], chances["neutral"]):
        return "mixed" if chances["mixed"] > chances["negative"] else "negative"
    return "positive" if chances["positive"] >= chances["neutral"] else "neutral"


def polarity_of(chances: Mapping[str, float], label: Label) -> float:
    """Return the chance of praise minus that of complaint, on the side of zero that the label says."""
    lean = chances["positive"] - chances["negative"] - chances["mixed"] / 2
    if label == "negative":
        return float(np.clip(lean, -1.0, -LEAST_LEAN))
    if label == "positive":
        return float(np.clip(lean, LEAST_LEAN, 1.0))
    return float(np.clip(lean, -1.0, 1.0))
