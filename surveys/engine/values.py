"""Single values as systems, files and people write them: texts, times, numbers, yes and no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

EARLIEST_YEAR, LATEST_YEAR = 1980, 2200
MISSING = ("", "?")  # the second is how the public ServiceNow log writes it


class MappingError(ValueError):
    """A row or event that cannot be read, or a mapping that cannot work; the text says what to correct."""


def storable(text: str) -> str:
    """Return a text without what no database stores: zero characters and halves of surrogate pairs."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\x00", "").strip()


def one_value(name: str, value: Any) -> Any:
    """Return a value, a text made storable. Raises MappingError for an object or a list."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict | list):
        raise MappingError(
            f"`{name}` holds {type(value).__name__} instead of one value. Map a field inside it."
        )
    return value


def read_flag(name: str, value: Any) -> bool | None:
    """Return what a word for yes or no means, None for no value. Raises MappingError."""
    if value is None:
        return None
    word = str(value).lower()
    if word in ("true", "1", "yes", "ja"):
        return True
    if word in ("false", "0", "no", "nein"):
        return False
    raise MappingError(f"`{name}` is {value!r}. Write true or false.")


def read_count(name: str, value: Any) -> int:
    """Return a whole number that every database stores. Raises MappingError."""
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        raise MappingError(f"`{name}` is {value!r}. Write a whole number.") from None
    if not 0 <= number < 2**31:
        raise MappingError(f"`{name}` is {value!r}. Write a number from 0 to {2**31 - 1}.")
    return number


def read_duration(name: str, value: Any) -> int | None:
    """Return whole minutes from seconds, or from ServiceNow's duration (a time counted from 1970-01-01).

    None for no value. Raises MappingError.
    """
    if value is None:
        return None
    if isinstance(value, str) and value.startswith("19"):
        try:
            return (datetime.fromisoformat(value) - datetime(1970, 1, 1)) // timedelta(minutes=1)  # noqa: DTZ001
        except (TypeError, ValueError):
            raise MappingError(f"`{name}` is {value!r}. Write seconds.") from None
    return read_count(name, value) // 60


def parse_time(value: Any, *, field: str, zone: tzinfo = UTC) -> datetime:
    """Return an aware moment; one that says no zone is meant in `zone`. Raises MappingError.

    Understood: ISO 8601, `2024-02-02 19:52:37`, day first with slashes or dots (`29/2/2016 01:16`), Unix
    seconds or milliseconds.
    """
    try:
        moment = _parse_text(value, zone) if isinstance(value, str) else _from_epoch(value)
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise MappingError(
            f"`{field}` is {value!r}, which is no time. Write it as 2024-02-29 13:05:00 (UTC) or day first "
            "as 29/02/2024 13:05. A month first cannot be told apart."
        ) from None
    return moment


# Rows of one ticket repeat its times.
@lru_cache(maxsize=10_000)
def _parse_text(text: str, zone: tzinfo) -> datetime:
    if "/" in text[:3] or "." in text[:3]:
        return _day_first(text, zone)
    if text.isdigit() and len(text) >= 10:
        return _from_epoch(int(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _day_first(text: str, zone: tzinfo) -> datetime:
    date, _, clock = text.partition(" ")
    day, month, year = date.replace(".", "/").split("/")
    if len(year) != 4:
        raise ValueError(text)
    hour, minute, second = map(int, f"{clock or '0:0'}:0".split(":")[:3])
    return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=zone)


def _from_epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, tz=UTC)
