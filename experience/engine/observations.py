"""Observations as monitors send them, checked: response times and outages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeGuard

# Apdex: satisfied up to T, tolerating up to four times T.
APDEX_SECONDS = 1.0
MOST_OBSERVATIONS = 10_000
MOST_COUNT = 1_000_000_000
EARLIEST_YEAR, LATEST_YEAR = 1980, 2200
LONGEST_OUTAGE = timedelta(days=366)
_RESPONSE_TIME = {"kind", "service", "at", "milliseconds", "count"}
_OUTAGE = {"kind", "service", "key", "started_at", "ended_at", "planned", "feature"}


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """`count` requests that a service answered in so many milliseconds."""

    service: str
    at: datetime
    milliseconds: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class OutageReport:
    """A time during which a service, or one feature of it, was down; without an end it still is."""

    service: str
    key: str
    started_at: datetime
    ended_at: datetime | None
    is_planned: bool = False
    feature: str = ""


Observation: TypeAlias = ResponseTime | OutageReport


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
        if row.get("kind") == "response_time":
            return _response_time(row)
        if row.get("kind") == "outage":
            return _outage(row)
        raise ValueError('its "kind" is neither "response_time" nor "outage"')
    except ValueError as error:
        raise ObservationError(f"observations[{index}]: {error}.") from error


def _response_time(row: Mapping[str, Any]) -> ResponseTime:
    _refuse_unknown(row, _RESPONSE_TIME)
    milliseconds, count = row.get("milliseconds"), row.get("count", 1)
    if not _is_number(milliseconds) or milliseconds < 0:
        raise ValueError('"milliseconds" must be a number from 0 on')
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_COUNT:
        raise ValueError(f'"count" must be a whole number from 1 to {MOST_COUNT}')
    return ResponseTime(_text(row, "service"), _moment(row, "at"), float(milliseconds), count)


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
