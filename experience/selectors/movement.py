"""What moved a result since the period before, over what both periods measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from experience.engine.blend import contributions, matched_basket, matched_change
from experience.engine.periods import Period, month_of, previous_month
from experience.models import Measurement
from experience.selectors.agreements import stream_weights


@dataclass(frozen=True, slots=True)
class Movement:
    """The change of a score on the matched basket, and what each stream and indicator did.

    `change` compares only the streams in `by_stream`, whose parts sum to it, each over the indicators that
    both periods count; `left_out` holds the streams, `indicators_left_out` the names of the indicators, that
    one period lacks. `by_indicator` holds the points each indicator's own score moved.
    """

    previous: Measurement
    change: float
    by_stream: Mapping[str, float]
    by_indicator: Mapping[str, float]
    left_out: tuple[str, ...]
    indicators_left_out: tuple[str, ...]


def previous_of(m: Measurement) -> Measurement | None:
    """Return the current result of the same agreement and service for the period just before, or None.

    Of rolling results, which may not exist for every day, it is the newest that ended in the week before this
    one starts.
    """
    before = _period_before(m)
    slack = timedelta(days=6 if m.period == Measurement.Period.ROLLING else 0)
    rows = Measurement.objects.published().filter(
        agreement_version__agreement=m.agreement_version.agreement_id,
        service=m.service_id,
        period=m.period,
        ends_on__range=(before.last_on - slack, before.last_on),
    )
    return rows.defer("inputs").order_by("-ends_on").first()


def _period_before(m: Measurement) -> Period:
    if m.period == Measurement.Period.MONTH:
        return previous_month(month_of(m.starts_on))
    days = timedelta(days=(m.ends_on - m.starts_on).days + 1)
    return Period(m.starts_on - days, m.ends_on - days)


def movement(m: Measurement) -> Movement | None:
    """Return what moved a result since the period before; None without one or with nothing in common."""
    previous = previous_of(m)
    if previous is None:
        return None
    weights = stream_weights(m.agreement_version)
    before, after = _counted(previous), _counted(m)
    both = sorted(before.keys() & after.keys())
    shares = {key: after[key]["weight"] for key in both}
    then, now = _stream_scores(before, shares), _stream_scores(after, shares)
    found = matched_change(then, now, weights)
    if found is None:
        return None
    old, new = (contributions(basket, weights) for basket in matched_basket(then, now))
    return Movement(
        previous=previous,
        change=found.change,
        by_stream={stream: new[stream] - old[stream] for stream in found.dimensions},
        by_indicator=_by_indicator(previous, m),
        left_out=tuple(stream for stream in weights if stream not in found.dimensions),
        indicators_left_out=tuple(
            row["name"]
            for key, row in (before | after).items()
            if key not in shares and row["stream"] in found.dimensions
        ),
    )


def _counted(m: Measurement) -> dict[str, dict[str, Any]]:
    """Return the rows of the indicators that made up the streams of a result (`blend.dimension_score`)."""
    rows = [row for row in m.results["indicators"] if row["weight"] and row["score"] is not None]
    sure = {row["stream"] for row in rows if row["score_low"] is not None}
    return {row["key"]: row for row in rows if row["score_low"] is not None or row["stream"] not in sure}


def _stream_scores(
    rows: Mapping[str, Mapping[str, Any]], shares: Mapping[str, float]
) -> dict[str, float | None]:
    """Return the weighted mean of these indicators for each stream that has any."""
    scores: dict[str, float | None] = {}
    for stream in {rows[key]["stream"] for key in shares}:
        own = {key: share for key, share in shares.items() if rows[key]["stream"] == stream}
        total = sum(share * rows[key]["score"] for key, share in own.items())
        scores[stream] = total / sum(own.values())
    return scores


def _by_indicator(previous: Measurement, m: Measurement) -> dict[str, float]:
    old, new = (
        {row["key"]: row["score"] for row in found.results["indicators"] if row["score"] is not None}
        for found in (previous, m)
    )
    return {key: new[key] - old[key] for key in new if key in old}
