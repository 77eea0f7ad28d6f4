"""Tickets as sources report them, and what a report says about a ticket's resolutions.

A report is a snapshot of one ticket. Reports arrive once or twice, in any order, one by one or by the
thousand; what is known of the resolutions is folded from them with `follow`. Bias and limits:

* A reopening nobody reported is inferred from the next resolution and dated there, unless the source says
  when.
* Reports without `resolved_at` count as one resolution until the ticket is seen open again.
* An open report older than two later ones may come too late to date the reopening it saw; that there was one
  is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

State = Literal["open", "resolved", "closed", "cancelled"]
Resolutions = tuple["KnownResolution", ...]

UNKNOWN_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The person a ticket is for, as the source names them. Empty text: not reported."""

    external_id: str = ""
    email: str = ""
    name: str = ""
    language: str = ""
    time_zone: str = ""
    persona: str = ""
    department: str = ""
    site: str = ""
    is_manager: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecord:
    """One report about one ticket. Empty text and None mean that the report does not say.

    `service` is the source's own name for the service. `updated_at` is when the source last changed the
    ticket; None counts as newer than anything. `business_minutes` is the source's working time to resolve;
    without it calendar time counts. `made_sla` is only believed when the ticket is closed. `line` is where
    the report stands in a file.
    """

    number: str
    state: State
    kind: str = ""
    service: str = ""
    requester: Requester | None = None
    short_description: str = ""
    category: str = ""
    subcategory: str = ""
    priority: int | None = None
    contact_type: str = ""
    assignment_group: str = ""
    supplier: str = ""
    site: str = ""
    configuration_item: str = ""
    problem: str = ""
    parent_number: str = ""
    opened_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution_code: str = ""
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    made_sla: bool | None = None
    reopen_count: int | None = None
    reassignment_count: int | None = None
    waiting_minutes: int | None = None
    business_minutes: int | None = None
    line: int | None = field(default=None, compare=False)

    @property
    def reported_at(self) -> datetime:
        """When the source made this report; the far future when it does not say."""
        return self.updated_at or UNKNOWN_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownResolution:
    """A resolution as known so far. `report` holds facts still to be written; None: those of `row` stand."""

    resolved_at: datetime
    reopen_count: int = 0
    reported_at: datetime | None = None
    reopened_at: datetime | None = None
    row: int | None = None
    report: TicketRecord | None = None


def in_order(reports: Iterable[TicketRecord]) -> list[TicketRecord]:
    """Return the reports from oldest to newest; those of the same moment keep their order."""
    return sorted(reports, key=lambda report: report.reported_at)


def contradiction(record: TicketRecord, *, is_new: bool = False) -> str | None:
    """Return what makes a report impossible to believe, in words that say what to correct, or None.

    The first report of a ticket, `is_new`, has to say when it was opened.
    """
    if not record.number:
        return "The ticket has no number. Map the field `number`."
    if is_new and record.opened_at is None:
        return "It does not say when the ticket was opened. Map the field `opened_at`."
    if record.opened_at and record.resolved_at and record.resolved_at < record.opened_at:
        return (
            f"It was resolved at {record.resolved_at:%Y-%m-%d %H:%M}, before it was opened at "
            f"{record.opened_at:%Y-%m-%d %H:%M}. Correct one of the two times."
        )
    return None


def follow(known: Resolutions, record: TicketRecord, *, now: datetime) -> Resolutions:
    """Return the ticket's resolutions, in order of time, after one more report.

    An open report reopens every resolution before it. A resolved or closed one adds a resolution or confirms
    a known one: the same `resolved_at`, or the same `reopen_count` with no reopening between (some sources
    move `resolved_at` when a resolved ticket is edited; the first time stands). The facts are those of the
    earliest report.
    """
    if record.state == "cancelled":
        return known
    if record.state == "open":
        return reopen(known, seen_at=record.updated_at or now, reopened_at=record.reopened_at)
    resolved_at = record.resolved_at or _implied_time(known, record, now)
    same = _same_resolution(known, record, resolved_at)
    if same is None:
        known = (*known, _first_known(record, resolved_at))
    elif resolved_at < same.resolved_at or record.reported_at <= (same.reported_at or UNKNOWN_TIME):
        first = min(resolved_at, same.resolved_at)
        earlier = replace(same, resolved_at=first, reported_at=record.updated_at, report=record)
        known = tuple(earlier if one is same else one for one in known)
    return _in_sequence(known, record.reopened_at)


def _first_known(record: TicketRecord, resolved_at: datetime) -> KnownResolution:
    return KnownResolution(
        resolved_at=resolved_at,
        reopen_count=record.reopen_count or 0,
        reported_at=record.updated_at,
        report=record,
    )


def reopen(known: Resolutions, *, seen_at: datetime, reopened_at: datetime | None = None) -> Resolutions:
    """Return the resolutions when the ticket was seen open at `seen_at`.

    `reopened_at` is the source's own time of the last reopening, used where it fits.
    """
    return tuple(
        replace(one, reopened_at=_earliest(one, seen_at, reopened_at)) if one.resolved_at < seen_at else one
        for one in known
    )


def _earliest(one: KnownResolution, seen_at: datetime, reopened_at: datetime | None) -> datetime:
    fits = reopened_at is not None and one.resolved_at <= reopened_at <= seen_at
    candidate = reopened_at if fits and reopened_at is not None else seen_at
    return min(candidate, one.reopened_at or candidate)


def _implied_time(known: Resolutions, record: TicketRecord, now: datetime) -> datetime:
    """Return when a ticket reported as done without a time was resolved: as known, else as reported."""
    told_at = (record.closed_at if record.state == "closed" else None) or record.updated_at or now
    standing = [
        one.resolved_at
        for one in known
        if one.resolved_at <= told_at and (one.reopened_at is None or one.reopened_at > told_at)
    ]
    return max(standing, default=told_at)


def _same_resolution(
    known: Resolutions, record: TicketRecord, resolved_at: datetime
) -> KnownResolution | None:
    for one in known:
        if one.resolved_at == resolved_at:
            return one
    if record.reopen_count is None:
        return None
    for one in known:
        stands = one.reopened_at is None or one.reopened_at > resolved_at
        if one.reopen_count == record.reopen_count and stands:
            return one
    return None


def _in_sequence(resolutions: Resolutions, reopened_at: datetime | None) -> Resolutions:
    """Order by time; what was resolved again had been reopened, and counts at least one reopening more."""
    ordered = sorted(resolutions, key=lambda one: one.resolved_at)
    for index, one in enumerate(ordered):
        reopened = one.reopened_at
        if index + 1 < len(ordered):
            reopened = _earliest(one, ordered[index + 1].resolved_at, reopened_at)
        count = max(one.reopen_count, index)
        if reopened != one.reopened_at or count != one.reopen_count:
            ordered[index] = replace(one, reopened_at=reopened, reopen_count=count)
    return tuple(ordered)
