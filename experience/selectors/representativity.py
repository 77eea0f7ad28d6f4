"""How alike those who answer are to all who had a ticket."""

from __future__ import annotations

from django.db.models import Sum

from experience.engine.weighting import ClassRates, r_indicator
from experience.models import DayCell, Measurement


def representativity(measurement: Measurement) -> float | None:
    """Return the R-indicator (at most 1) of the tickets of a service's result; None without a ticket.

    The response rates of their classes are those that the result was weighted by.
    """
    rates = ClassRates(measurement.parameter_set.values["class_rates"])
    cells = DayCell.objects.filter(
        service=measurement.service_id,
        measure=DayCell.Measure.RESOLVED,
        day__range=(measurement.starts_on, measurement.ends_on),
    )
    counts = dict(cells.values_list("response_class").annotate(Sum("count")).order_by())
    if not counts or not rates.by_class:
        return None
    return r_indicator([rates.of(code) for code in counts], list(counts.values()))
