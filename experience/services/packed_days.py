"""Keep the packed form of service-days, which windows read, equal to their cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from experience.engine.cells import packed, packed_people
from experience.models import DayCell, PackedDay
from experience.selectors.raw_rows import ServiceDay, anonymous_rows, on_service_days
from surveys.models import Response


def pack_days(service_days: Iterable[ServiceDay]) -> None:
    """Pack the cells of these service-days anew; call it in the transaction that changed them."""
    days = set(service_days)
    found = DayCell.objects.filter(on_service_days(days, day="day")).order_by("service", "day")
    rows: dict[ServiceDay, list[Any]] = defaultdict(list)
    for service, day, *cell in found.values_list("service_id", "day", *_COLUMNS):
        rows[service, day].append(tuple(cell))
    people = _people(days)
    PackedDay.objects.bulk_create(
        [
            PackedDay(
                service_id=service,
                day=day,
                cells=packed(rows[service, day]),
                people=packed_people(people[service, day]),
            )
            for service, day in sorted(days)
        ],
        update_conflicts=True,
        unique_fields=["service", "day"],
        update_fields=["cells", "people"],
    )


def _people(days: set[ServiceDay]) -> dict[ServiceDay, list[int | None]]:
    on_these = on_service_days(days, service="resolution__service", day="resolution__resolved_on")
    answers = Response.objects.accepted().filter(on_these)
    columns = ("resolution__service_id", "resolution__resolved_on", "resolution__person_id")
    found: dict[ServiceDay, list[int | None]] = defaultdict(list)
    for service, day, person in answers.values_list(*columns):
        found[service, day].append(person)
    for row in anonymous_rows(days):
        found[row["service"], row["day"]].append(None)
    return found


_COLUMNS = (
    "measure", "response_class", "probability_permille", "bucket", "count", "total", "total_squares",
)  # fmt: skip
