"""The sweeps that open, watch and close gaps, around the state machine of engine/gap_states.py.

Watermelons and blind spots open by the confirmed rules alone. "Over-strict SLA", and "red on both" that was
never a watermelon, are readings of the weekly evaluation: there while it says so, closed when it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from experience.engine import gap_states
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import Experience, Verdict, classify, discard_bh
from experience.engine.periods import working_window
from experience.engine.sla import Sla
from experience.models import Gap, Measurement
from experience.services.early_lane import early_e_values
from experience.services.gap_rows import close_reading, gap_columns, gap_value, unfinished_gaps, write_gap
from experience.services.measure import experience_scores
from surveys.models import Resolution

_OPENED_BY = {
    gap_states.Lane.EARLY: "The answers of a month became clear evidence against being on target.",
    gap_states.Lane.CLOSE: "Found when the month was closed.",
}
_READINGS = {Verdict.OVER_STRICT: Gap.Kind.OVER_STRICT, Verdict.RED_ON_BOTH: Gap.Kind.RED_ON_BOTH}


def refresh_gaps(
    measured: Sequence[Measurement], *, as_of: date, now: datetime, discovered: Collection[int] = ()
) -> int:
    """Open the gaps that the early lane confirms or that period close discovered; return how many moved.

    `measured` holds one measurement per service: the trailing 28 days, or the closed month together with
    `discovered`, the ids of the services that discard-BH found in it. Results of extra agreements and of a
    baseline open nothing.
    """
    measured = _feeding(measured)
    services = {m.service_id for m in measured}
    e_values = early_e_values(services, as_of=as_of, now=now)
    rows = unfinished_gaps(services)
    moved = 0
    for m in measured:
        row = rows.get(m.service_id)
        evidence = _evidence(m, as_of, e_values.get(m.service_id), m.service_id in discovered)
        after = gap_states.refresh(gap_value(row), evidence)
        moved += _store(row, after, m, evidence, now)
    return moved


def evaluate_week(measured: Sequence[Measurement], *, as_of: date, now: datetime) -> int:
    """Suspect, recover, close and reclassify from the trailing 28 days; run once a week. Return the moves.

    Where a baseline is measured, what was open closes: nothing is red until targets are agreed.
    """
    closed = _close_in_baseline(measured, as_of, now)
    measured = _feeding(measured)
    window = working_window(as_of, DEFAULTS.closing_working_days)
    closing = experience_scores([m.service for m in measured], window, as_of=as_of, now=now)
    rows = unfinished_gaps(m.service_id for m in measured)
    return closed + sum(
        _evaluate_one(rows.get(m.service_id), m, closing.get(m.service_id), as_of, now) for m in measured
    )


def _feeding(measured: Sequence[Measurement]) -> list[Measurement]:
    return [m for m in measured if m.agreement_version.feeds_gaps_on(m.ends_on)]


def _close_in_baseline(measured: Sequence[Measurement], as_of: date, now: datetime) -> int:
    baseline = {
        m.service_id: m
        for m in measured
        if m.agreement_version.agreement.is_primary and m.agreement_version.is_baseline_on(m.ends_on)
    }
    reason = "A baseline is measured; nothing is red until targets are agreed."
    closing: dict[str, Any] = {"state": Gap.State.CLOSED, "closed_on": as_of}
    return sum(
        write_gap(row, dict(closing), baseline[row.service_id], reason=reason, now=now)
        for row in Gap.objects.live().filter(service__in=baseline)
    )


def _evaluate_one(
    row: Gap | None, m: Measurement, closing_score: float | None, as_of: date, now: datetime
) -> int:
    evidence = _evidence(m, as_of, None, is_discovered=False)
    after = gap_states.weekly(gap_value(row), evidence, p_below=m.p_below, closing_score=closing_score)
    if row is not None and row.evaluated_on == as_of:
        return 0
    if after is not None:
        return _store(row, after, m, evidence, now, {"evaluated_on": as_of})
    reading = _READINGS.get(
        classify(evidence.sla, Experience(m.status), gap_is_open=False, gap_is_suspected=False)
    )
    if row is not None and row.kind != reading:
        return close_reading(row, m, today=as_of, now=now)
    if row is not None or reading is None:
        return 0
    columns = {"kind": reading, "state": Gap.State.OPEN, "first_seen_on": as_of, "opened_on": as_of}
    frozen = {"evidence": _frozen(m, evidence)}
    return write_gap(None, columns | frozen | _figures(m), m, reason="Weekly evaluation.", now=now)


def close_month(months: Sequence[Measurement], *, as_of: date, now: datetime) -> int:
    """Test the family of a month that became final and open what discard-BH discovers; return the moves.

    The family is chosen without looking at the experience: SLA met and an effective n of at least 10.
    """
    family = [
        m
        for m in _feeding(months)
        if m.sla_status == Sla.GREEN and m.p_below is not None and _is_large_enough(m)
    ]
    found = discard_bh([m.p_below for m in family if m.p_below is not None])
    discovered = {m.service_id for m, is_found in zip(family, found, strict=True) if is_found}
    return refresh_gaps(family, as_of=as_of, now=now, discovered=discovered)


def _is_large_enough(m: Measurement) -> bool:
    return (m.n_effective or 0.0) >= DEFAULTS.least_n_for_flag


def _evidence(m: Measurement, as_of: date, e_value: float | None, is_discovered: bool) -> gap_states.Evidence:
    return gap_states.Evidence(
        today=as_of,
        sla=Sla(m.sla_status),
        score=m.experience_score,
        n_effective=m.n_effective or 0.0,
        e_value=e_value,
        discovered=is_discovered,
    )


def _store(
    row: Gap | None,
    after: gap_states.Gap | None,
    m: Measurement,
    evidence: gap_states.Evidence,
    now: datetime,
    more: dict[str, Any] | None = None,
) -> int:
    """Write the gap as the engine left it, freezing the evidence when it opens."""
    if after is None:
        return 0
    if row is not None and row.is_reading:
        close_reading(row, m, today=evidence.today, now=now)
        row = None
    columns = gap_columns(after) | _figures(m) | (more or {})
    if after.state in gap_states.FINISHED:
        columns["closed_on"] = evidence.today
    reason = "Weekly evaluation."
    if after.state is gap_states.GapState.OPEN and (row is None or row.state == Gap.State.SUSPECTED):
        columns["evidence"] = _frozen(m, evidence)
        reason = _OPENED_BY[after.lane]
    return write_gap(row, columns, m, reason=reason, now=now)


def _frozen(m: Measurement, evidence: gap_states.Evidence) -> dict[str, Any]:
    """Return the evidence to keep with the gap as it was on this day."""
    return {
        "day": evidence.today.isoformat(),
        "e_value": evidence.e_value,
        "p_below": m.p_below,
        "experience_score": m.experience_score,
        "rating": m.rating,
        "rating_low": m.rating_low,
        "rating_high": m.rating_high,
        "rating_target": m.rating_target,
        "n_effective": m.n_effective,
        "sla_share": m.sla_share,
        "sla_target": m.sla_target,
        "input_hash": m.input_hash,
    }


def _figures(m: Measurement) -> dict[str, Any]:
    """Return people affected and people times points below target: the order of the list."""
    people = Resolution.objects.filter(
        service=m.service_id, resolved_on__range=(m.starts_on, m.ends_on)
    ).aggregate(people=Count("person", distinct=True))["people"]
    score = m.experience_score
    below = 0.0 if score is None else max(0.0, DEFAULTS.target_score - score)
    return {"affected_people": people, "user_points": people * below}
