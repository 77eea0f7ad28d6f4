"""Forgetting the live views of past days, which nothing reads any more; results of weeks and months stay."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from experience.engine.defaults import DEFAULTS
from experience.models import Gap, Measurement
from surveys.services.retention import Kind, deleting
from xla_service.moments import organisation_day

# A live view over the longest window is compared with the one before it, up to a week older.
LEAST_DAYS = DEFAULTS.window_days[-1] + 7
# A result with its receipt is a large row.
AT_ONCE = 20


def _old_live_views(before: datetime) -> QuerySet[Measurement]:
    """Return live views of earlier days, without the newest of each subject and those that a gap tells of."""
    rolling = Measurement.objects.filter(period=Measurement.Period.ROLLING)
    newer = rolling.filter(
        agreement_version__agreement=OuterRef("agreement_version__agreement"),
        ends_on__gt=OuterRef("ends_on"),
        is_published=True,
    )
    as_journey = Q(service=None) & Q(Exists(newer.filter(service=None)))
    as_service = Q(service__isnull=False) & Q(Exists(newer.filter(service=OuterRef("service"))))
    told = Gap.objects.filter(last_measurement=OuterRef("pk"))
    old = rolling.filter(ends_on__lt=organisation_day(before))
    return old.filter(as_journey | as_service).exclude(Exists(told))


def _days() -> int:
    days: int = settings.KEEP_LIVE_RESULTS_DAYS
    return max(days, LEAST_DAYS) if days else 0


LIVE_VIEWS = Kind(
    gettext_lazy("Results of the last 28 days"), _old_live_views, deleting(Measurement), _days, AT_ONCE
)
