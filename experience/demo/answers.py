"""What the simulated respondents did with their invitations, and the ones left for a person to answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from experience.demo.comments import Phrasebook, language_of
from experience.demo.respondents import Ordeal, SimulatedAnswer, draws_for, leaning_of, simulate_answer
from surveys.models import Invitation, Message, Resolution
from surveys.services.outbox import invitation_messages

LEFT_OPEN = 50
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Given:
    """One simulated answer, with the resolution it is about."""

    ticket_number: str
    resolved_at: datetime
    answered_at: datetime
    language: str
    comment: str
    answer: SimulatedAnswer


def newest_invitations(now: datetime) -> list[Invitation]:
    """Return the newest invitations that are due: nobody has answered them, and they go out by mail."""
    due = Invitation.objects.answerable(now).filter(due_at__lte=now, response__isnull=True)
    return list(due.select_related("person").order_by("-due_at", "-pk")[:LEFT_OPEN])


def mail_newest(now: datetime) -> int:
    """Put the mails of the newest invitations into the outbox and return how many there are."""
    messages = invitation_messages(newest_invitations(now))
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def simulated_answers(now: datetime) -> Iterator[Given]:
    """Yield what the simulated people answered up to `now`; the newest invitations stay unanswered.

    An answer counts only while its invitation was open: before it closed and before the ticket was reopened.
    """
    phrasebook = Phrasebook()
    left_open = [invitation.resolution_id for invitation in newest_invitations(now)]
    asked = Resolution.objects.filter(invitation__due_at__lte=now).exclude(pk__in=left_open)
    for resolution in asked.select_related("ticket", "invitation", "person").order_by("resolved_at", "pk"):
        given = _given(resolution, phrasebook)
        if given and given.answered_at <= _last_chance(resolution, now):
            yield given


def ordeal_of(resolution: Resolution) -> Ordeal:
    """Return what the person went through with this resolution, up to the survey."""
    came_back = (
        resolution.came_back_at is not None and resolution.came_back_at <= resolution.invitation.due_at
    )
    return Ordeal(
        contacted_again=resolution.is_repeat_contact or came_back,
        days_to_resolve=resolution.user_clock_minutes / DAY_MINUTES,
        hand_offs=resolution.reassignment_count,
        reopen_count=resolution.reopen_count,
    )


def _given(resolution: Resolution, phrasebook: Phrasebook) -> Given | None:
    person = resolution.person.external_id if resolution.person else ""
    draws = draws_for(resolution.ticket.number, resolution.reopen_count)
    answer = simulate_answer(ordeal_of(resolution), leaning=_leaning(person), draws=draws)
    if answer is None:
        return None
    language = _language(person)
    comment = (
        phrasebook.comment(answer.about, rating=answer.rating, language=language, draws=draws)
        if answer.about
        else ""
    )
    return Given(
        ticket_number=resolution.ticket.number,
        resolved_at=resolution.resolved_at,
        answered_at=resolution.invitation.due_at + answer.after,
        language=language,
        comment=comment,
        answer=answer,
    )


def _last_chance(resolution: Resolution, now: datetime) -> datetime:
    ends = (now, resolution.invitation.closes_at, resolution.reopened_at)
    return min(end for end in ends if end is not None)


_leaning = cache(leaning_of)
_language = cache(language_of)
