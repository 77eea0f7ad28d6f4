"""Which language a comment is written in, and whether the sentiment model may read it at all.

Naive Bayes on groups of one to four letters over some forty languages. Only nine of them are scored; the
others are there to be recognised and refused. Script decides first: text that is mostly not Latin is refused.
A survey's language is a prior, not a verdict: a German comment on an English survey is read as German.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

UNKNOWN_SCRIPT = "und"
SCORED_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "fi")
LONGEST_GROUP = 4
SMOOTHING_PER_MILLION = 3.0
SMALLEST_COUNT = 6
REMEMBERED_WORDS = 20_000

# In units of log-likelihood per letter: how much more a comment must look like another language.
ENGLISH_PRIOR = 2.0
SCORED_PRIOR = 1.0
HINT_PRIOR = 4.0
LATIN_SHARE = 0.5

_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\d+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")


@dataclass(frozen=True, slots=True)
class Detection:
    """The most likely language (ISO 639-1; None for no letters) and the margin to the next one, in nats."""

    language: str | None
    margin: float

    @property
    def is_scored(self) -> bool:
        """Say whether a sentiment model exists for it."""
        return self.language in SCORED_LANGUAGES


@dataclass(frozen=True)
class LanguageModel:
    """Log-likelihood of letter groups per language: one row per group, one column per language."""

    languages: tuple[str, ...]
    groups: tuple[str, ...]
    weights: npt.NDArray[np.float32]

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Return the row of each letter group."""
        return {group: row for row, group in enumerate(self.groups)}

    @cached_property
    def prior(self) -> npt.NDArray[np.float32]:
        """Return the head start of each language."""
        start = {"en": ENGLISH_PRIOR} | {code: SCORED_PRIOR for code in SCORED_LANGUAGES if code != "en"}
        return np.array([start.get(code, 0.0) for code in self.languages], dtype=np.float32)

    def detect(self, text: str, hint: str | None = None) -> Detection:
        """Return the language of a text; `hint` is a likely one, e.g. the survey's."""
        words = normalised_words(text)
        if not words:
            return Detection(None, 0.0)
        if not is_mostly_latin(words):
            return Detection(UNKNOWN_SCRIPT, float("inf"))
        totals = self.prior + np.sum([self._score_of(word) for word in words.split()], axis=0)
        if hint in self.languages:
            totals[self.languages.index(hint)] += HINT_PRIOR
        best, second = np.argsort(-totals, kind="stable")[:2]
        return Detection(self.languages[best], float(totals[best] - totals[second]))

    def _score_of(self, word: str) -> npt.NDArray[np.float32]:
        known = self._scores.get(word)
        if known is None:
            rows = [row for group in letter_groups(word) if (row := self.row_of.get(group)) is not None]
            known = self.weights[rows].sum(axis=0) / np.float32(LONGEST_GROUP)
            if len(self._scores) < REMEMBERED_WORDS:
                self._scores[word] = known
        return known

    @cached_property
    def _scores(self) -> dict[str, npt.NDArray[np.float32]]:
        return {}


def primary_language(tag: str) -> str:
    """Return the ISO 639-1 part of a language tag: "pt-BR" and "pt_BR" are "pt"."""
    return re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]


def normalised_words(text: str) -> str:
    """Return the lower-case words of a text, without addresses and digits, separated by one space."""
    return " ".join(_WORD.findall(_NOT_WORDS.sub(" ", text.lower()))).replace("’", "'")


def is_mostly_latin(words: str) -> bool:
    """Say whether at least half of the letters are Latin."""
    letters = [char for char in words if char.isalpha()]
    return len(_LATIN.findall("".join(letters))) >= LATIN_SHARE * len(letters)


def letter_groups(word: str) -> Iterator[str]:
    """Yield all groups of one to four letters of a word; a space marks its border."""
    bordered = f" {word} "
    for size in range(1, LONGEST_GROUP + 1):
        for start in range(len(bordered) - size + 1):
            yield bordered[start : start + size]


def fit_language_model(texts: Iterable[tuple[str, str]]) -> LanguageModel:
    """Count letter groups in (language, text) pairs and return the model.

    Frequencies are per million within a language, smoothed, and centred over languages per group (naive
    Bayes with equal priors): how much text a language has does not matter.
    """
    counts: dict[str, Counter[str]] = {}
    for language, text in texts:
        counter = counts.setdefault(language, Counter())
        for word in normalised_words(text).split():
            counter.update(letter_groups(word))
    languages = tuple(sorted(counts))
    total: Counter[str] = Counter()
    for counter in counts.values():
        total.update(counter)
    frequent = (group for group, count in total.items() if count >= SMALLEST_COUNT and group != " ")
    groups = tuple(sorted(frequent))
    return LanguageModel(languages, groups, _log_frequencies([counts[code] for code in languages], groups))


def _log_frequencies(counts: Sequence[Counter[str]], groups: tuple[str, ...]) -> npt.NDArray[np.float32]:
    columns = []
    for counter in counts:
        column = np.array([counter[group] for group in groups], dtype=np.float64)
        columns.append(np.log(1e6 * column / column.sum() + SMOOTHING_PER_MILLION))
    table = np.stack(columns, axis=1)
    table -= table.mean(axis=1, keepdims=True)
    return table.astype(np.float16).astype(np.float32)
