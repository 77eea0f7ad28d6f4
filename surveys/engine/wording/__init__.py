"""The built-in words of page and mail; a question may bring its own."""

from __future__ import annotations

import re

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
    "fill",
    "language_for",
]


def language_for(wish: str) -> str:
    """Return the language we speak that fits a wish such as "de-CH"; English when we speak none."""
    base = wish.replace("_", "-").split("-")[0].lower()
    return base if base in WORDS else DEFAULT_LANGUAGE


def fill(text: str, **values: object) -> str:
    """Return the text with {name} replaced by each value; a name without a value stays as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)
