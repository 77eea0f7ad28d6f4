"""Writing down what a service-level agreement promises, and taking back what was written by mistake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from experience.models import Sla
from surveys.models import BusinessService, User
from surveys.services.audit import record_change
from surveys.services.change_service import day_at
from surveys.services.changes import mark_changed

# Pages look back two years; what is older stays as it was judged.
FURTHEST_BACK = timedelta(days=731)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SlaPromise:
    """What holds from a day on: the share 0..1 that must be reached of what `kind` counts.

    Without a priority it holds for all tickets. `limit_minutes` replaces the ticket system's own verdict;
    a first response needs one, what monitors measure takes neither.
    """

    target_share: float
    valid_from: date
    kind: str = Sla.Kind.RESOLUTION
    priority: int | None = None
    limit_minutes: int | None = None


@transaction.atomic
def agree_slas(
    services: Iterable[BusinessService], promise: SlaPromise, *, by: User | None, now: datetime
) -> None:
    """Write one promise down for these services; one of the same kind and day is replaced."""
    found = list(BusinessService.objects.filter(pk__in=[service.pk for service in services]).in_turn())
    told = _in_words(promise.kind, promise.priority, promise.target_share, promise.valid_from)
    Sla.objects.filter(
        service__in=found, kind=promise.kind, priority=promise.priority, valid_from=promise.valid_from
    ).delete()
    Sla.objects.bulk_create(
        Sla(
            service=service,
            kind=promise.kind,
            priority=promise.priority,
            valid_from=promise.valid_from,
            target_share=promise.target_share,
            limit_minutes=promise.limit_minutes,
        )
        for service in found
    )
    for service in found:
        subject = f"service {service.key}"
        record_change(subject, gettext_noop("SLA agreed"), by=by, now=now, details=[("SLA", None, told)])
        _judge_again(service, promise.valid_from, now)


@transaction.atomic
def take_back_sla(sla: Sla, *, by: User | None, now: datetime) -> None:
    """Delete a promise that was written by mistake; the one before it holds again."""
    told = _in_words(sla.kind, sla.priority, sla.target_share, sla.valid_from)
    subject = f"service {sla.service.key}"
    record_change(subject, gettext_noop("SLA taken back"), by=by, now=now, details=[("SLA", told, None)])
    _judge_again(sla.service, sla.valid_from, now)
    sla.delete()


def _in_words(kind: str, priority: int | None, target_share: float, valid_from: date) -> str:
    which = f"{kind} P{priority}" if priority else kind
    return f"{which} {target_share:.4%} ({valid_from})".replace(".0000%", "%")


def _judge_again(service: BusinessService, first: date, now: datetime) -> None:
    """Mark a day of each week since, so that the weeks and months an SLA stands beside are judged with it."""
    today = day_at(service, now)
    first = max(first, today - FURTHEST_BACK)
    weeks = range((today - first).days // WEEK.days + 1)
    mark_changed({(service.pk, today), *((service.pk, first + week * WEEK) for week in weeks)})
