"""Past survey answers as rows of a file: what a row must hold, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from surveys.engine.scales import SCALES
from surveys.engine.values import MISSING, MappingError, parse_time, read_flag, storable

COLUMNS = (
    "number",
    "resolved_at",
    "rating",
    "scale",
    "lost_time_minutes",
    "is_solved",
    "comment",
    "reasons",
    "answered_at",
    "language",
    "is_simulated",
)
LONGEST_LOST_TIME = 31 * 24 * 60
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """One answer given in the past. Without `resolved_at` it is about the last resolution before it."""

    number: str
    answered_at: datetime
    resolved_at: datetime | None = None
    scale: str = "satisfaction"
    rating: int | None = None
    lost_time_minutes: int | None = None
    is_solved: bool | None = None
    comment: str = ""
    reasons: frozenset[str] = frozenset()
    language: str = ""
    is_simulated: bool = False
    line: int | None = field(default=None, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        numbers = (self.rating, self.lost_time_minutes, self.is_solved)
        return numbers == (None, None, None) and not self.comment and not self.reasons


def answer_record(row: Mapping[str, str], *, line: int | None = None) -> AnswerRecord:
    """Return the answer in a row with columns from `COLUMNS`. Raises MappingError for what cannot be
    believed.
    """
    given = {name: storable(value) for name, value in row.items()}
    given = {name: value for name, value in given.items() if value not in MISSING}
    if "number" not in given or "answered_at" not in given:
        raise MappingError("It names no ticket or no time. Fill in `number` and `answered_at`.")
    record = AnswerRecord(
        number=given["number"],
        answered_at=parse_time(given["answered_at"], field="answered_at"),
        resolved_at=parse_time(given["resolved_at"], field="resolved_at") if "resolved_at" in given else None,
        scale=_scale(given),
        rating=_rating(given),
        lost_time_minutes=_whole(given, "lost_time_minutes", 0, LONGEST_LOST_TIME),
        is_solved=read_flag("is_solved", given.get("is_solved")),
        comment=given.get("comment", ""),
        reasons=_reasons(given.get("reasons", "")),
        language=given.get("language", "")[:16],
        is_simulated=bool(read_flag("is_simulated", given.get("is_simulated"))),
        line=line,
    )
    if record.is_empty:
        raise MappingError("It holds no answer. Fill in a rating, a lost time, a reason or a comment.")
    return record


def _scale(given: Mapping[str, str]) -> str:
    scale = given.get("scale", "satisfaction").lower()
    if scale not in SCALES:
        raise MappingError(f"There is no scale {scale!r}. Write one of {', '.join(SCALES)}.")
    return scale


def _rating(given: Mapping[str, str]) -> int | None:
    scale = SCALES[_scale(given)]
    return _whole(given, "rating", scale.low, scale.high)


def _whole(given: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    raise MappingError(f"`{name}` is {text!r}. Write a whole number from {low} to {high}.")


def _reasons(text: str) -> frozenset[str]:
    reasons = frozenset(part.strip() for part in text.split(";") if part.strip())
    too_long = sorted(reason for reason in reasons if len(reason) > LONGEST_KEY)
    if too_long:
        raise MappingError(
            f"The reason {too_long[0]!r} is no key of a reason: separate reasons by semicolons."
        )
    return reasons
