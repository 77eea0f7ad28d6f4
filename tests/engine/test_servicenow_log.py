from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.servicenow import CLOSES_AFTER, Update, is_waiting, telling_reports
from surveys.engine.tickets import State, TicketRecord

DAY = datetime(2016, 3, 1, 8, tzinfo=UTC)
FINAL = DAY + timedelta(hours=99)  # what the log's own column says on every row


def update(hour: float, word: str, *, sequence: int = 0) -> Update:
    states: dict[str, State] = {"Resolved": "resolved", "Closed": "closed"}
    moment = DAY + timedelta(hours=hour)
    return Update(int(hour), sequence, moment, states.get(word, "open"), is_waiting(word), (word,))


def read(row: Update) -> TicketRecord:
    return TicketRecord(
        number="INC1",
        state=row.state,
        opened_at=DAY,
        resolved_at=FINAL,
        closed_at=DAY + timedelta(hours=200),
        updated_at=row.updated_at,
        line=row.line,
    )


def reports_of(*updates: Update) -> list[tuple[int | None, float | None]]:
    """Return for each telling report its line and, in hours, when it says the ticket was resolved."""
    return [
        (report.line, (report.resolved_at - DAY) / timedelta(hours=1) if report.resolved_at else None)
        for report in telling_reports(updates, read)
    ]


@pytest.mark.parametrize(
    ("claim", "updates", "expected"),
    [
        (
            "the first row of a run of Resolved rows is the resolution, and the closing keeps it",
            [update(0, "New"), update(2, "Resolved"), update(4, "Resolved"), update(9, "Closed")],
            [(2, 2), (9, 2)],
        ),
        (
            "taken up again and resolved again is two",
            [update(2, "Resolved"), update(3, "Active"), update(6, "Resolved"), update(9, "Closed")],
            [(2, 2), (3, None), (6, 6), (9, 6)],
        ),
        (
            "closed without Resolved: 120 hours before the closing",
            [update(0, "New"), update(200, "Closed")],
            [(200, 200 - CLOSES_AFTER / timedelta(hours=1))],
        ),
        (
            "but not while it was seen open",
            [update(0, "New"), update(150, "Active"), update(200, "Closed")],
            [(200, 150)],
        ),
        ("an open ticket tells its last row", [update(0, "New"), update(5, "Active")], [(5, None)]),
        (
            "the update count orders what a wrong clock does not",
            [
                update(3, "New", sequence=1),
                update(2, "Resolved", sequence=2),
                update(9, "Closed", sequence=3),
            ],
            [(2, 2), (9, 2)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_audit_log_tells_resolutions_by_its_rows(
    claim: str, updates: list[Update], expected: list[tuple[int, float | None]]
) -> None:
    assert reports_of(*updates) == expected, claim


def test_waiting_time_is_the_time_in_waiting_states() -> None:
    updates = [
        update(0, "New"),
        update(1, "Awaiting User Info"),
        update(4, "Active"),
        update(5, "Awaiting Vendor"),
        update(6, "Resolved"),
        update(9, "Closed"),
    ]

    assert [report.waiting_minutes for report in telling_reports(updates, read)] == [240, 240]


def test_a_row_that_was_refused_leaves_the_others() -> None:
    updates = [update(2, "Resolved"), update(9, "Closed")]

    reports = telling_reports(updates, lambda row: None if row.state == "resolved" else read(row))

    assert [report.state for report in reports] == ["closed"]
