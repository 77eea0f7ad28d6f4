"""Telling webhooks what became of gaps: possible, new, over.

A body names the gap and where to read about it, and holds no figure, so that it tells nothing that the pages
hide. Nothing is told of what a handful of silent answers could undo, of mere readings (an over-strict SLA) or
of sample data. What a history load or a rebuild found in the past is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from experience.models import Gap, GapEvent, ServiceGroup
from experience.services.notices import address_of, is_fragile
from surveys.models import FollowUpReceiver, HookKind
from surveys.services.webhooks import put_delivery

_NEWS = timedelta(days=2)
_BEFORE_IT_STOOD = ("", Gap.State.SUSPECTED, Gap.State.DISMISSED)
_ENDS = (*Gap.OVER_STATES, Gap.State.DISMISSED)


def tell_webhooks(*, now: datetime) -> int:
    """Put each step of a gap that webhooks are to hear of among their deliveries, once; return how many."""
    untold = GapEvent.objects.filter(posted_at=None, happened_at__gte=now - _NEWS)
    related = ("gap__service", "gap__agreement", "gap__last_measurement")
    events = list(untold.select_related(*related).order_by("happened_at", "pk"))
    receivers = list(FollowUpReceiver.objects.exclude(webhook_url="")) if events else []
    return sum(_tell(event, receivers, now) for event in events)


@transaction.atomic
def _tell(event: GapEvent, receivers: Sequence[FollowUpReceiver], now: datetime) -> int:
    if not GapEvent.objects.filter(pk=event.pk, posted_at=None).update(posted_at=now):
        return 0
    kind = _kind(event)
    if kind is None or _is_sample(event.gap):
        return 0
    body, told = _body(event, kind), [r for r in receivers if r.is_told(kind) and _concerns(r, event.gap)]
    return sum(
        put_delivery(
            receiver,
            kind,
            body,
            key=f"gap-{event.gap_id}-{event.pk}",
            subject=event.gap.subject_name,
            now=now,
        )
        for receiver in told
    )


def _kind(event: GapEvent) -> HookKind | None:
    """Return what a step is to webhooks, None for one that they hear nothing of."""
    before, after = event.from_state, event.to_state
    if after == Gap.State.SUSPECTED:
        return HookKind.GAP_SUSPECTED if before != after and not is_fragile(event.gap) else None
    if before != Gap.State.SUSPECTED and event.gap.lane == Gap.Lane.NONE:
        return None  # a reading
    if after in Gap.CONFIRMED_STATES and before in _BEFORE_IT_STOOD:
        return None if is_fragile(event.gap) else HookKind.GAP_CONFIRMED
    return HookKind.GAP_CLOSED if after in _ENDS and before in Gap.LIVE_STATES else None


def _is_sample(gap: Gap) -> bool:
    return gap.service is not None and gap.service.is_sample


def _concerns(receiver: FollowUpReceiver, gap: Gap) -> bool:
    """Say whether a receiver hears of this gap: a group's of services that it works on, else of every one."""
    if not receiver.assignment_group:
        return True
    works_on = ServiceGroup.objects.filter(assignment_group=receiver.assignment_group)
    return gap.service_id is not None and works_on.filter(service=gap.service_id).exists()


def _body(event: GapEvent, kind: HookKind) -> dict[str, Any]:
    gap = event.gap
    return {
        "event": kind.value,
        "gap": gap.pk,
        "kind": event.kind,
        "state": event.to_state,
        "service": gap.service.key if gap.service else None,
        "agreement": gap.agreement.key if gap.agreement else None,
        "name": gap.subject_name,
        "first_seen_on": gap.first_seen_on.isoformat(),
        "opened_on": gap.opened_on.isoformat() if gap.opened_on else None,
        "closed_on": gap.closed_on.isoformat() if gap.closed_on else None,
        "happened_at": event.happened_at.isoformat(),
        "url": address_of(gap),
    }
