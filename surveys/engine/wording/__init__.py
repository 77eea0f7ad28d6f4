"""The built-in words of page and mail; a question may bring its own."""

from __future__ import annotations

from surveys.engine.wording.english import ENGLISH
from surveys.engine.wording.german import GERMAN
from surveys.engine.wording.words import HIGH_REASONS, LOST_TIME_PICKS, LOW_REASONS, Words

WORDS: dict[str, Words] = {words.code: words for words in (ENGLISH, GERMAN)}
DEFAULT_LANGUAGE = ENGLISH.code

__all__ = [
    "DEFAULT_LANGUAGE",
    "HIGH_REASONS",
    "LOST_TIME_PICKS",
    "LOW_REASONS",
    "WORDS",
    "Words",
    "language_for",
]


def language_for(wish: str) -> str:
    """Return the language we speak that fits a wish such as "de-CH"; English when we speak none."""
    base = wish.replace("_", "-").split("-")[0].lower()
    return base if base in WORDS else DEFAULT_LANGUAGE
