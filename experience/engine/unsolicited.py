"""Unsolicited text, such as chat and social messages: batches checked, and what a window of days says.

Such text is negative by selection, so it is never compared with a target: only with its own past 90 days.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from experience.engine.daycells import POLARITY_UNITS, Sums
from experience.engine.defaults import DEFAULTS
from experience.engine.observations import EARLIEST_YEAR, LATEST_YEAR

MOST_TEXTS = 1_000
LONGEST_TEXT = 10_000
BASELINE_DAYS = 90
# With fewer days, how much an ordinary day varies is not known.
LEAST_BASELINE_DAYS = 20
# No database takes the first, no encoding the others.
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
_FIELDS = {"service", "at", "text", "author", "language"}
_LONGEST = {"service": 200, "author": 200, "language": 35, "text": LONGEST_TEXT}


class Unsolicited(IntEnum):
    """Bucket of the measure `unsolicited`: days of the window, days before it, authors in the window."""

    NOW = 0
    BEFORE = 1
    AUTHORS = 2


@dataclass(frozen=True, slots=True)
class Text:
    """One message about a service; `author` only tells authors apart, `language` may be empty."""

    service: str
    at: datetime
    text: str
    author: str
    language: str = ""


class TextError(ValueError):
    """A text that cannot be taken; the message names its index and says what to send instead."""


def read_texts(rows: Sequence[Any]) -> list[Text]:
    """Return the texts of a batch. Raises TextError for the first that cannot be taken."""
    if len(rows) > MOST_TEXTS:
        raise TextError(f"A batch holds at most {MOST_TEXTS:,} texts; send several.")
    return [_read(index, row) for index, row in enumerate(rows)]


def _read(index: int, row: Any) -> Text:
    if not isinstance(row, Mapping):
        raise TextError(f"texts[{index}]: it is no object.")
    unknown = sorted(set(row) - _FIELDS)
    if unknown:
        raise TextError(f"texts[{index}]: unknown field {unknown[0]!r}; leave it out.")
    words = {name: row.get(name, "") for name in ("service", "text", "author", "language")}
    for name, value in words.items():
        if (
            not isinstance(value, str)
            or len(value) > _LONGEST[name]
            or (name != "language" and not value.strip())
            or _UNSTORABLE.search(value)
        ):
            raise TextError(
                f'texts[{index}]: "{name}" must be a text of at most {_LONGEST[name]} characters, without'
                " NUL and halves of surrogate pairs."
            )
    return Text(at=_moment(index, row.get("at")), **words)


def _moment(index: int, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise TextError(
            f'texts[{index}]: "at" must be a time with its offset, like 2026-06-01T09:00:00Z, between'
            f" {EARLIEST_YEAR} and {LATEST_YEAR}."
        )
    return moment


def sums_of_days(polarities: Mapping[Any, Sequence[float]]) -> Sums:
    """Return the sums of the mean polarity of each day: how many days, their total, their squares."""
    means = [round(POLARITY_UNITS * math.fsum(day) / len(day)) for day in polarities.values()]
    return Sums(len(means), sum(means), sum(mean * mean for mean in means))


def against_the_past(now: Sums, before: Sums, authors: int) -> float | None:
    """Return how many standard errors the window's mean day lies above the mean day before.

    z = (window mean - baseline mean)/(baseline day SD/sqrt(days in window)). None below 10 authors, 20
    days before, or while these never varied.
    """
    if authors < DEFAULTS.least_authors or not now.count or before.count < LEAST_BASELINE_DAYS:
        return None
    mean = before.total / before.count
    variance = (before.total_squares - before.count * mean * mean) / (before.count - 1)
    if variance <= 0.0:
        return None
    return (now.total / now.count - mean) / math.sqrt(variance / now.count)
