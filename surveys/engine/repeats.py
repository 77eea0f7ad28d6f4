"""Repeat contacts: the same person, service and category, a new ticket within 7 days of the resolution."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

REPEAT_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Contact:
    """One ticket as a contact: about which subject (person, service, category), when opened and when
    resolved.
    """

    ticket: int
    subject: Hashable
    opened_at: datetime
    resolved_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeats:
    """Which tickets repeat another, and by (ticket, resolved_at) when the person came back first."""

    tickets: frozenset[int]
    came_back_at: Mapping[tuple[int, datetime], datetime]


def find_repeats(contacts: Iterable[Contact]) -> Repeats:
    """Return the repeat contacts among these.

    A ticket repeats another one when it was opened from the moment of that one's resolution up to and
    including 7 days later. A ticket never repeats itself, so a reopening is not a repeat contact.
    """
    subjects: dict[Hashable, list[Contact]] = {}
    for contact in contacts:
        subjects.setdefault(contact.subject, []).append(contact)
    tickets: set[int] = set()
    came_back_at: dict[tuple[int, datetime], datetime] = {}
    for together in subjects.values():
        if len(together) > 1:
            _compare(together, tickets, came_back_at)
    return Repeats(frozenset(tickets), came_back_at)


def _compare(
    together: list[Contact], tickets: set[int], came_back_at: dict[tuple[int, datetime], datetime]
) -> None:
    openings = sorted((contact.opened_at, contact.ticket) for contact in together)
    times = [opened_at for opened_at, _ in openings]
    for contact in together:
        for resolved_at in contact.resolved_at:
            first = bisect_left(times, resolved_at)
            last = bisect_right(times, resolved_at + REPEAT_WINDOW)
            later = [opening for opening in openings[first:last] if opening[1] != contact.ticket]
            if later:
                came_back_at[contact.ticket, resolved_at] = later[0][0]
                tickets.update(ticket for _, ticket in later)
