"""How each source does: when it was last heard, how much came today, what waits for a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from surveys.models import IntakeEvent, IntakeSource

_SILENT = timedelta(days=7)


def sources_with_state(*, now: datetime) -> QuerySet[IntakeSource]:
    """Return the sources by name with `newest`, `today` (in the organisation's zone) and `failed`."""
    midnight = timezone.localtime(now, timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    # Each of its own, because each has an index: events are many, and none is deleted.
    own = IntakeEvent.objects.filter(source=OuterRef("pk"))
    return IntakeSource.objects.annotate(
        newest=Subquery(own.order_by("-received_at").values("received_at")[:1]),
        today=_count(own.filter(received_at__gte=midnight)),
        failed=_count(own.needing_attention()),
    ).order_by("-is_active", "name")


def _count(events: QuerySet[IntakeEvent]) -> Coalesce:
    counted = events.order_by().values("source").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def light_of(source: IntakeSource, *, now: datetime) -> str:
    """Return how a source of `sources_with_state` does: off, new, failing, silent or fine."""
    if not source.is_active:
        return "off"
    if source.failed:  # type: ignore[attr-defined]  # annotated above
        return "failing"
    newest: datetime | None = source.newest  # type: ignore[attr-defined]
    if newest is None:
        return "new"
    return "silent" if newest < now - _SILENT else "fine"
