"""Registering what sources report about tickets: the one path for a single event and for a whole history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from surveys.engine.response_class import language_group, persona_group
from surveys.engine.tickets import (
    KnownResolution,
    Requester,
    TicketRecord,
    contradiction,
    follow,
    in_order,
    reopen,
)
from surveys.models import BusinessService, Invitation, Person, Resolution, Response, Ticket
from surveys.selectors.service_names import ServiceNames
from surveys.services.bulk import column_values, has_changed, insert_rows, update_rows
from surveys.services.changes import mark_changed
from surveys.services.people import find_or_create_people
from surveys.services.repeat_contacts import NOTED_COLUMNS, note_repeat_contacts
from surveys.services.withdraw import withdraw_invitations

# Written in one transaction; 40 tickets take about the 20 ms that a writer may hold SQLite.
CHUNK = 40
MINUTE = timedelta(minutes=1)
UNTOLD = (None, "")
# What a report says plainly; a newer report replaces it, an older one only fills what is empty.
PLAIN_FACTS = (
    "kind",
    "short_description",
    "category",
    "subcategory",
    "priority",
    "contact_type",
    "assignment_group",
    "supplier",
    "site",
    "configuration_item",
    "problem",
    "parent_number",
    "opened_at",
    "first_response_at",
    "waiting_minutes",
)
TICKET_COLUMNS = [
    column.name for column in Ticket._meta.concrete_fields if column.name not in ("id", "source", "number")
]
RESOLUTION_COLUMNS = [
    column.name for column in Resolution._meta.concrete_fields if column.name not in ("id", "ticket")
]


@dataclass(frozen=True)
class Rejection:
    """A report that was not taken, and why, in words that say what to do. `line` is its place in a file."""

    number: str
    reason: str
    line: int | None = None


@dataclass(frozen=True)
class Registration:
    """What came of a set of reports: tickets created, changed and left as they were; resolutions created,
    reopened.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    resolutions: int = 0
    reopened: int = 0
    rejected: tuple[Rejection, ...] = ()

    def __add__(self, other: Registration) -> Registration:
        return Registration(
            self.created + other.created,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.resolutions + other.resolutions,
            self.reopened + other.reopened,
            self.rejected + other.rejected,
        )


@dataclass
class Case:
    """One ticket on its way through a chunk.

    `rows` are its resolutions: those stored, with their values as they were in `rows_before`, then the new
    ones.
    """

    ticket: Ticket
    before: dict[str, Any] = field(default_factory=dict)
    resolutions: tuple[KnownResolution, ...] = ()
    stored: dict[int, Resolution] = field(default_factory=dict)
    rows: list[Resolution] = field(default_factory=list)
    rows_before: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the ticket is reported for the first time."""
        return not self.before

    @property
    def is_ticket_changed(self) -> bool:
        """Whether a ticket known before differs now."""
        return bool(self.before) and has_changed(self.ticket, self.before)

    @property
    def changed_rows(self) -> list[Resolution]:
        """The stored resolutions that differ now."""
        return [row for row in self.rows if row.pk and has_changed(row, self.rows_before[row.pk])]

    @property
    def is_touched(self) -> bool:
        """Whether there is anything to write."""
        is_row_touched = any(row.pk is None for row in self.rows) or bool(self.changed_rows)
        return self.is_new or self.is_ticket_changed or is_row_touched

    def times(self) -> Iterator[datetime]:
        """Yield when the ticket was opened and resolved, as it is and as it was."""
        for values in ({"opened_at": self.ticket.opened_at}, self.before):
            yield from (values[name] for name in ("opened_at",) if name in values)
        yield from (row.resolved_at for row in self.rows)
        yield from (values["resolved_at"] for values in self.rows_before.values())

    def person_ids(self) -> set[int]:
        """Return the people the ticket belongs or belonged to."""
        owners = (self.ticket.requester_id, self.before.get("requester_id"))
        return {owner for owner in owners if owner is not None}

    def days(self) -> Iterator[tuple[int, date]]:
        """Yield the service-days of its resolutions, as they are and as they were."""
        yield from ((row.service_id, row.resolved_on) for row in self.rows)
        yield from ((values["service_id"], values["resolved_on"]) for values in self.rows_before.values())


def register_tickets(
    records: Iterable[TicketRecord],
    *,
    source: str,
    now: datetime,
    chunk_written: Callable[[int, int], None] | None = None,
) -> Registration:
    """Bring tickets and resolutions up to what `source` reports; doing it again changes nothing.

    Reports may come in any order and any grouping: an older one never overwrites a newer one. People unknown
    so far are created. Reopened tickets lose their unanswered invitations, repeat contacts are noted on both
    sides, and the days touched are marked changed. Works in chunks, each in one transaction; a report that
    cannot be taken is returned as rejected and the rest goes in.
    """
    names = ServiceNames.of(source)
    by_number: dict[str, list[TicketRecord]] = {}
    for record in records:
        by_number.setdefault(record.number, []).append(record)
    total = Registration()
    # A person's tickets stand together, so that most repeat contacts are found before anything is written.
    numbers = sorted(by_number, key=lambda number: (_person_key(by_number[number]), number))
    for start in range(0, len(numbers), CHUNK):
        reports = {number: in_order(by_number[number]) for number in numbers[start : start + CHUNK]}
        with transaction.atomic():
            total += _register_chunk(reports, names, now)
        if chunk_written:
            chunk_written(min(start + CHUNK, len(numbers)), len(numbers))
    return total


def check_records(records: Iterable[TicketRecord], *, source: str) -> tuple[Rejection, ...]:
    """Return what `register_tickets` would reject among reports of new tickets, without writing anything."""
    names = ServiceNames.of(source)
    complaints = ((record, _complaint(record, None, names)) for record in records)
    return tuple(Rejection(record.number, reason, record.line) for record, reason in complaints if reason)


def _person_key(reports: Sequence[TicketRecord]) -> str:
    requester = reports[-1].requester
    return requester.external_id or requester.email if requester else ""


def _complaint(record: TicketRecord, known: Ticket | None, names: ServiceNames) -> str | None:
    """Return why a report cannot be taken, or None. A report on a known ticket may leave out service and
    opening.
    """
    if (record.service or known is None) and names.find(record.service) is None:
        return names.unknown(record.service)
    if record.opened_at is None and known is None:
        return "It does not say when the ticket was opened. Map the field `opened_at`."
    return contradiction(record)


def _register_chunk(
    reports: dict[str, list[TicketRecord]], names: ServiceNames, now: datetime
) -> Registration:
    cases = _known_cases(reports, names.source)
    people = find_or_create_people(
        record.requester
        for record in in_order(record for records in reports.values() for record in records)
        if record.requester
    )
    rejected = []
    for number, records in reports.items():
        for record in records:
            case = cases.get(number)
            complaint = _complaint(record, case.ticket if case else None, names)
            if complaint:
                rejected.append(Rejection(number, complaint, record.line))
                continue
            case = cases.setdefault(number, case or Case(Ticket(source=names.source, number=number)))
            _take_report(case, record, names.find(record.service), people, now)
    for case in cases.values():
        _settle(case, people)
    touched = [case for case in cases.values() if case.is_touched]
    return Registration(unchanged=len(cases) - len(touched), rejected=tuple(rejected)) + _write(touched, now)


def _known_cases(numbers: Iterable[str], source: str) -> dict[str, Case]:
    tickets = Ticket.objects.select_for_update().filter(source=source, number__in=list(numbers))
    cases = {ticket.pk: Case(ticket, before=column_values(ticket)) for ticket in tickets.order_by("pk")}
    rows = Resolution.objects.select_for_update().filter(ticket__in=cases) if cases else ()
    for row in sorted(rows, key=lambda row: row.resolved_at):
        case = cases[row.ticket_id]
        case.stored[row.pk] = row
        case.rows_before[row.pk] = column_values(row)
        case.resolutions += (
            KnownResolution(
                resolved_at=row.resolved_at,
                reopen_count=row.reopen_count,
                reported_at=row.reported_at,
                reopened_at=row.reopened_at,
                row=row.pk,
            ),
        )
    return {case.ticket.number: case for case in cases.values()}


def _take_report(
    case: Case,
    record: TicketRecord,
    service: BusinessService | None,
    people: dict[Requester, Person],
    now: datetime,
) -> None:
    ticket = case.ticket
    is_newest = ticket.source_updated_at is None or record.reported_at >= ticket.source_updated_at
    for name in PLAIN_FACTS:
        value = getattr(record, name)
        if value not in UNTOLD and (is_newest or getattr(ticket, name) in UNTOLD):
            setattr(ticket, name, value)
    if service is not None and (is_newest or ticket.service_id is None):
        ticket.service = service
    if record.requester is not None and (is_newest or ticket.requester_id is None):
        ticket.requester = people[record.requester]
    case.resolutions = follow(case.resolutions, record, now=now)
    if is_newest:
        _take_state(ticket, record)


def _take_state(ticket: Ticket, record: TicketRecord) -> None:
    """Take what only the newest report can say: where the ticket stands, and its counts."""
    ticket.source_updated_at = record.updated_at or ticket.source_updated_at
    if record.reopen_count is not None:
        ticket.reopen_count = record.reopen_count
    if record.reassignment_count is not None:
        ticket.reassignment_count = record.reassignment_count
    if record.state in ("closed", "cancelled"):
        ticket.state = Ticket.State.CLOSED
        ticket.closed_at = record.closed_at or ticket.closed_at or record.updated_at
        if record.made_sla is not None:
            ticket.made_sla = record.made_sla
    else:
        ticket.state = Ticket.State(record.state)
        ticket.closed_at, ticket.made_sla = None, None


def _settle(case: Case, people: dict[Requester, Person]) -> None:
    """Bring the rows of the resolutions up to what is known of them now that all reports were read."""
    ticket = case.ticket
    if ticket.state == Ticket.State.OPEN and ticket.source_updated_at:
        case.resolutions = reopen(case.resolutions, seen_at=ticket.source_updated_at)
    reopened = sum(known.reopened_at is not None for known in case.resolutions)
    ticket.reopen_count = max(ticket.reopen_count, reopened)
    for known in case.resolutions:
        row = case.stored[known.row] if known.row else Resolution(ticket=ticket)
        requester = known.report.requester if known.report else None
        _take_resolution(row, known, ticket, people[requester] if requester else None)
        case.rows.append(row)


def _take_resolution(row: Resolution, known: KnownResolution, ticket: Ticket, person: Person | None) -> None:
    is_moved = row.service_id != ticket.service_id or row.resolved_at != known.resolved_at
    row.reopened_at, row.reopen_count = known.reopened_at, known.reopen_count
    row.service, row.resolved_at = ticket.service, known.resolved_at
    if is_moved:
        row.resolved_on = known.resolved_at.astimezone(ZoneInfo(ticket.service.time_zone)).date()
    if known.report is not None:
        _take_resolution_facts(row, known.report, ticket, person or (None if row.pk else ticket.requester))


def _take_resolution_facts(
    row: Resolution, report: TicketRecord, ticket: Ticket, person: Person | None
) -> None:
    """Write the facts as they stood; what the report leaves out stays, or for a new resolution is the
    ticket's.
    """
    fallback: Any = row if row.pk else ticket
    row.reported_at = report.updated_at
    row.resolved_by = report.resolved_by or row.resolved_by
    row.resolution_code = report.resolution_code or row.resolution_code
    row.priority = _told(report.priority, fallback.priority)
    row.assignment_group = report.assignment_group or fallback.assignment_group
    row.site = report.site or fallback.site
    row.waiting_minutes = _told(report.waiting_minutes, row.waiting_minutes)
    row.reassignment_count = _told(report.reassignment_count, fallback.reassignment_count) or 0
    row.user_clock_minutes = max(0, (row.resolved_at - ticket.opened_at) // MINUTE)
    row.minutes_to_resolve = _told(report.business_minutes, row.user_clock_minutes) or 0
    if row.pk is None or (person is not None and row.person_id != person.pk):
        _take_person(row, person)


def _take_person(row: Resolution, person: Person | None) -> None:
    """Write whose resolution it is, and the groups of the response class that come with the person."""
    row.person = person
    row.persona = person.persona if person else ""
    language = language_group(person.language if person else "", settings.LANGUAGE_CODE)
    row.response_class = f"000{language}{persona_group(row.persona)}0"


def _told(reported: int | None, otherwise: int | None) -> int | None:
    return otherwise if reported is None else reported


def _write(cases: Sequence[Case], now: datetime) -> Registration:
    """Write tickets, then resolutions with their repeat contacts, then what follows from them."""
    if not cases:
        return Registration()
    _insert_tickets([case.ticket for case in cases if case.is_new])
    update_rows(Ticket, (case.ticket for case in cases if case.is_ticket_changed), TICKET_COLUMNS)
    rows = [row for case in cases for row in case.rows]
    for row in rows:
        row.ticket = row.ticket  # takes over the key the ticket has got by now
    others = note_repeat_contacts(
        [case.ticket for case in cases],
        rows,
        moments=[moment for case in cases for moment in case.times()],
        person_ids={person for case in cases for person in case.person_ids()},
    )
    update_rows(Resolution, (row for case in cases for row in case.changed_rows), RESOLUTION_COLUMNS)
    update_rows(Resolution, others, NOTED_COLUMNS)
    reopened = [row for case in cases for row in _newly_reopened(case)]
    created = insert_rows(Resolution, (row for row in rows if row.pk is None))
    _move_services(cases)
    undone = [row.pk for row in reopened if row.pk]
    if undone:
        withdraw_invitations(undone, now=now)
    days = {day for case in cases for day in case.days()}
    mark_changed(days | {(row.service_id, row.resolved_on) for row in others})
    new = sum(case.is_new for case in cases)
    return Registration(created=new, changed=len(cases) - new, resolutions=created, reopened=len(reopened))


def _insert_tickets(tickets: Sequence[Ticket]) -> None:
    """Insert tickets of one source and give each its key."""
    insert_rows(Ticket, tickets)
    numbers = [ticket.number for ticket in tickets]
    source = tickets[0].source if tickets else ""
    stored = Ticket.objects.filter(source=source, number__in=numbers).values_list("number", "pk")
    keys = dict(stored)
    for ticket in tickets:
        ticket.pk = keys[ticket.number]


def _newly_reopened(case: Case) -> list[Resolution]:
    return [
        row
        for row in case.rows
        if row.reopened_at is not None and (row.pk is None or case.rows_before[row.pk]["reopened_at"] is None)
    ]


def _move_services(cases: Sequence[Case]) -> None:
    """Let invitations and responses follow a ticket that was moved to another service."""
    for case in cases:
        if case.before and case.before["service_id"] != case.ticket.service_id:
            rows = list(case.stored)
            Invitation.objects.filter(resolution__in=rows).update(service=case.ticket.service)
            Response.objects.filter(resolution__in=rows).update(service=case.ticket.service)
