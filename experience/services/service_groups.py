"""Which assignment groups work on which service, for the filters of every page."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from experience.models import ServiceGroup
from surveys.models import BusinessService, Resolution

_DAYS = 90


def refresh_service_groups(*, today: date) -> None:
    """Write the groups that resolved tickets of each service within 90 days; change only what differs."""
    # By service, for resolutions are indexed by service and day.
    recent = Resolution.objects.filter(
        service__in=BusinessService.objects.all(),
        resolved_on__range=(today - timedelta(days=_DAYS), today),
        withdrawn_at=None,
    ).exclude(assignment_group="")
    wanted = set(recent.order_by().values_list("service_id", "assignment_group").distinct())
    rows = {(row.service_id, row.assignment_group): row.pk for row in ServiceGroup.objects.all()}
    with transaction.atomic():
        ServiceGroup.objects.filter(pk__in=[pk for key, pk in rows.items() if key not in wanted]).delete()
        ServiceGroup.objects.bulk_create(
            [
                ServiceGroup(service_id=service, assignment_group=group)
                for service, group in wanted - set(rows)
            ],
            ignore_conflicts=True,
        )
