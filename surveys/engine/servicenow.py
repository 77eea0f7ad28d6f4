"""Reading ServiceNow exports: one row per ticket, or an audit log with one row per update.

In an audit log the columns about resolving and closing carry the final values on every row, also on rows
written weeks before, so resolutions are built from the rows in state Resolved and the time of their update.
Of a run of Resolved rows the first one counts: that is when the person was told, and the rest are edits.

A ticket that was closed without ever being seen Resolved is taken as resolved `CLOSES_AFTER` before its
closing, because that is how long such desks wait before they close by themselves. A convention, not a fact of
the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from surveys.engine.tickets import State, TicketRecord

CLOSES_AFTER = timedelta(hours=120)
WAITING_STATES = ("awaiting", "on hold", "pending")
DONE = ("resolved", "closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Update:
    """One row of an audit log: where it stands in the file, which update it is, when it happened, what it
    says.

    `sequence` is ServiceNow's own count of updates, 0 in logs without one.
    """

    line: int
    sequence: int
    updated_at: datetime
    state: State
    is_waiting: bool
    cells: Sequence[str]


def is_waiting(word: str) -> bool:
    """Say whether a state means that the desk waits for somebody else."""
    return word.strip().lower().startswith(WAITING_STATES)


def telling_reports(
    updates: Sequence[Update], read: Callable[[Update], TicketRecord | None]
) -> list[TicketRecord]:
    """Return the reports of one ticket that tell something: each resolution, each reopening and the last
    update.

    `read` turns a row into a report, or returns None for a row it refused. Waiting time is the time spent in
    waiting states up to the update, in whole minutes.
    """
    ordered = sorted(updates, key=lambda update: (update.sequence, update.updated_at))
    reports = []
    resolved_at: datetime | None = None
    waited = timedelta(0)
    for position, update in enumerate(ordered):
        before = ordered[position - 1] if position else None
        if before is not None and before.is_waiting:
            waited += max(update.updated_at - before.updated_at, timedelta(0))
        is_turn = (update.state in DONE) != (before is not None and before.state in DONE)
        if is_turn:
            resolved_at = update.updated_at if update.state == "resolved" else None
        report = read(update) if is_turn or update is ordered[-1] else None
        if report is not None:
            if update.state == "closed" and resolved_at is None:
                resolved_at = _conventional_resolution(report, update, before)
            reports.append(_as_it_stood(report, update, resolved_at, waited))
    return reports


def _as_it_stood(
    report: TicketRecord, update: Update, resolved_at: datetime | None, waited: timedelta
) -> TicketRecord:
    return replace(
        report,
        resolved_at=resolved_at,
        updated_at=update.updated_at,
        waiting_minutes=waited // timedelta(minutes=1),
    )


def _conventional_resolution(report: TicketRecord, update: Update, before: Update | None) -> datetime:
    """Return `CLOSES_AFTER` before the closing, but not before the ticket was last seen open."""
    closed_at = report.closed_at or update.updated_at
    seen_open_at = before.updated_at if before else report.opened_at or closed_at
    return max(closed_at - CLOSES_AFTER, seen_open_at)
