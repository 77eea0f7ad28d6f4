"""What words mean, in words that all languages share: what is learned in one language holds in the others.

A meanings file has one meaning per line: an English word, a tab, and the words that carry it, accents folded.
The English file joins synonyms, and its line `-` lists words without a meaning of their own. A word that is
not listed is looked up by its stem, so that one form stands for its inflections; one that is not found either
means itself, in its language only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from nltk.stem.snowball import SnowballStemmer

from surveys.engine.sentiment.tokens import fold

REMEMBERED_FORMS = 50_000
NO_MEANING = "-"
ENGLISH = "en"
STEMMERS = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
}


class MeaningsError(ValueError):
    """A meanings file does not follow the format; the message names the line and what to write instead."""


@cache
def _stemmer(language: str) -> SnowballStemmer:
    return SnowballStemmer(STEMMERS[language])


@lru_cache(maxsize=REMEMBERED_FORMS)
def stem(form: str, language: str) -> str:
    """Return the stem of a word form (Snowball); marks, and words without a stemmer, are their own."""
    return str(_stemmer(language).stem(form)) if language in STEMMERS and form[:1].isalpha() else form


@dataclass(frozen=True)
class Meanings:
    """The meanings of one language's words, by form and by stem."""

    language: str
    by_form: Mapping[str, str | None]
    by_stem: Mapping[str, str | None]
    _seen: dict[str, str | None] = field(default_factory=dict, repr=False)

    def of(self, form: str) -> str | None:
        """Return what a word form means; None for one without a meaning of its own. Marks mean themselves."""
        if form not in self._seen:
            if len(self._seen) >= REMEMBERED_FORMS:
                self._seen.clear()
            self._seen[form] = self._look_up(form)
        return self._seen[form]

    def _look_up(self, form: str) -> str | None:
        if not form[:1].isalpha():
            return form
        if form in self.by_form:
            return self.by_form[form]
        root = stem(form, self.language)
        return self.by_stem.get(root, f"{self.language}~{root}")


def parse_meanings(texts: Mapping[str, str]) -> dict[str, Meanings]:
    """Read the meanings files of all languages, the English one among them.

    Raises MeaningsError for a line of another form or a word that stands twice.
    """
    english = _parsed(texts[ENGLISH], ENGLISH, Meanings(ENGLISH, {}, {}))
    others = {code: _parsed(text, code, english) for code, text in texts.items() if code != ENGLISH}
    return {ENGLISH: english} | others


def _parsed(text: str, language: str, english: Meanings) -> Meanings:
    by_form: dict[str, str | None] = {}
    by_stem: dict[str, str | None] = {}
    for number, written, word in _written(text, language):
        if word in by_form:
            raise MeaningsError(f"{language} line {number}: {word!r} stands above too; keep one.")
        meaning = written if language == ENGLISH else english.of(fold(written))
        by_form[word] = None if written == NO_MEANING else meaning
        by_stem.setdefault(stem(word, language), by_form[word])
    return Meanings(language, by_form, by_stem)


def _written(text: str, language: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        meaning, tab, words = line.partition("\t")
        if not (meaning and tab and words):
            raise MeaningsError(f"{language} line {number}: write the meaning, a tab, and its words.")
        for word in words.split():
            yield number, meaning, fold(word)
