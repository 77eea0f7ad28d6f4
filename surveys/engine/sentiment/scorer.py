"""A comment in, its sentiment out.

Contract: a pure function of the text, the language given and the model version. What cannot be read (a
language without a model, no word the model knows) is "unscored" with polarity None, never "neutral".
Polarity and label agree: negative below zero, positive above it. Known limits: docs/sentiment.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from surveys.engine.language import UNKNOWN_SCRIPT, normalised_words, primary_language
from surveys.engine.sentiment.cues import Cue, deciding_cues
from surveys.engine.sentiment.features import comment_features
from surveys.engine.sentiment.lexicon import Lexicon
from surveys.engine.sentiment.meanings import stem
from surveys.engine.sentiment.model import LABELS, SentimentModel
from surveys.engine.sentiment.noise import blank_noise
from surveys.engine.sentiment.reading import Reading, read_comment
from surveys.engine.sentiment.tokens import CLAUSE_ENDS, PLACEHOLDERS, fold

Label = Literal["negative", "neutral", "positive", "mixed", "unscored"]

# The least polarity that a positive comment shows, and with the sign turned the most of a negative one.
LEAST_LEAN = 0.05

# Up to so many words, known words decide the language; the shares of them that must be known.
SHORT_WORDS = 4
HINT_SHARE = 0.5
ENGLISH_SHARE = 0.6
# A comment of unknown words, often typing errors, is judged by its letters alone from this confidence.
GUESS_CONFIDENCE = 0.7
# What is written on a page in a language that is not scored counts as another one from so many words and so
# much likelier letters (nats): an English comment on a Polish page is read, "super" is not.
FOREIGN_WORDS, FOREIGN_MARGIN = 3, 6.0


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
    """A model with the lexicons that it was trained on; the lexicons' languages are the scored ones.

    `function_words` have no meaning of their own and are never shown as cues.
    """

    model: SentimentModel
    lexicons: Mapping[str, Lexicon]
    function_words: frozenset[str] = frozenset()

    def score(self, text: str, language: str | None = None) -> Sentiment:
        """Return the sentiment of one comment; `language` is the survey's, as an ISO or BCP 47 tag."""
        hint = primary_language(language) if language else None
        words = blank_noise(text)
        code = self.language_of(words, hint)
        if code is not None and code not in self.lexicons:
            return self._unscored(code)
        return self._read(words, code, hint)

    def language_of(self, text: str, hint: str | None = None) -> str | None:
        """Return the language of a text (ISO 639-1), None without any word; `hint` is the survey's language.

        Letters decide for sentences. In a comment of a few words they say little: there, a language that
        knows the words is preferred, first the survey's, then the one that the letters suggest, then English.
        On a survey in a language that is not scored only clear sentences are taken for another one.
        """
        detection = self.model.language_model.detect(text, hint)
        words = [fold(word) for word in normalised_words(text).split()]
        if hint is not None and hint not in self.lexicons:
            is_clear = len(words) >= FOREIGN_WORDS and detection.margin >= FOREIGN_MARGIN
            return detection.language if is_clear and detection.language in self.lexicons else hint
        return self._language_among_scored(text, words, detection.language, hint)

    def _language_among_scored(
        self, text: str, words: Sequence[str], detected: str | None, hint: str | None
    ) -> str | None:
        if detected is None or detected == UNKNOWN_SCRIPT or len(words) > SHORT_WORDS:
            return detected
        if hint is not None and self._known_share(words, hint) >= HINT_SHARE:
            return hint
        english = self._known_share(words, "en")
        if english == 1.0 and self.model.language_model.detect(text, "en").language == "en":
            return "en"
        if detected in self.lexicons and self._known_share(words, detected) == 1.0:
            return detected
        if english >= (ENGLISH_SHARE if text.isascii() else 1.0):
            return "en"
        knowing = [code for code in self.lexicons if self._known_share(words, code) == 1.0]
        return knowing[0] if knowing and detected not in self.lexicons else detected

    def score_all(self, comments: Iterable[tuple[str, str | None]]) -> list[Sentiment]:
        """Return the sentiment of each (text, language) pair, in order."""
        return [self.score(text, language) for text, language in comments]

    @cached_property
    def known_stems(self) -> Mapping[str, frozenset[str]]:
        """Return the stems of the words that lexicon or model know, per scored language."""
        known = {code: {stem(word, code) for word in self.lexicons[code].words()} for code in self.lexicons}
        for name in self.model.names:
            code, mark, word = name.partition(":w:")
            if mark and " " not in word:
                known[code].add(word)
        return {code: frozenset(words) for code, words in known.items()}

    @cached_property
    def _filler(self) -> Mapping[str, frozenset[str]]:
        """Return per language the function words that the lexicon gives no meaning of their own."""
        words = frozenset(fold(word) for word in self.function_words)
        return {code: words - lexicon.lone_words() for code, lexicon in self.lexicons.items()}

    def _known_share(self, words: Sequence[str], language: str) -> float:
        return sum(self._is_known(word, language) for word in words) / len(words)

    def _is_known(self, word: str, language: str) -> bool:
        known = self.known_stems[language]
        return stem(word, language) in known or stem(word.replace("'", ""), language) in known

    def _read(self, text: str, detected: str | None, hint: str | None) -> Sentiment:
        code = detected or hint or "en"
        reading = read_comment(text, self.lexicons[code])
        if not reading.tokens:
            return self._unscored(detected)
        sentiment = self._scored(text, reading, code)
        sure = sentiment.label != "neutral" and sentiment.confidence >= GUESS_CONFIDENCE
        if self._says_something(reading, code) or (sure and detected is not None):
            return sentiment
        return self._unscored(detected)

    def _says_something(self, reading: Reading, language: str) -> bool:
        if reading.cues or reading.good_faces or reading.bad_faces:
            return True
        words = (token.form for token in reading.tokens if token.form not in CLAUSE_ENDS | PLACEHOLDERS)
        return any(stem(word, language) in self.known_stems[language] for word in words)

    def _scored(self, text: str, reading: Reading, language: str) -> Sentiment:
        features = comment_features(text, reading, language)
        chances = dict(zip(LABELS, self.model.probabilities(features).tolist(), strict=True))
        label = decided_label(chances)
        return Sentiment(
            polarity=polarity_of(chances, label),
            label=label,
            confidence=chances[label],
            cues=deciding_cues(text, reading, language, self.model, label, self._filler[language]),
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
