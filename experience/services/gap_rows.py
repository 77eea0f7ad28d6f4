"""Gaps as rows and events, as the sweeps write them; what people do stands in gap_actions.py.

A step of a sweep is a conditional UPDATE on everything that it was judged from. Where somebody else was
faster nothing is written, and the gap is read and judged afresh at once: the next weekly evaluation is a week
away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from experience.engine import gap_states
from experience.models import Gap, GapEvent, Measurement
from experience.selectors.subjects import Subject, subject_of, subject_of_gap
from experience.services.gap_actions import GapMovedError

# What a sweep judges from and writes back: none of it may have changed since it was read.
_JUDGED_FROM = (
    "state", "kind", "is_acknowledged", "weeks_at_target", "sla_weeks", "thin_periods", "evaluated_on",
    "counted_month",
)  # fmt: skip
_ATTEMPTS = 5


def live_gaps_but_of(subjects: Iterable[Subject]) -> list[Gap]:
    """Return the gaps that somebody is to look at, without those of these subjects."""
    watched = set(subjects)
    live = Gap.objects.filter(state__in=Gap.LIVE_STATES).order_by("pk")
    return [gap for gap in live if subject_of_gap(gap) not in watched]


def unfinished_gaps(subjects: Iterable[Subject]) -> dict[Subject, Gap]:
    """Return the gap of each subject that is not over, dismissed ones included."""
    wanted = set(subjects)
    if not wanted:
        return {}
    services = {subject.service_id for subject in wanted}
    rows = Gap.objects.filter(Q(service__in=services - {None}) | Q(service=None)).exclude(
        state__in=Gap.OVER_STATES
    )
    found = {subject_of_gap(gap): gap for gap in rows.order_by("pk")}
    return {subject: gap for subject, gap in found.items() if subject in wanted}


def gap_value(row: Gap | None) -> gap_states.Gap | None:
    """Return a row as the engine's value; a mere reading (see services/gaps.py) is no gap to the state
    machine.
    """
    if row is None or row.is_reading:
        return None
    return gap_states.Gap(
        kind=gap_states.GapKind(row.kind),
        state=gap_states.GapState(row.state),
        first_seen_on=row.first_seen_on,
        opened_on=row.opened_on,
        lane=gap_states.Lane(row.lane),
        acknowledged=row.is_acknowledged,
        weeks_at_target=row.weeks_at_target,
        sla_weeks=row.sla_weeks,
        thin_periods=row.thin_periods,
    )


def gap_columns(after: gap_states.Gap) -> dict[str, Any]:
    """Return the columns of a row that hold the engine's value."""
    values = asdict(after)
    values["is_acknowledged"] = values.pop("acknowledged")
    return {name: getattr(value, "value", value) for name, value in values.items()}


def write_gap(
    row: Gap | None, columns: dict[str, Any], measurement: Measurement, *, reason: str, now: datetime
) -> bool:
    """Store a gap's columns and, when its state or kind moved, the event; return whether it moved.

    `measurement` says whom a new gap is about. Raises GapMovedError where somebody else was faster.
    """
    if row is None:
        return _create(columns, measurement, reason, now)
    return change_gap(row, columns, reason=reason, now=now)


@transaction.atomic
def change_gap(row: Gap, columns: dict[str, Any], *, reason: str, now: datetime) -> bool:
    """Store the columns of a gap there is, as `write_gap` does."""
    moved = (row.state, row.kind) != (columns.get("state", row.state), columns.get("kind", row.kind))
    unmoved = Gap.objects.filter(pk=row.pk, **{name: getattr(row, name) for name in _JUDGED_FROM})
    if not unmoved.update(**columns):
        raise GapMovedError("The gap has moved since it was read. Judge it afresh.")
    if not moved:
        return False
    GapEvent.objects.create(
        gap=row,
        happened_at=now,
        from_state=row.state,
        to_state=columns.get("state", row.state),
        kind=columns.get("kind", row.kind),
        reason=reason,
    )
    return True


@transaction.atomic
def _create(columns: dict[str, Any], measurement: Measurement, reason: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            gap = Gap.objects.create(**subject_of(measurement)._asdict(), **columns)
    except IntegrityError as error:
        raise GapMovedError("Another sweep opened the gap in this moment. Continue from its row.") from error
    GapEvent.objects.create(gap=gap, happened_at=now, to_state=gap.state, kind=gap.kind, reason=reason)
    return True


def close_reading(row: Gap, measurement: Measurement, *, today: date, now: datetime) -> bool:
    """Close a reading that no longer holds."""
    columns = {"state": Gap.State.CLOSED, "closed_on": today}
    return write_gap(row, columns, measurement, reason=gettext_noop("The results no longer say so."), now=now)


def judged_afresh(row: Gap | None, whom: Subject, judge: Callable[[Gap | None], int]) -> int:
    """Return what `judge` returns for a gap, reading the gap again whenever somebody else was faster.

    Raises GapMovedError when that does not end.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return judge(row)
        except GapMovedError:
            row = unfinished_gaps([whom]).get(whom)
    return judge(row)
