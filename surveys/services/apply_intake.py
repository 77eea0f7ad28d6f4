"""Applying inbound events: a sweep over the inbox, and replaying what had failed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import import_string

from surveys.engine.mapping import TicketMapping, ticket_mapping
from surveys.engine.retries import MOST_ATTEMPTS, next_attempt
from surveys.engine.tickets import TicketRecord
from surveys.engine.values import MappingError
from surveys.models import IntakeEvent, IntakeSource, Ticket
from surveys.services.erased_people import body_of_erased, write_events
from surveys.services.register_tickets import register_tickets
from surveys.wakeups import INTAKE_SWEEP, wake

logger = logging.getLogger(__name__)

# Few enough that on SQLite the one write lock is free again within some 20 milliseconds.
BATCH = 10
LEASE = timedelta(minutes=5)
REASON_LENGTH = 500


# Who applies the bodies of which preset, by import path; all others hold tickets. experience names its own
# here, because outages are its business. A reader takes the source, the decoded body and the time of arrival
# and returns how many things were in it; its ValueErrors say what to correct.
BodyReader = Callable[[IntakeSource, Any, datetime], int]
BODY_READERS: dict[str, str] = {}


@dataclass
class _Reading:
    """One claimed event, what it says, and what is wrong with it."""

    event: IntakeEvent
    records: list[TicketRecord] = field(default_factory=list)
    other_count: int = 0
    complaints: list[str] = field(default_factory=list)


def apply_due_events(*, now: datetime) -> int:
    """Apply the events that are due and return how many were applied.

    May run in several processes: an event is claimed by a conditional update, and falls due again when the
    process that claimed it dies. What cannot be applied waits with its reason until somebody replays it.
    """
    applied = 0
    while events := _claim(now):
        applied += _apply(events, now)
    return applied


def replay_events(events: QuerySet[IntakeEvent], *, now: datetime) -> int:
    """Let events be applied once more, whatever became of them; return how many did not wait to be anyway."""
    finished = events.exclude(state=IntakeEvent.State.RECEIVED)
    replayed = finished.update(state=IntakeEvent.State.RECEIVED, due_at=now, attempts=0, reason="")
    if replayed:
        wake(INTAKE_SWEEP)
    return replayed


def _claim(now: datetime) -> list[IntakeEvent]:
    """Take a batch of due events; those tried before come alone, so that they spoil no others."""
    due = IntakeEvent.objects.due(now).select_related("source").order_by("attempts", "due_at", "pk")
    candidates = list(due[:BATCH])
    fresh = [event for event in candidates if event.attempts == 0]
    claimed = []
    with transaction.atomic():
        for event in fresh or candidates[:1]:
            mine = IntakeEvent.objects.due(now).filter(pk=event.pk, attempts=event.attempts)
            if mine.update(attempts=F("attempts") + 1, due_at=now + LEASE):
                event.attempts += 1
                claimed.append(event)
    return claimed


def _apply(events: Sequence[IntakeEvent], now: datetime) -> int:
    """Apply claimed events source by source and return how many were applied."""
    applied = 0
    for source in {event.source for event in events}:
        of_source = [event for event in events if event.source == source]
        try:
            applied += _apply_from(source, of_source, now)
        except DatabaseError as error:
            # The words of a database may repeat what stands in the event; the inbox shows them beside it.
            keys = ", ".join(str(event.pk) for event in of_source)
            logger.warning("Events %s of %s are tried again: %s.", keys, source.key, type(error).__name__)
            for event in of_source:
                _put_off(event, error, now)
    return applied


def _apply_from(source: IntakeSource, events: Sequence[IntakeEvent], now: datetime) -> int:
    readings = [_Reading(event) for event in events]
    if source.preset in BODY_READERS:
        read: BodyReader = import_string(BODY_READERS[source.preset])
        return sum(_apply_other(reading, read) for reading in readings)
    try:
        mapping = ticket_mapping(source.preset, source.mapping)
    except MappingError as error:
        for reading in readings:
            reading.complaints.append(f"The mapping of {source.name} does not work. {error}")
        return _finish(readings, source)
    for reading in readings:
        _read(reading, mapping)
    by_event = {reading.event.pk: reading for reading in readings}
    records = [record for reading in readings for record in reading.records]
    with transaction.atomic():
        # A record's line is its event, by which a rejection finds its way back.
        done = register_tickets(records, source=source.key, now=now)
        for rejection in done.rejected:
            by_event[rejection.line or 0].complaints.append(f"{rejection.number}: {rejection.reason}")
        applied = _finish(readings, source)
        _forget_erased(by_event, done.about_erased, mapping)
        return applied


def _forget_erased(
    by_event: dict[int, _Reading], records: Sequence[TicketRecord], mapping: TicketMapping
) -> None:
    """Take erased people out of the events that came late and were about them."""
    left: dict[int, str] = {}
    for record in records:
        key = record.line or 0
        body = left.get(key, by_event[key].event.body)
        left[key] = body_of_erased(body, record, mapping)
    write_events(left)


def _apply_other(reading: _Reading, read: BodyReader) -> int:
    """Apply an event that holds no tickets, in one transaction with what became of it."""
    event = reading.event
    with transaction.atomic():
        try:
            with transaction.atomic():
                reading.other_count = read(event.source, _body(reading), event.received_at)
        except ValueError as error:
            reading.complaints.append(str(error))
        return _finish([reading], event.source)


def _body(reading: _Reading) -> Any:
    """Return the decoded body of an event; raises ValueError for one that cannot be read."""
    if reading.event.attempts > MOST_ATTEMPTS:
        raise ValueError("Applying it was interrupted too often. Look into the log, then replay it.")
    try:
        return json.loads(reading.event.body)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"The body is not JSON ({error}). Correct the sender, then send it again."
        ) from error


def _read(reading: _Reading, mapping: TicketMapping) -> None:
    event = reading.event
    try:
        body = _body(reading)
    except ValueError as error:
        reading.complaints.append(str(error))
        return
    try:
        tickets = mapping.tickets_in(body)
    except ValueError as error:
        reading.complaints.append(f"`items` finds no tickets: {error}. Correct the mapping.")
        return
    for ticket in tickets:
        try:
            record = mapping.record(ticket, line=event.pk)
        except ValueError as error:
            reading.complaints.append(str(error))
            continue
        reading.records.append(replace(record, updated_at=record.updated_at or event.received_at))


def _finish(readings: Iterable[_Reading], source: IntakeSource) -> int:
    """Write what became of each event and return how many were applied."""
    numbers = {record.number for reading in readings for record in reading.records}
    tickets = dict(Ticket.objects.filter(source=source.key, number__in=numbers).values_list("number", "pk"))
    applied = 0
    for reading in readings:
        state, reason = _outcome(reading)
        applied += state == IntakeEvent.State.APPLIED
        known = (tickets[record.number] for record in reading.records if record.number in tickets)
        IntakeEvent.objects.filter(pk=reading.event.pk).update(
            state=state, reason=reason[:REASON_LENGTH], ticket=next(known, None)
        )
    return applied


def _outcome(reading: _Reading) -> tuple[str, str]:
    if reading.complaints:
        return IntakeEvent.State.FAILED, " · ".join(reading.complaints)
    if reading.event.source.preset in BODY_READERS and not reading.other_count:
        return IntakeEvent.State.IGNORED, "It says nothing about up or down."
    if not reading.records and not reading.other_count:
        return IntakeEvent.State.IGNORED, "There is no ticket in it."
    return IntakeEvent.State.APPLIED, ""


def _put_off(event: IntakeEvent, error: DatabaseError, now: datetime) -> None:
    """Try an event again later, or give up after the last attempt; the inbox shows why."""
    due_at = next_attempt(attempts=event.attempts, now=now)
    reason = f"The database refused it: {error}"[:REASON_LENGTH]
    mine = IntakeEvent.objects.filter(pk=event.pk, attempts=event.attempts)
    if due_at is None:
        mine.update(state=IntakeEvent.State.FAILED, reason=reason)
    else:
        mine.update(due_at=due_at, reason=reason)
