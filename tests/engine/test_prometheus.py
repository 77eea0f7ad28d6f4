from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experience.engine.observations import OutageReport, ResponseTime
from experience.engine.prometheus import AnswerError, outages, read_series, response_times

START = datetime(2026, 5, 4, 8, tzinfo=UTC)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def line(*values: float | str, **labels: str) -> dict[str, Any]:
    return {
        "metric": labels,
        "values": [[minute(number).timestamp(), str(value)] for number, value in enumerate(values)],
    }


def answer(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(lines)}}


def read_outages(*lines: dict[str, Any], since: datetime | None = None) -> list[OutageReport]:
    return outages(read_series(answer(*lines)), service="mail", key="7", since=since)


def test_a_service_is_down_from_the_first_0_to_the_next_value_above() -> None:
    assert read_outages(line(1, 0, 0, 1, 1)) == [
        OutageReport("mail", "7@20260504T080100", minute(1), minute(3))
    ]


def test_an_outage_that_lasts_has_no_end_and_goes_on_in_the_next_answer() -> None:
    (lasting,) = read_outages(line(1, 0))
    (ended,) = read_outages(line(0, 1), since=lasting.started_at)

    assert lasting.ended_at is None
    assert (ended.key, ended.ended_at) == (lasting.key, minute(1))


def test_any_line_that_is_down_takes_the_service_down() -> None:
    assert len(read_outages(line(1, 1, 1), line(1, 0, 1))) == 1


def test_a_minute_without_a_value_neither_begins_nor_ends_an_outage() -> None:
    assert read_outages(line("NaN", 1)) == []
    assert read_outages(line(0, "NaN", 0, 1)) == [
        OutageReport("mail", "7@20260504T080000", minute(0), minute(3))
    ]


def test_values_are_probes_in_seconds() -> None:
    assert response_times(read_series(answer(line(0.2, "NaN", 5))), service="mail") == [
        ResponseTime("mail", minute(0), 200.0),
        ResponseTime("mail", minute(2), 5000.0),
    ]


def test_a_histogram_is_counted_by_its_buckets() -> None:
    buckets = [line(70, le="0.5"), line(80.4, le="1"), line(95, le="4"), line(100, le="+Inf")]

    found = response_times(read_series(answer(*buckets)), service="mail")

    assert [(seen.milliseconds, seen.count) for seen in found] == [(1000.0, 80), (4000.0, 15), (8000.0, 5)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "error", "error": "parse error: unexpected end"}, "unexpected end"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "'vector' instead"),
        ({"status": "success", "data": None}, "no answer of Prometheus"),
        ([], "no answer of Prometheus"),
        (answer({"metric": {}, "values": [[1e300, "1"]]}), "no answer of Prometheus"),
    ],
)
def test_what_is_no_range_of_values_is_said(body: Any, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        read_series(body)
