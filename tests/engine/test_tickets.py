from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from surveys.engine.tickets import Resolutions, TicketRecord, contradiction, follow

DAY = datetime(2026, 5, 4, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def opened(hour: float, **facts: Any) -> TicketRecord:
    return TicketRecord(number="INC1", state="open", updated_at=at(hour), **facts)


def resolved(hour: float, **facts: Any) -> TicketRecord:
    facts = {"resolved_at": at(hour), "updated_at": at(hour)} | facts
    return TicketRecord(number="INC1", state="resolved", **facts)


def closed(hour: float, resolved_hour: float | None, **facts: Any) -> TicketRecord:
    resolved_at = None if resolved_hour is None else at(resolved_hour)
    return TicketRecord(
        number="INC1",
        state="closed",
        updated_at=at(hour),
        resolved_at=resolved_at,
        closed_at=at(hour),
        **facts,
    )


def fold(*reports: TicketRecord) -> Resolutions:
    known: Resolutions = ()
    for report in reports:
        known = follow(known, report, now=at(1000))
    return known


def hours(known: Resolutions) -> list[tuple[float, float | None]]:
    """Return (resolved, reopened) of each resolution, in hours after the start."""
    moments = [(one.resolved_at, one.reopened_at) for one in known]
    return [
        ((first - DAY) / timedelta(hours=1), (second - DAY) / timedelta(hours=1) if second else None)
        for first, second in moments
    ]


@pytest.mark.parametrize(
    ("claim", "reports", "expected"),
    [
        ("an open ticket has none", [opened(1)], []),
        ("resolved and closed is one", [resolved(2), closed(9, 2)], [(2, None)]),
        ("seen open later, it was reopened", [resolved(2), opened(5)], [(2, 5)]),
        (
            "resolved twice has two",
            [resolved(2), opened(5), resolved(7), closed(9, 7)],
            [(2, 5), (7, None)],
        ),
        (
            "a reopening nobody saw is dated at the next resolution",
            [resolved(2), resolved(7)],
            [(2, 7), (7, None)],
        ),
        (
            "unless the source tells when",
            [resolved(2), resolved(7, reopened_at=at(4))],
            [(2, 4), (7, None)],
        ),
        (
            "a moved resolved_at with the same reopen count is the same resolution",
            [resolved(2, reopen_count=0), resolved(4, reopen_count=0)],
            [(2, None)],
        ),
        (
            "a higher reopen count is another one",
            [resolved(2, reopen_count=0), resolved(4, reopen_count=1)],
            [(2, 4), (4, None)],
        ),
        (
            "the same count after a reopening is another one",
            [resolved(2, reopen_count=0), opened(3), resolved(4, reopen_count=0)],
            [(2, 3), (4, None)],
        ),
        (
            "reports without a time are one resolution",
            [resolved(2, resolved_at=None), resolved(3, resolved_at=None), closed(9, None)],
            [(2, None)],
        ),
        (
            "until it is seen open",
            [resolved(2, resolved_at=None), opened(3), closed(9, None)],
            [(2, 3), (9, None)],
        ),
        ("cancelled is not resolved", [TicketRecord(number="INC1", state="cancelled", updated_at=at(3))], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_resolutions_follow_the_reports(
    claim: str, reports: list[TicketRecord], expected: list[tuple[float, float | None]]
) -> None:
    assert hours(fold(*reports)) == expected, claim


def test_reading_the_same_reports_twice_changes_nothing() -> None:
    reports = [
        resolved(2, reopen_count=0),
        opened(5),
        resolved(7, reopen_count=1),
        closed(9, 7, reopen_count=1),
    ]

    once = fold(*reports)

    assert fold(*reports, *reports) == once


def test_late_older_reports_still_resolve_and_reopen() -> None:
    late = fold(closed(9, 7, reopen_count=1), resolved(2, reopen_count=0), opened(5))

    assert hours(late) == [(2, 5), (7, None)]


def test_a_reopening_reported_before_its_resolution_is_kept_though_not_its_time() -> None:
    assert hours(fold(closed(9, 7, reopen_count=1), opened(5), resolved(2, reopen_count=0))) == [
        (2, 7),
        (7, None),
    ]


def test_the_facts_are_those_of_the_earliest_report() -> None:
    early, late = resolved(2, priority=3), closed(9, 2, priority=1)

    for reports in ([early, late], [late, early]):
        assert [one.report for one in fold(*reports)] == [early]


def test_each_resolution_counts_the_reopenings_before_it() -> None:
    known = fold(resolved(2), opened(3), resolved(4), opened(5), resolved(6))

    assert [one.reopen_count for one in known] == [0, 1, 2]


def test_resolved_before_opened_is_not_believed() -> None:
    record = resolved(2, opened_at=at(3))

    assert "before it was opened" in (contradiction(record) or "")
    assert contradiction(resolved(3, opened_at=at(3))) is None
