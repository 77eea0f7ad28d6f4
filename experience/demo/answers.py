"""What the simulated respondents did with their invitations, and the ones left for a person to answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from random import Random

from experience.demo.comments import Phrasebook, language_of
from experience.demo.respondents import (
    Ordeal,
    SimulatedAnswer,
    draws_for,
    leaning_of,
    says_solved,
    simulate_answer,
)
from experience.demo.story import SOURCE
from surveys.engine.answer_rows import AnswerRecord
from surveys.models import Invitation, Message, Resolution
from surveys.services.outbox import invitation_messages
from surveys.services.register_answers import register_answers

LEFT_OPEN = 50
DAY_MINUTES = 24 * 60
READ = (
    "resolved_at",
    "user_clock_minutes",
    "reassignment_count",
    "reopen_count",
    "reopened_at",
    "is_repeat_contact",
    "came_back_at",
    "ticket__number",
    "person__external_id",
    "invitation__due_at",
    "invitation__closes_at",
)


def newest_invitations(now: datetime, *, source: str = SOURCE) -> list[Invitation]:
    """Return the newest invitations that are due: nobody has answered them, and they go out by mail."""
    due = Invitation.objects.answerable(now).filter(
        resolution__ticket__source=source, due_at__lte=now, response__isnull=True
    )
    return list(due.select_related("person").order_by("-due_at", "-pk")[:LEFT_OPEN])


def mail_newest(now: datetime) -> int:
    """Put the mails of the newest invitations into the outbox and return how many there are."""
    messages = invitation_messages(newest_invitations(now))
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def send_answers(now: datetime, *, source: str = SOURCE) -> int:
    """Register what the simulated people answered up to `now` and return how many did."""
    given = list(simulated_answers(now, source=source))
    register_answers(given, source=source, now=now)
    return len(given)


def simulated_answers(now: datetime, *, source: str = SOURCE) -> Iterator[AnswerRecord]:
    """Yield what the simulated people of `source` answered up to `now`; the newest invitations stay
    unanswered.

    An answer counts only while its invitation was open: before it closed and before the ticket was reopened.
    """
    phrasebook = Phrasebook()
    left_open = [invitation.resolution_id for invitation in newest_invitations(now, source=source)]
    asked = Resolution.objects.filter(
        ticket__source=source, invitation__due_at__lte=now, withdrawn_at__isnull=True
    )
    asked = asked.exclude(pk__in=left_open).select_related("ticket", "invitation", "person")
    for resolution in asked.only(*READ).order_by("resolved_at", "pk"):
        given = _answer(resolution, phrasebook)
        if given and given.answered_at <= _last_chance(resolution, now):
            yield given


def ordeal_of(resolution: Resolution) -> Ordeal:
    """Return what the person went through with this resolution, up to the survey."""
    came_back_at = resolution.came_back_at
    came_back = came_back_at is not None and came_back_at <= resolution.invitation.due_at
    return Ordeal(
        contacted_again=resolution.is_repeat_contact or came_back,
        days_to_resolve=resolution.user_clock_minutes / DAY_MINUTES,
        hand_offs=resolution.reassignment_count,
        reopen_count=resolution.reopen_count,
    )


def _answer(resolution: Resolution, phrasebook: Phrasebook) -> AnswerRecord | None:
    person = resolution.person.external_id if resolution.person else ""
    draws = draws_for(resolution.ticket.number, resolution.reopen_count)
    ordeal = ordeal_of(resolution)
    answer = simulate_answer(ordeal, leaning=_leaning(person), draws=draws)
    if answer is None:
        return None
    return AnswerRecord(
        number=resolution.ticket.number,
        resolved_at=resolution.resolved_at,
        answered_at=resolution.invitation.due_at + answer.after,
        rating=answer.rating,
        lost_time_minutes=answer.lost_time_minutes,
        is_solved=says_solved(ordeal, answer.rating, draws_for("solved", resolution.ticket.number)),
        reasons=frozenset(answer.reasons),
        comment=_comment(answer, _language(person), phrasebook, draws),
        language=_language(person),
        is_simulated=True,
    )


def _comment(answer: SimulatedAnswer, language: str, phrasebook: Phrasebook, draws: Random) -> str:
    if not answer.about:
        return ""
    return phrasebook.comment(answer.about, rating=answer.rating, language=language, draws=draws)


def _last_chance(resolution: Resolution, now: datetime) -> datetime:
    ends = (now, resolution.invitation.closes_at, resolution.reopened_at)
    return min(end for end in ends if end is not None)


_leaning = cache(leaning_of)
_language = cache(language_of)
