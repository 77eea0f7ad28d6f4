"""The lane: on SQLite one thread of the worker writes at a time, with a pause after each."""

from __future__ import annotations

import contextlib
import threading
import time
from itertools import pairwise

import pytest
from django.db import connection

from xla_service.lane import PAUSE_SECONDS, write_lane


def write_in_threads(count: int) -> list[tuple[float, float]]:
    """Let threads write through the lane; return when each began and ended, in order."""
    times: list[tuple[float, float]] = []

    def write() -> None:
        for _ in range(3):
            with write_lane():
                began = time.monotonic()
                time.sleep(0.001)
                times.append((began, time.monotonic()))

    threads = [threading.Thread(target=write) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)


def can_two_write_at_once() -> bool:
    """Say whether two threads can be in the lane together."""
    both = threading.Barrier(2, timeout=0.3)
    met: list[bool] = []

    def write() -> None:
        with write_lane(), contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
            met.append(True)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(met) == 2


def test_only_sqlite_needs_the_lane() -> None:
    assert can_two_write_at_once() == (connection.vendor != "sqlite")


def test_others_get_a_turn_between_two_transactions() -> None:
    shortest_pause = PAUSE_SECONDS if connection.vendor == "sqlite" else -1

    times = write_in_threads(4)

    assert all(later[0] - earlier[1] >= shortest_pause for earlier, later in pairwise(times))


def test_a_service_in_the_lane_may_call_one_that_takes_it_too() -> None:
    started = time.monotonic()

    with write_lane():
        for _ in range(100):
            with write_lane():
                pass

    assert time.monotonic() - started < 100 * PAUSE_SECONDS


def test_an_error_leaves_the_lane_free() -> None:
    with pytest.raises(ZeroDivisionError), write_lane():
        raise ZeroDivisionError

    assert len(write_in_threads(1)) == 3
