"""One ticket on its way from reports to rows: what is stored of it, what is reported, what differs then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from surveys.engine.response_class import class_of_person, language_group, persona_group
from surveys.engine.tickets import KnownResolution, Requester, TicketRecord, follow, reopen
from surveys.models import BusinessService, Person, Resolution, Ticket
from surveys.services.bulk import column_values, has_changed

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
People = Mapping[Requester, Person]


@dataclass
class Case:
    """One ticket with its resolutions.

    `rows` are the resolutions once it is settled: those stored, with their values as they were in
    `rows_before`, then the new ones.
    """

    ticket: Ticket
    before: dict[str, Any] = field(default_factory=dict)
    resolutions: tuple[KnownResolution, ...] = ()
    stored: dict[int, Resolution] = field(default_factory=dict)
    rows: list[Resolution] = field(default_factory=list)
    rows_before: dict[int, dict[str, Any]] = field(default_factory=dict)

    def take_report(
        self, record: TicketRecord, service: BusinessService | None, people: People, now: datetime
    ) -> None:
        """Take what a report says; what only the newest can say is left alone by an older one."""
        ticket = self.ticket
        is_newest = ticket.source_updated_at is None or record.reported_at >= ticket.source_updated_at
        for name in PLAIN_FACTS:
            value = getattr(record, name)
            if value not in UNTOLD and (is_newest or getattr(ticket, name) in UNTOLD):
                setattr(ticket, name, value)
        if service is not None and (is_newest or ticket.service_id is None):
            ticket.service = service
        if record.requester is not None and (is_newest or ticket.requester_id is None):
            ticket.requester = people[record.requester]
        self.resolutions = follow(self.resolutions, record, now=now)
        if is_newest:
            _take_state(ticket, record)

    def settle(self, people: People) -> None:
        """Bring the rows of the resolutions up to what is known of them now that all reports were read."""
        ticket = self.ticket
        if ticket.state == Ticket.State.OPEN and ticket.source_updated_at:
            self.resolutions = reopen(self.resolutions, seen_at=ticket.source_updated_at)
        reopened = sum(known.reopened_at is not None for known in self.resolutions)
        ticket.reopen_count = max(ticket.reopen_count, reopened)
        for known in self.resolutions:
            row = self.stored[known.row] if known.row else Resolution(ticket=ticket)
            requester = known.report.requester if known.report else None
            _take_resolution(row, known, ticket, people[requester] if requester else None)
            self.rows.append(row)

    @property
    def is_new(self) -> bool:
        """Whether the ticket is reported for the first time."""
        return not self.before

    @property
    def is_ticket_changed(self) -> bool:
        """Whether a ticket known before differs now."""
        return bool(self.before) and has_changed(self.ticket, self.before)

    @property
    def is_moved(self) -> bool:
        """Whether a ticket known before belongs to another service now."""
        return bool(self.before) and self.before["service_id"] != self.ticket.service_id

    @property
    def changed_rows(self) -> list[Resolution]:
        """The stored resolutions that differ now."""
        return [row for row in self.rows if row.pk and has_changed(row, self.rows_before[row.pk])]

    @property
    def new_rows(self) -> list[Resolution]:
        """The resolutions that are not stored yet."""
        return [row for row in self.rows if row.pk is None]

    @property
    def newly_reopened(self) -> list[Resolution]:
        """The resolutions that are known to be reopened since these reports."""
        known = {key for key, values in self.rows_before.items() if values["reopened_at"] is not None}
        return [row for row in self.rows if row.reopened_at is not None and row.pk not in known]

    @property
    def is_touched(self) -> bool:
        """Whether there is anything to write."""
        return self.is_new or self.is_ticket_changed or bool(self.new_rows or self.changed_rows)

    def times(self) -> Iterator[datetime]:
        """Yield when the ticket was opened and resolved, as it is and as it was."""
        yield self.ticket.opened_at
        if self.before:
            yield self.before["opened_at"]
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


def known_cases(numbers: Iterable[str], source: str) -> dict[str, Case]:
    """Return what is stored of the tickets of these numbers, by number; their rows are locked."""
    tickets = Ticket.objects.select_for_update().filter(source=source, number__in=list(numbers))
    cases = {ticket.pk: Case(ticket, before=column_values(ticket)) for ticket in tickets.order_by("pk")}
    rows = Resolution.objects.select_for_update().filter(ticket__in=cases) if cases else ()
    for row in sorted(rows, key=lambda row: row.resolved_at):
        case = cases[row.ticket_id]
        case.stored[row.pk] = row
        case.rows_before[row.pk] = column_values(row)
        case.resolutions += (_known(row),)
    return {case.ticket.number: case for case in cases.values()}


def _known(row: Resolution) -> KnownResolution:
    return KnownResolution(
        resolved_at=row.resolved_at,
        reopen_count=row.reopen_count,
        reported_at=row.reported_at,
        reopened_at=row.reopened_at,
        row=row.pk,
    )


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
    row.response_class = class_of_person(language=language, persona=persona_group(row.persona))


def _told(reported: int | None, otherwise: int | None) -> int | None:
    return otherwise if reported is None else reported
