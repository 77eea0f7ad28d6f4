"""Forgetting what nobody needs any more, by kind of data, each after the days that its setting says.

What results are computed from and receipts hold (tickets, resolutions, decisions, ratings, cells) stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from surveys.engine.weeks import iso_week
from surveys.models import (
    Bounce,
    BusinessService,
    CommentReading,
    CommentSentiment,
    HookDelivery,
    IntakeEvent,
    IntakeSource,
    Invitation,
    Job,
    Message,
    Resolution,
    Response,
    SentAnswer,
    Ticket,
    Visit,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Rows per transaction: SQLite's one write lock is given back in between.
CHUNK = 500
VISITS_KEPT_DAYS = 30


@dataclass(frozen=True)
class Kind:
    """One kind of data. `old` returns what came before a moment and may go, `forget` lets these keys go, so
    many `at_once`: fewer where rows are large.
    """

    name: StrPromise
    old: Callable[[datetime], QuerySet[Any]]
    forget: Callable[[list[int]], object]
    days: Callable[[], int]
    at_once: int | None = None

    def overdue(self, now: datetime) -> QuerySet[Any]:
        """Return the rows that are older than they may be; none where they are kept for ever."""
        kept = self.days()
        return self.old(now - timedelta(days=kept)) if kept else self.old(now).none()


def forget_old(kinds: Iterable[Kind], *, now: datetime) -> dict[str, int]:
    """Let everything go that is older than it may be; return how many rows of each kind that was."""
    return {str(kind.name): _forget(kind, now) for kind in kinds}


def _forget(kind: Kind, now: datetime) -> int:
    forgotten, overdue = 0, kind.overdue(now).order_by()
    while keys := list(overdue.values_list("pk", flat=True)[: kind.at_once or CHUNK]):
        with transaction.atomic():
            kind.forget(keys)
        forgotten += len(keys)
    return forgotten


def deleting(model: type[Model]) -> Callable[[list[int]], object]:
    """Return what deletes rows of a model by their keys."""
    return lambda keys: model._default_manager.filter(pk__in=keys).delete()


def setting(name: str) -> Callable[[], int]:
    """Return what reads the days of a setting."""
    return lambda: int(getattr(settings, name))


def _events(before: datetime) -> QuerySet[IntakeEvent]:
    # By source, for events are indexed by source and arrival.
    came = IntakeEvent.objects.filter(source__in=IntakeSource.objects.all(), received_at__lt=before)
    return came.exclude(state=IntakeEvent.State.RECEIVED)


def _mails(before: datetime) -> QuerySet[Message]:
    return Message.objects.settled().filter(due_at__lt=before)


def _sent_answers(before: datetime) -> QuerySet[SentAnswer]:
    # All answers of an invitation together, or judging them again would not see what was said before.
    return SentAnswer.objects.filter(sent_at__lt=before, invitation__closes_at__lt=before).exclude(
        invitation__state=Invitation.State.OPEN
    )


def _readings(before: datetime) -> QuerySet[CommentReading]:
    return CommentReading.objects.filter(service__in=BusinessService.objects.all(), read_at__lt=before)


def _comments(before: datetime) -> QuerySet[Response]:
    return Response.objects.exclude(comment="").filter(answered_at__lt=before)


def _anonymous_comments(before: datetime) -> QuerySet[Response]:
    return Response.objects.anonymous().exclude(comment="").filter(iso_week__lt=iso_week(before.date()))


def _titles(before: datetime) -> QuerySet[Ticket]:
    # Of a ticket that is open, or was resolved lately, the title may stand in the next survey.
    titled = Ticket.objects.exclude(short_description="").filter(opened_at__lt=before)
    lately = Resolution.objects.filter(ticket=OuterRef("pk"), resolved_at__gte=before)
    return titled.exclude(state=Ticket.State.OPEN).exclude(Exists(lately))


def _forget_comments(keys: list[int]) -> None:
    """Let comments go, and the words that decided their sentiment; what they counted stays."""
    CommentSentiment.objects.filter(response__in=keys).update(cues=[])
    Response.objects.filter(pk__in=keys).update(comment="")


def _history_days() -> int:
    """Return how long answers are kept as they were sent: never longer than their comments."""
    days = [settings.KEEP_ANSWER_HISTORY_DAYS, settings.KEEP_COMMENTS_DAYS]
    return min(filter(None, days), default=0)


KINDS = (
    Kind(gettext_lazy("Inbound events"), _events, deleting(IntakeEvent), setting("KEEP_EVENTS_DAYS")),
    Kind(gettext_lazy("Mails"), _mails, deleting(Message), setting("KEEP_MAIL_DAYS")),
    Kind(
        gettext_lazy("Posts to webhooks"),
        lambda before: HookDelivery.objects.filter(put_at__lt=before, due_at=None),
        deleting(HookDelivery),
        setting("KEEP_MAIL_DAYS"),
    ),
    Kind(
        gettext_lazy("Bounces"),
        lambda before: Bounce.objects.filter(received_at__lt=before),
        deleting(Bounce),
        setting("KEEP_MAIL_DAYS"),
    ),
    Kind(gettext_lazy("Answers as sent"), _sent_answers, deleting(SentAnswer), _history_days),
    Kind(gettext_lazy("Comments"), _comments, _forget_comments, setting("KEEP_COMMENTS_DAYS")),
    Kind(
        gettext_lazy("Anonymous comments"),
        _anonymous_comments,
        _forget_comments,
        setting("KEEP_COMMENTS_DAYS"),
    ),
    Kind(
        gettext_lazy("Titles of tickets"),
        _titles,
        lambda keys: Ticket.objects.filter(pk__in=keys).update(short_description=""),
        setting("KEEP_TICKET_TITLES_DAYS"),
    ),
    Kind(
        gettext_lazy("Readings of comments"),
        _readings,
        deleting(CommentReading),
        setting("KEEP_READING_LOG_DAYS"),
    ),
    Kind(
        gettext_lazy("Jobs"),
        lambda before: Job.objects.filter(finished_at__lt=before),
        deleting(Job),
        setting("KEEP_JOBS_DAYS"),
    ),
    Kind(
        gettext_lazy("Visits"),
        lambda before: Visit.objects.filter(visited_at__lt=before),
        deleting(Visit),
        lambda: VISITS_KEPT_DAYS,
    ),
)
