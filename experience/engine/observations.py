"""Observations as monitors and other systems send them, checked: response times, outages, counts, amounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeGuard

from experience.engine.daycells import FIXED_POINT, CellKey, Sums
from experience.engine.histogram import bucket_of

# Apdex: satisfied up to T, tolerating up to four times T.
APDEX_SECONDS = 1.0
MOST_OBSERVATIONS = 10_000
MOST_COUNT = 1_000_000_000
EARLIEST_YEAR, LATEST_YEAR = 1980, 2200
LONGEST_OUTAGE = timedelta(days=366)
# Figures that tickets do not hold, from change, problem and cost systems: good out of total ...
COUNT_MEASURES = ("change_success", "crash_free")
# ... and amounts with the smallest and largest value that can be right.
AMOUNT_MEASURES: Mapping[str, tuple[float, float]] = {
    "cost": (0, 1e12),
    "implement_time": (0, 1e7),
    "identify_time": (0, 1e7),
    "problem_backlog": (0, 1e7),
    "text_polarity": (-1, 1),
}
_DURATIONS = ("implement_time", "identify_time")
# Whose interval rests on how much they vary; the squares of large numbers would not fit a column.
_SQUARED = ("text_polarity",)
_RESPONSE_TIME = {"kind", "service", "at", "milliseconds", "count"}
_COUNT = {"kind", "service", "measure", "at", "good", "total"}
_AMOUNT = {"kind", "service", "measure", "at", "value", "count"}
_OUTAGE = {"kind", "service", "key", "started_at", "ended_at", "planned", "feature"}


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """`count` requests that a service answered in so many milliseconds."""

    service: str
    at: datetime
    milliseconds: float
    count: int = 1

    def cell(self) -> tuple[CellKey, Sums]:
        """Return what it adds to which cell of its day."""
        return CellKey("response_time", bucket=apdex_bucket(self.milliseconds)), Sums(self.count)


@dataclass(frozen=True, slots=True)
class Count:
    """`good` out of `total`: changes that succeeded, users or sessions without a crash."""

    service: str
    measure: str
    at: datetime
    good: int
    total: int

    def cell(self) -> tuple[CellKey, Sums]:
        """Return what it adds to which cell of its day."""
        return CellKey(self.measure), Sums(self.total, self.good)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount: money spent on `count` tickets, minutes that each of `count` cases took, open problems."""

    service: str
    measure: str
    at: datetime
    value: float
    count: int = 1

    def cell(self) -> tuple[CellKey, Sums]:
        """Return what it adds to which cell of its day: minutes to a histogram, the rest to a sum."""
        if self.measure in _DURATIONS:
            return CellKey(self.measure, bucket=bucket_of(self.value)), Sums(self.count)
        fixed = round(self.value * FIXED_POINT.get(self.measure, 1.0))
        if self.measure == "cost":
            return CellKey(self.measure), Sums(self.count, fixed)
        squares = self.count * fixed * fixed if self.measure in _SQUARED else 0
        return CellKey(self.measure), Sums(self.count, self.count * fixed, squares)


@dataclass(frozen=True, slots=True)
class OutageReport:
    """A time during which a service, or one feature of it, was down; without an end it still is."""

    service: str
    key: str
    started_at: datetime
    ended_at: datetime | None
    is_planned: bool = False
    feature: str = ""


Sample: TypeAlias = ResponseTime | Count | Amount
Observation: TypeAlias = Sample | OutageReport
# Samples are folded into these measures and leave no rows behind.
FOLDED_MEASURES = ("response_time", *COUNT_MEASURES, *AMOUNT_MEASURES)


class ObservationError(ValueError):
    """An observation that cannot be taken; the message names its index and says what to send instead."""


def apdex_bucket(milliseconds: float) -> int:
    """Return 0 for satisfied (up to 1 s), 1 for tolerating (up to 4 s), 2 for frustrated."""
    seconds = milliseconds / 1000
    return 0 if seconds <= APDEX_SECONDS else 1 if seconds <= 4 * APDEX_SECONDS else 2


def read_observations(rows: Sequence[Any]) -> list[Observation]:
    """Return the observations of a batch. Raises ObservationError for the first that cannot be taken."""
    if len(rows) > MOST_OBSERVATIONS:
        raise ObservationError(f"A batch holds at most {MOST_OBSERVATIONS:,} observations; send several.")
    return [_read(index, row) for index, row in enumerate(rows)]


def _read(index: int, row: Any) -> Observation:
    try:
        if not isinstance(row, Mapping):
            raise ValueError("it is no object")
        read = _READERS.get(str(row.get("kind")))
        if read is None:
            raise ValueError(f'its "kind" is none of {", ".join(_READERS)}')
        return read(row)
    except ValueError as error:
        raise ObservationError(f"observations[{index}]: {error}.") from error


def _response_time(row: Mapping[str, Any]) -> ResponseTime:
    _refuse_unknown(row, _RESPONSE_TIME)
    milliseconds = row.get("milliseconds")
    if not _is_number(milliseconds) or not 0 <= milliseconds <= MOST_COUNT:
        raise ValueError(f'"milliseconds" must be a number from 0 to {MOST_COUNT}')
    return ResponseTime(
        _text(row, "service"), _moment(row, "at"), float(milliseconds), _whole(row, "count", least=1)
    )


def _count(row: Mapping[str, Any]) -> Count:
    _refuse_unknown(row, _COUNT)
    measure = _one_of(row, "measure", COUNT_MEASURES)
    good, total = _whole(row, "good", least=0), _whole(row, "total", least=1)
    if good > total:
        raise ValueError('"good" cannot be larger than "total"')
    return Count(_text(row, "service"), measure, _moment(row, "at"), good, total)


def _amount(row: Mapping[str, Any]) -> Amount:
    _refuse_unknown(row, _AMOUNT)
    measure = _one_of(row, "measure", tuple(AMOUNT_MEASURES))
    least, most = AMOUNT_MEASURES[measure]
    value, count = row.get("value"), _whole(row, "count", least=1)
    if not _is_number(value) or not least <= value <= most:
        raise ValueError(f'"value" of {measure} must be a number from {least:g} to {most:g}')
    return Amount(_text(row, "service"), measure, _moment(row, "at"), float(value), count)


def _outage(row: Mapping[str, Any]) -> OutageReport:
    _refuse_unknown(row, _OUTAGE)
    started_at = _moment(row, "started_at")
    ended_at = _moment(row, "ended_at") if row.get("ended_at") is not None else None
    if ended_at is not None and ended_at < started_at:
        raise ValueError('"ended_at" lies before "started_at"')
    if ended_at is not None and ended_at - started_at > LONGEST_OUTAGE:
        raise ValueError(f"it lasts longer than {LONGEST_OUTAGE.days} days; send it in parts")
    if not isinstance(row.get("planned", False), bool):
        raise ValueError('"planned" must be true or false')
    return OutageReport(
        service=_text(row, "service"),
        key=_text(row, "key"),
        started_at=started_at,
        ended_at=ended_at,
        is_planned=row.get("planned", False),
        feature=_text(row, "feature", room=100) if row.get("feature") else "",
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Observation]] = {
    "response_time": _response_time,
    "outage": _outage,
    "count": _count,
    "amount": _amount,
}


def _whole(row: Mapping[str, Any], name: str, *, least: int) -> int:
    value = row.get(name, 1 if name == "count" else None)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST_COUNT:
        raise ValueError(f'"{name}" must be a whole number from {least} to {MOST_COUNT}')
    return value


def _one_of(row: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = row.get(name)
    if value not in allowed:
        raise ValueError(f'"{name}" must be one of {", ".join(allowed)}')
    return str(value)


def _refuse_unknown(row: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(row) - known)
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; use {', '.join(sorted(known))}")


def _text(row: Mapping[str, Any], name: str, *, room: int = 160) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > room or not value.isprintable():
        raise ValueError(f'"{name}" must be a text of 1 to {room} characters')
    return value.strip()


def _moment(row: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(row.get(name)))
    except ValueError as error:
        raise ValueError(f'"{name}" must be a time such as 2026-05-31T14:00:00+02:00') from error
    if moment.tzinfo is None:
        raise ValueError(f'"{name}" needs a time zone, such as 2026-05-31T14:00:00+02:00')
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(f'"{name}" must lie between {EARLIEST_YEAR} and {LATEST_YEAR}')
    return moment


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
