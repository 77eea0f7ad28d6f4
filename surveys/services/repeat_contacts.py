"""Noting repeat contacts on both sides: the ticket that repeats, and the resolution the person came back
after.

Shared and monitoring accounts are nobody: several people stand behind them, so nothing is known to repeat.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from surveys.engine.repeats import REPEAT_WINDOW, Contact, Repeats, find_repeats
from surveys.engine.response_class import Fact, response_class
from surveys.models import Person, Resolution, Ticket
from surveys.selectors.resolution_targets import ResolutionTargets
from surveys.services.bulk import column_values, has_changed, update_rows
from surveys.services.changes import mark_changed

NOTED_COLUMNS = ("is_repeat_contact", "came_back_at", "response_class")


def classify(resolution: Resolution, targets: ResolutionTargets) -> None:
    """Set the response class from the resolution's facts; the groups of language and persona stay as they
    were.
    """
    resolution.response_class = response_class(
        is_repeat_contact=resolution.is_repeat_contact,
        reopen_count=resolution.reopen_count,
        minutes_to_resolve=resolution.minutes_to_resolve,
        target=targets.minutes(resolution.service_id, resolution.priority),
        language=int(resolution.response_class[Fact.LANGUAGE]),
        persona=int(resolution.response_class[Fact.PERSONA]),
        reassignment_count=resolution.reassignment_count,
    )


def note_repeat_contacts(
    tickets: Sequence[Ticket],
    resolutions: Sequence[Resolution],
    *,
    moments: Collection[datetime],
    person_ids: Collection[int],
) -> list[Resolution]:
    """Set repeat contacts and classes on the resolutions of these saved tickets, which need not be saved
    themselves.

    `moments` are all times at which these tickets were opened or resolved, `person_ids` all people they
    belong or belonged to. Returns the stored resolutions of other tickets that changed, changed but not
    saved.
    """
    span = (min(moments) - REPEAT_WINDOW, max(moments) + REPEAT_WINDOW)
    # A monitoring account may have thousands of tickets a day, of which none matters here.
    shared = _shared(person_ids)
    own, people = {ticket.pk for ticket in tickets}, set(person_ids) - shared
    others = _other_resolutions(own, people, span)
    known = {ticket.pk: ticket for ticket in (*tickets, *_other_tickets(own, people, span))}
    known |= {row.ticket_id: row.ticket for row in others}
    repeats = find_repeats(_contacts(known.values(), [*resolutions, *others], shared))
    targets = ResolutionTargets.stored()
    for row in resolutions:
        _note_return(row, repeats)
        _note_repeat(row, repeats, targets)
    return [row for row in others if _renewed(row, repeats, span, targets)]


def _note_return(row: Resolution, repeats: Repeats) -> None:
    row.came_back_at = repeats.came_back_at.get((row.ticket_id, row.resolved_at))


def _note_repeat(row: Resolution, repeats: Repeats, targets: ResolutionTargets) -> None:
    row.is_repeat_contact = row.ticket_id in repeats.tickets
    classify(row, targets)


def _renewed(
    row: Resolution, repeats: Repeats, span: tuple[datetime, datetime], targets: ResolutionTargets
) -> bool:
    """Note what is known now on a resolution of another ticket; return whether it changed.

    Something is known only where every ticket that matters was read: for the ticket as a repeat a week back,
    for its resolution a week ahead.
    """
    before = column_values(row)
    if row.ticket.opened_at >= span[0] + REPEAT_WINDOW:
        _note_repeat(row, repeats, targets)
    if span[0] <= row.resolved_at <= span[1] - REPEAT_WINDOW:
        _note_return(row, repeats)
    return has_changed(row, before)


@transaction.atomic
def mark_shared_accounts(person_ids: Collection[int]) -> int:
    """Mark people as shared or monitoring accounts and take back their repeat contacts; return how many were
    marked.
    """
    marked = Person.objects.filter(pk__in=person_ids, is_shared_account=False).update(is_shared_account=True)
    rows = list(Resolution.objects.filter(ticket__requester__in=person_ids))
    changed = [row for row in rows if row.is_repeat_contact or row.came_back_at]
    targets = ResolutionTargets.stored()
    for row in changed:
        row.is_repeat_contact, row.came_back_at = False, None
        classify(row, targets)
    update_rows(Resolution, changed, NOTED_COLUMNS)
    mark_changed((row.service_id, row.resolved_on) for row in rows)
    return marked


def _other_tickets(
    own: set[int], person_ids: Collection[int], span: tuple[datetime, datetime]
) -> Iterable[Ticket]:
    found = Ticket.objects.filter(requester__in=person_ids, opened_at__range=span).exclude(pk__in=own)
    return found.only("requester_id", "service_id", "category", "opened_at")


def _other_resolutions(
    own: set[int], person_ids: Collection[int], span: tuple[datetime, datetime]
) -> list[Resolution]:
    in_span = Q(resolved_at__range=span) | Q(ticket__opened_at__range=span)
    found = Resolution.objects.filter(in_span, ticket__requester__in=person_ids).exclude(ticket__in=own)
    return list(found.select_related("ticket").select_for_update(of=("self",)).order_by("pk"))


def _shared(person_ids: Collection[int]) -> set[int]:
    return set(Person.objects.filter(pk__in=person_ids, is_shared_account=True).values_list("pk", flat=True))


def _contacts(
    tickets: Iterable[Ticket], resolutions: Iterable[Resolution], shared: set[int]
) -> list[Contact]:
    resolved: dict[int, list[datetime]] = {}
    for row in resolutions:
        resolved.setdefault(row.ticket_id, []).append(row.resolved_at)
    return [
        Contact(
            ticket.pk,
            (ticket.requester_id, ticket.service_id, ticket.category),
            ticket.opened_at,
            tuple(resolved.get(ticket.pk, ())),
        )
        for ticket in tickets
        if ticket.requester_id is not None and ticket.requester_id not in shared
    ]
