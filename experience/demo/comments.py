"""The sentences of the simulated respondents: who writes in which language, and which fit an answer."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random

from experience.demo.respondents import draws_for

DATA = Path(__file__).parent / "data"
LANGUAGES = {"en": 0.64, "de": 0.16, "fr": 0.10, "es": 0.10}
ENDING_SHARE = 0.35
UNPOLISHED_SHARE = 0.15


def language_of(person: str) -> str:
    """Return the language this person writes in; invented, for the log names none."""
    return draws_for("language", person).choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def band_of(rating: int, draws: Random) -> str:
    """Return whether somebody who rates so complains, shrugs or praises; a four may shrug or praise."""
    if rating == 4:
        return "high" if draws.random() < 0.6 else "middle"
    return "low" if rating <= 2 else "middle" if rating == 3 else "high"


class Phrasebook:
    """All sentences by language, band and subject, with endings by language and band."""

    def __init__(self) -> None:
        self._sentences: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._endings: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for row in _rows("comments.csv"):
            self._sentences[row["language"], row["band"], row["about"]].append(row["text"])
        for row in _rows("endings.csv"):
            self._endings[row["language"], row["band"]].append(row["text"])

    def comment(self, about: Sequence[str], *, rating: int, language: str, draws: Random) -> str:
        """Return a comment about the most pressing subject that has sentences, or about no one thing."""
        band = band_of(rating, draws)
        fitting = [self._sentences[language, band, subject] for subject in about]
        sentences = [group for group in fitting if group]
        text = draws.choice(sentences[0] if draws.random() < 0.7 else sentences[-1])
        if draws.random() < ENDING_SHARE:
            text = f"{text} {draws.choice(self._endings[language, band])}"
        return text.lower().rstrip(".!") if draws.random() < UNPOLISHED_SHARE else text


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
