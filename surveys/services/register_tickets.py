"""Registering what sources report about tickets: the one path for a single event and for a whole history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from surveys.engine.tickets import TicketRecord, contradiction, in_order
from surveys.models import Invitation, Resolution, Response, Ticket
from surveys.selectors.service_names import ServiceNames
from surveys.services.bulk import insert_rows, update_rows
from surveys.services.changes import mark_changed
from surveys.services.erased_people import ErasedPeople
from surveys.services.people import register_people
from surveys.services.registration import Registration, Rejection
from surveys.services.repeat_contacts import NOTED_COLUMNS, note_repeat_contacts
from surveys.services.ticket_case import Case, known_cases
from surveys.services.withdraw import withdraw_invitations

# Written in one transaction; 40 tickets take about the 20 ms that a writer may hold SQLite.
CHUNK = 40
TICKET_COLUMNS = [
    column.name for column in Ticket._meta.concrete_fields if column.name not in ("id", "source", "number")
]
RESOLUTION_COLUMNS = [
    column.name for column in Resolution._meta.concrete_fields if column.name not in ("id", "ticket")
]


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
    sides, and the days touched are marked changed. Who was erased stays so
    (`erased_people`). Works in chunks, each in one transaction; a report that cannot be taken is returned as
    rejected and the rest goes in.
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
    return contradiction(record, is_new=known is None)


def _register_chunk(
    reports: dict[str, list[TicketRecord]], names: ServiceNames, now: datetime
) -> Registration:
    cases = known_cases(reports, names.source)
    told = [record for of_ticket in reports.values() for record in of_ticket]
    records = _without_erased(told, cases)
    people = register_people(record.requester for record in in_order(records) if record.requester).people
    rejected = []
    for record in records:
        case = cases.get(record.number)
        complaint = _complaint(record, case.ticket if case else None, names)
        if complaint:
            rejected.append(Rejection(record.number, complaint, record.line))
            continue
        case = cases.setdefault(
            record.number, case or Case(Ticket(source=names.source, number=record.number))
        )
        case.take_report(record, names.find(record.service), people, now)
    for case in cases.values():
        case.settle(people)
    touched = [case for case in cases.values() if case.is_touched]
    about_erased = (report for report, taken in zip(told, records, strict=True) if taken is not report)
    seen = Registration(
        unchanged=len(cases) - len(touched), rejected=tuple(rejected), about_erased=tuple(about_erased)
    )
    return seen + _write(touched, now)


def _without_erased(records: Sequence[TicketRecord], cases: Mapping[str, Case]) -> list[TicketRecord]:
    """Return the reports as they may be taken: what is about erased people names them no more."""
    people = {number: _people_of(case) for number, case in cases.items()}
    erased = ErasedPeople.among(
        (record.requester for record in records if record.requester),
        keys={key for keys in people.values() for key in keys},
    )
    return [
        erased.without_them(
            record,
            cases[record.number].ticket if record.number in cases else None,
            people.get(record.number, ()),
        )
        for record in records
    ]


def _people_of(case: Case) -> set[int]:
    told = (case.ticket.requester_id, *(row.person_id for row in case.stored.values()))
    return {key for key in told if key is not None}


def _write(cases: Sequence[Case], now: datetime) -> Registration:
    """Write tickets, then resolutions with their repeat contacts, then what follows from them."""
    if not cases:
        return Registration()
    _insert_tickets([case.ticket for case in cases if case.is_new])
    update_rows(Ticket, (case.ticket for case in cases if case.is_ticket_changed), TICKET_COLUMNS)
    others = _note_repeats(cases)
    update_rows(Resolution, (row for case in cases for row in case.changed_rows), RESOLUTION_COLUMNS)
    update_rows(Resolution, others, NOTED_COLUMNS)
    created = insert_rows(Resolution, (row for case in cases for row in case.new_rows))
    _move_services(cases)
    _read_again([row for case in cases for row in case.changed_rows if _is_on_another_day(case, row)])
    reopened = [row for case in cases for row in case.newly_reopened]
    if undone := [row.pk for row in reopened if row.pk]:
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


def _note_repeats(cases: Sequence[Case]) -> list[Resolution]:
    """Note repeat contacts on the resolutions of these tickets; return those of others that changed by it."""
    rows = [row for case in cases for row in case.rows]
    for row in rows:
        row.ticket = row.ticket  # takes over the key the ticket has got by now
    return note_repeat_contacts(
        [case.ticket for case in cases],
        rows,
        moments=[moment for case in cases for moment in case.times()],
        person_ids={person for case in cases for person in case.person_ids()},
    )


def _is_on_another_day(case: Case, row: Resolution) -> bool:
    return bool(row.resolved_on != case.rows_before[row.pk]["resolved_on"])


def _read_again(moved: Sequence[Resolution]) -> None:
    """Let the sentiment model of the new day read comments on resolutions that moved there."""
    if moved:
        Response.objects.filter(resolution__in=moved).update(is_comment_read=False)


def _move_services(cases: Sequence[Case]) -> None:
    """Let invitations and responses follow a ticket that was moved to another service."""
    for case in cases:
        if case.is_moved:
            rows = list(case.stored)
            Invitation.objects.filter(resolution__in=rows).update(service=case.ticket.service)
            Response.objects.filter(resolution__in=rows).update(service=case.ticket.service)
