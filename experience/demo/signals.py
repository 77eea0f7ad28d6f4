"""Real monitoring data as signals of the demo's services: outages and response times, moved to end now."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from experience.demo.moving import LONGEST_REST_DAYS, move_to
from experience.demo.story import LATENCY_OF, SAMPLES
from experience.engine.observations import Observation, OutageReport, ResponseTime
from experience.services.receive_signals import receive_signals

MONITOR = "demo-monitor"
DATA = Path(__file__).parent / "data"
LAST_CHECK_DAY = date(2023, 11, 6)
LAST_LATENCY_DAY = date(2014, 3, 21)

Row = dict[str, str]


def send_signals(now: datetime) -> int:
    """Send all monitoring data up to `now` as one batch, once, and return how many observations it holds."""
    observations: list[Observation] = [*outages_until(now), *response_times_until(now)]
    receive_signals(observations, batch_id="demo", source=MONITOR, now=now)
    return len(observations)


def outages_until(now: datetime) -> Iterator[OutageReport]:
    """Yield the outages of every monitored service: from the first failed check to the next that passed."""
    for service, checks in _checks_until(now):
        started_at: datetime | None = None
        for checked_at, check in checks:
            if check["status"] == "down":
                started_at = started_at or checked_at
            elif started_at is not None:
                yield _outage(service, started_at, checked_at)
                started_at = None
        if started_at is not None:
            yield _outage(service, started_at, None)


def response_times_until(now: datetime) -> Iterator[ResponseTime]:
    """Yield the response times of the checks that passed, and the latencies of one web service."""
    for service, checks in _checks_until(now):
        for checked_at, check in checks:
            if check["status"] == "up":
                yield ResponseTime(service, checked_at, float(check["response_ms"]))
    shift = _beyond(now, LAST_LATENCY_DAY)
    for row in _rows("latency.csv.gz"):
        measured_at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) + shift
        if measured_at <= now:
            yield ResponseTime(LATENCY_OF, measured_at, float(row["value"]))


def _outage(service: str, started_at: datetime, ended_at: datetime | None) -> OutageReport:
    return OutageReport(service, f"{service}/{started_at.isoformat()}", started_at, ended_at)


def _checks_until(now: datetime) -> Iterator[tuple[str, list[tuple[datetime, Row]]]]:
    service_of = {sample.monitor: sample.key for sample in SAMPLES if sample.monitor}
    shift = _beyond(now, LAST_CHECK_DAY)
    rows = sorted(_rows("uptime.csv.gz"), key=itemgetter("service", "at"))
    for monitor, checks in groupby(rows, key=itemgetter("service")):
        moved = [(datetime.fromisoformat(check["at"]) + shift, check) for check in checks]
        if monitor in service_of:
            yield service_of[monitor], [(at, check) for at, check in moved if at <= now]


def _beyond(now: datetime, last_day: date) -> timedelta:
    """Return the whole weeks to add to every date: monitoring goes on to the day of `now`, and past it."""
    return move_to(now.date() + timedelta(days=LONGEST_REST_DAYS), last_day=last_day)


def _rows(name: str) -> list[Row]:
    text = gzip.decompress((DATA / name).read_bytes()).decode()
    return list(csv.DictReader(StringIO(text, newline="")))
