from datetime import UTC, datetime, timedelta

from surveys.engine.retries import next_attempt

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_each_wait_is_longer_than_the_one_before() -> None:
    attempts = [next_attempt(attempts=attempts, now=NOW) for attempts in range(1, 5)]

    waits = [moment - NOW for moment in attempts if moment is not None]
    assert waits == sorted(set(waits))
    assert waits[0] == timedelta(minutes=1)


def test_after_five_attempts_nothing_is_tried_any_more() -> None:
    assert next_attempt(attempts=4, now=NOW) is not None
    assert next_attempt(attempts=5, now=NOW) is None
