"""What a Prometheus server answers to a range query, read as outages or as response times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from experience.engine.observations import APDEX_SECONDS, OutageReport, ResponseTime

MILLISECONDS = 1000.0


class AnswerError(ValueError):
    """An answer that is no range of values; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer: its values by moment, and its upper end where it is a bucket of a histogram."""

    values: Mapping[datetime, float]
    upper_end: float | None = None


def read_series(body: Any) -> list[Series]:
    """Return the lines of the decoded answer to `query_range`. Raises AnswerError."""
    try:
        if body["status"] != "success":
            raise AnswerError(str(body["error"]))
        if body["data"]["resultType"] != "matrix":
            raise AnswerError(f"It answered with {body['data']['resultType']!r} instead of a range.")
        return [_series(line) for line in body["data"]["result"]]
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise AnswerError("It is no answer of Prometheus.") from error


def _series(line: Mapping[str, Any]) -> Series:
    read = ((datetime.fromtimestamp(float(at), UTC), float(value)) for at, value in line["values"])
    values = {at: value for at, value in read if isfinite(value)}
    bucket = line["metric"].get("le")
    return Series(values, None if bucket is None else float(bucket))


def outages(lines: Iterable[Series], *, service: str, key: str, since: datetime | None) -> list[OutageReport]:
    """Return the times during which any line was not above 0, the last without an end while it lasts.

    `since` is when an outage of an earlier answer began that had not ended; `key` names the query. A moment
    without a value says nothing.
    """
    reports, started_at = [], since
    for at, is_up in _up_by_moment(lines):
        if is_up and started_at is not None:
            reports.append(_report(service, key, started_at, at))
            started_at = None
        elif not is_up and started_at is None:
            started_at = at
    if started_at is not None:
        reports.append(_report(service, key, started_at, None))
    return reports


def _up_by_moment(lines: Iterable[Series]) -> list[tuple[datetime, bool]]:
    up: dict[datetime, bool] = {}
    for line in lines:
        for at, value in line.values.items():
            up[at] = up.get(at, True) and value > 0
    return sorted(up.items())


def _report(service: str, key: str, started_at: datetime, ended_at: datetime | None) -> OutageReport:
    return OutageReport(service, f"{key}@{started_at:%Y%m%dT%H%M%S}", started_at, ended_at)


def response_times(lines: Sequence[Series], *, service: str) -> list[ResponseTime]:
    """Return response times: of a histogram the requests that each moment counts, else a probe per value.

    The buckets of a histogram are cumulative counts, as `increase(..._bucket[1m])` by `le` gives them; other
    values are seconds.
    """
    buckets = [line for line in lines if line.upper_end is not None]
    if buckets:
        return [seen for moment in _counts_by_moment(buckets) for seen in _graded(service, *moment)]
    return [
        ResponseTime(service, at, seconds * MILLISECONDS)
        for line in lines
        for at, seconds in line.values.items()
        if seconds >= 0
    ]


def _counts_by_moment(buckets: Iterable[Series]) -> list[tuple[datetime, dict[float, float]]]:
    counts: dict[datetime, dict[float, float]] = {}
    for line in buckets:
        for at, count in line.values.items():
            of_moment, end = counts.setdefault(at, {}), line.upper_end or 0.0
            of_moment[end] = of_moment.get(end, 0.0) + count
    return sorted(counts.items())


def _graded(service: str, at: datetime, counts: Mapping[float, float]) -> Iterator[ResponseTime]:
    """Yield the requests within 1 s, within 4 s and beyond; a bucket that reaches over a limit is beyond."""
    before = 0
    for limit in (APDEX_SECONDS, 4 * APDEX_SECONDS, float("inf")):
        within = [count for end, count in counts.items() if end <= limit]
        reached = round(max(within, default=0.0))
        if reached > before:
            seconds = limit if isfinite(limit) else 8 * APDEX_SECONDS
            yield ResponseTime(service, at, seconds * MILLISECONDS, reached - before)
            before = reached
