"""A signal is silent after twice the longest pause it used to make, and no weekend makes it so."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from experience.engine.cells import Cell, cells_from
from experience.engine.silence import silences, silent_since

FRIDAY = date(2026, 5, 15)
DAILY = [FRIDAY - timedelta(days=step) for step in range(10)]
WORKDAYS = [day for day in DAILY if day.weekday() < 5]
WEEKLY = [FRIDAY - timedelta(weeks=step) for step in range(3)]


@pytest.mark.parametrize(
    ("days", "later", "is_silent"),
    [
        (DAILY, 4, False),
        (DAILY, 5, True),
        (WORKDAYS, 6, False),
        (WORKDAYS, 7, True),
        (WEEKLY, 14, False),
        (WEEKLY, 15, True),
        ([FRIDAY], 80, False),
        ([], 80, False),
    ],
    ids=[
        "daily, over a weekend",
        "daily, longer",
        "on workdays, six days",
        "on workdays, longer",
        "weekly, two weeks",
        "weekly, longer",
        "one day shows no pause",
        "nothing was ever sent",
    ],
)
def test_it_is_silent_after_twice_its_longest_pause(days: list[date], later: int, is_silent: bool) -> None:
    found = silent_since(days, FRIDAY + timedelta(days=later))

    assert found == (FRIDAY if is_silent else None)


def test_signals_of_many_services_are_told_apart_and_answers_are_no_signal() -> None:
    rows = [
        (Cell(service, measure, "", 1000, 0, 1, 1, 1), day.toordinal())
        for service, measure in (
            (0, "response_time"),
            (1, "response_time"),
            (1, "crash_free"),
            (1, "satisfaction"),
        )
        for day in DAILY
    ]
    fresh = (Cell(1, "crash_free", "", 1000, 0, 1, 1, 1), (FRIDAY + timedelta(days=9)).toordinal())
    cells, days = zip(*rows, fresh, strict=True)
    until = [FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=10)]

    found = silences(cells_from(cells), np.array(days), until)

    assert found == [{}, {"response_time": FRIDAY}]
