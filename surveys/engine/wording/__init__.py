"""The built-in words of page and mail; a question may bring its own."""

from __future__ import annotations

import re

from surveys.engine.wording.arabic import ARABIC
from surveys.engine.wording.dutch import DUTCH
from surveys.engine.wording.english import ENGLISH
from surveys.engine.wording.finnish import FINNISH
from surveys.engine.wording.french import FRENCH
from surveys.engine.wording.german import GERMAN
from surveys.engine.wording.italian import ITALIAN
from surveys.engine.wording.japanese import JAPANESE
from surveys.engine.wording.polish import POLISH
from surveys.engine.wording.portuguese import PORTUGUESE
from surveys.engine.wording.spanish import SPANISH
from surveys.engine.wording.swedish import SWEDISH
from surveys.engine.wording.words import HIGH_REASONS, LOST_TIME_PICKS, LOW_REASONS, Words

WORDS: dict[str, Words] = {
    words.code: words
    for words in (
        ENGLISH,
        GERMAN,
        FRENCH,
        SPANISH,
        ITALIAN,
        PORTUGUESE,
        DUTCH,
        SWEDISH,
        FINNISH,
        POLISH,
        JAPANESE,
        ARABIC,
    )
}
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
    "language_of",
]


def language_for(wish: str) -> str:
    """Return the language we speak that fits a wish such as "de-CH"; English when we speak none."""
    return _base(wish) if _base(wish) in WORDS else DEFAULT_LANGUAGE


def language_of(person: str, browser: str) -> str:
    """Return the language to speak: the person's when we speak it, else the first we speak of the browser's
    Accept-Language, else English.
    """
    if _base(person) in WORDS:
        return _base(person)
    wishes = (part.split(";")[0] for part in browser.split(","))
    return next((_base(wish) for wish in wishes if _base(wish) in WORDS), DEFAULT_LANGUAGE)


def _base(wish: str) -> str:
    return wish.strip().replace("_", "-").split("-")[0].lower()


def fill(text: str, **values: object) -> str:
    """Return the text with {name} replaced by each value; a name without a value stays as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)
