"""Keep the packed form of service-days, which windows read, equal to their cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from experience.engine.cells import packed
from experience.models import DayCell, PackedDay
from experience.selectors.raw_rows import ServiceDay


def pack_days(service_days: Iterable[ServiceDay]) -> None:
    """Pack the cells of these service-days anew; call it in the transaction that changed them."""
    days = set(service_days)
    found = DayCell.objects.filter(
        service__in={service for service, _ in days}, day__in={day for _, day in days}
    ).order_by("service", "day")
    rows: dict[ServiceDay, list[Any]] = defaultdict(list)
    for service, day, *cell in found.values_list("service_id", "day", *_COLUMNS):
        rows[service, day].append(tuple(cell))
    PackedDay.objects.bulk_create(
        [PackedDay(service_id=s, day=day, cells=packed(rows[s, day])) for s, day in sorted(days)],
        update_conflicts=True,
        unique_fields=["service", "day"],
        update_fields=["cells"],
    )


_COLUMNS = (
    "measure", "response_class", "probability_permille", "bucket", "count", "total", "total_squares",
)  # fmt: skip
