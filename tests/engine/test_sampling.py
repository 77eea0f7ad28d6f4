from datetime import UTC, datetime, timedelta, timezone

import pytest

from surveys.engine.sampling import draw

RESOLVED = datetime(2026, 6, 1, 12, tzinfo=UTC)


def drawn(number: str = "INC1", *, source: str = "snow", at: datetime = RESOLVED, rule: int = 1) -> float:
    return draw(source=source, ticket_number=number, resolved_at=at, rule_number=rule)


def test_the_same_resolution_draws_the_same_number_in_any_time_zone() -> None:
    there = RESOLVED.astimezone(timezone(timedelta(hours=5)))

    assert drawn(at=there) == drawn()


@pytest.mark.parametrize(
    "other",
    [{"source": "jira"}, {"at": RESOLVED + timedelta(seconds=1)}, {"rule": 2}, {"number": "INC2"}],
    ids=lambda change: next(iter(change)),
)
def test_any_other_resolution_or_rule_draws_anew(other: dict) -> None:
    assert drawn(**other) != drawn()


def test_draws_are_uniform() -> None:
    draws = [drawn(f"INC{n:07d}") for n in range(20_000)]

    counts = [sum(low <= value < low + 0.1 for value in draws) for low in (tenth / 10 for tenth in range(10))]
    chi_square = sum((count - 2000) ** 2 / 2000 for count in counts)
    assert chi_square < 27.9  # the 0.1 % point with 9 degrees of freedom
    assert min(draws) >= 0
    assert max(draws) < 1
