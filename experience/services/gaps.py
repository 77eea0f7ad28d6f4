"""The sweeps that open, watch and close gaps, around the state machine of engine/gap_states.py.

A subject is a service under its primary agreement, or a service or journey under an extra one. The two kinds
of agreement are tested in families of their own.

Watermelons and blind spots open by the confirmed rules alone. "Over-strict SLA", and "red on both" that was
never a watermelon, are readings: the weekly evaluation opens them, the first result that says otherwise ends
them. An over-strict SLA that somebody dismissed stays so as long as the SLA is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext_noop

from experience.engine import gap_states
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import Experience, Verdict, classify, discard_bh
from experience.engine.periods import working_window
from experience.engine.sla import Sla
from experience.models import Gap, Measurement
from experience.selectors.subjects import Subject, subject_of, subject_of_gap
from experience.services.early_lane import early_e_values
from experience.services.gap_figures import shown_columns
from experience.services.gap_rows import (
    change_gap,
    close_reading,
    gap_columns,
    gap_value,
    judged_afresh,
    live_gaps_but_of,
    unfinished_gaps,
    write_gap,
)
from experience.services.measure import subject_scores

_OPENED_BY = {
    gap_states.Lane.EARLY: gettext_noop(
        "The answers of a month became clear evidence against being on target."
    ),
    gap_states.Lane.CLOSE: gettext_noop("Found when the month was closed."),
}
_WEEKLY = gettext_noop("Weekly evaluation.")
_BASELINE = gettext_noop("A baseline is measured; nothing is red until targets are agreed.")
_UNVERIFIED = gettext_noop("Two months in a row brought fewer than 5 answers: nobody can tell any more.")
_UNWATCHED = gettext_noop("Nothing watches this any more: the service or its agreement was retired.")
_EXTRA = (Sla.GREEN, Sla.NONE)
_READINGS = {Verdict.OVER_STRICT: Gap.Kind.OVER_STRICT, Verdict.RED_ON_BOTH: Gap.Kind.RED_ON_BOTH}


def refresh_gaps(
    measured: Sequence[Measurement], *, as_of: date, now: datetime, are_discovered: bool = False
) -> int:
    """Open the gaps that the early lane confirms or that period close discovered; return how many moved.

    `measured` holds one measurement per subject: the trailing 28 days, or the closed month of those that
    discard-BH discovered. Results of a baseline open nothing.
    """
    measured = _feeding(measured)
    subjects = {subject_of(m) for m in measured}
    e_values = early_e_values(subjects, as_of=as_of, now=now)
    rows = unfinished_gaps(subjects)
    moved = 0
    for m in measured:
        evidence = _evidence(m, as_of, e_values.get(subject_of(m)), are_discovered)
        moved += _judge(rows, m, partial(_refresh_one, m=m, evidence=evidence, now=now))
    return moved


def _judge(rows: Mapping[Subject, Gap], m: Measurement, judge: Callable[[Gap | None], int]) -> int:
    return judged_afresh(rows.get(subject_of(m)), subject_of(m), judge)


def _refresh_one(row: Gap | None, m: Measurement, evidence: gap_states.Evidence, now: datetime) -> int:
    if row is not None and row.is_reading and not evidence.discovered:
        if _is_over(row, _reading_of(m, evidence), evidence.sla):
            return close_reading(row, m, today=evidence.today, now=now) + _refresh_one(None, m, evidence, now)
        return write_gap(row, shown_columns(row, m), m, reason=_WEEKLY, now=now)
    return _store(row, gap_states.refresh(gap_value(row), evidence), m, evidence, now)


def _reading_of(m: Measurement, evidence: gap_states.Evidence) -> str | None:
    verdict = classify(evidence.sla, Experience(m.status), gap_is_open=False, gap_is_suspected=False)
    return _READINGS.get(verdict)


def _is_over(row: Gap, reading: str | None, sla: Sla) -> bool:
    is_settled = row.state == Gap.State.DISMISSED and reading is None and sla is Sla.RED
    return row.kind != reading and not is_settled


def evaluate_week(measured: Sequence[Measurement], *, as_of: date, now: datetime) -> int:
    """Suspect, recover, close and reclassify from the trailing 28 days; run once a week. Return the moves.

    Where a baseline is measured, what was open closes: nothing is red until targets are agreed.
    """
    closed = _close_in_baseline(measured, as_of, now)
    measured = _feeding(measured)
    window = working_window(as_of, DEFAULTS.closing_working_days)
    closing = subject_scores({subject_of(m) for m in measured}, window, as_of=as_of, now=now)
    rows = unfinished_gaps(map(subject_of, measured))
    scored = ((m, closing.get(subject_of(m))) for m in measured)
    return closed + sum(
        _judge(rows, m, partial(_evaluate_one, m=m, closing_score=score, as_of=as_of, now=now))
        for m, score in scored
    )


def _feeding(measured: Sequence[Measurement]) -> list[Measurement]:
    return [m for m in measured if not m.agreement_version.is_baseline_on(m.ends_on)]


def _close_in_baseline(measured: Sequence[Measurement], as_of: date, now: datetime) -> int:
    baseline = {subject_of(m): m for m in measured if m.agreement_version.is_baseline_on(m.ends_on)}
    rows = unfinished_gaps(baseline)
    return sum(_judge(rows, m, partial(_close_one, m=m, as_of=as_of, now=now)) for m in baseline.values())


def _close_one(row: Gap | None, m: Measurement, as_of: date, now: datetime) -> int:
    if row is None or row.state not in Gap.LIVE_STATES:
        return 0
    closing: dict[str, Any] = {"state": Gap.State.CLOSED, "closed_on": as_of}
    return write_gap(row, closing, m, reason=_BASELINE, now=now)


def leave_unwatched(measured: Sequence[Measurement], *, as_of: date, now: datetime) -> int:
    """Leave gaps unverified whom none of these results is about, and return how many.

    `measured` holds the results of everything that is watched: of a service or an agreement that was retired
    nobody could tell any more whether it is better.
    """
    left = live_gaps_but_of(map(subject_of, measured))
    return sum(
        judged_afresh(gap, subject_of_gap(gap), partial(_leave_one, as_of=as_of, now=now)) for gap in left
    )


def _leave_one(row: Gap | None, as_of: date, now: datetime) -> int:
    if row is None or row.state not in Gap.LIVE_STATES:
        return 0
    leaving = {"state": Gap.State.UNVERIFIED, "closed_on": as_of}
    return change_gap(row, leaving, reason=_UNWATCHED, now=now)


def _evaluate_one(
    row: Gap | None, m: Measurement, closing_score: float | None, as_of: date, now: datetime
) -> int:
    evidence = _evidence(m, as_of, None, is_discovered=False)
    after = gap_states.weekly(gap_value(row), evidence, p_below=m.p_below, closing_score=closing_score)
    if row is not None and (row.evaluated_on == as_of or row.first_seen_on > as_of):
        return 0
    if after is not None:
        return _store(row, after, m, evidence, now, {"evaluated_on": as_of})
    reading = _reading_of(m, evidence)
    if row is not None and _is_over(row, reading, evidence.sla):
        return close_reading(row, m, today=as_of, now=now)
    if row is not None or reading is None:
        return 0
    columns = {"kind": reading, "state": Gap.State.OPEN, "first_seen_on": as_of, "opened_on": as_of}
    frozen = {"evidence": _frozen(m, evidence)}
    return write_gap(None, columns | frozen | shown_columns(None, m), m, reason=_WEEKLY, now=now)


def close_month(months: Sequence[Measurement], *, as_of: date, now: datetime) -> int:
    """Test the families of a month that became final, open what discard-BH discovers, and count thin months.

    A family is chosen without looking at the experience: an effective n of at least 10 and, of primary
    agreements, the SLA met; of extra ones, of which a journey has no SLA, met or not set. Returns the moves.
    """
    feeding = _feeding(months)
    primary = [m for m in feeding if m.agreement_version.agreement.is_primary and m.sla_status == Sla.GREEN]
    extra = [m for m in feeding if not m.agreement_version.agreement.is_primary and m.sla_status in _EXTRA]
    moved = sum(
        _test_family([m for m in family if _is_sample(m) == is_sample], as_of, now)
        for family in (primary, extra)
        for is_sample in (False, True)
    )
    return moved + _count_thin_months(months, as_of, now)


def _is_sample(m: Measurement) -> bool:
    """Say whether a result is about sample data, which changes nobody else's test."""
    return m.service is not None and m.service.is_sample


def _test_family(candidates: Sequence[Measurement], as_of: date, now: datetime) -> int:
    family = [m for m in candidates if m.p_below is not None and _is_large_enough(m)]
    found = discard_bh([m.p_below for m in family if m.p_below is not None])
    discovered = [m for m, is_found in zip(family, found, strict=True) if is_found]
    return refresh_gaps(discovered, as_of=as_of, now=now, are_discovered=True)


def _count_thin_months(months: Sequence[Measurement], as_of: date, now: datetime) -> int:
    """Note which gaps a month brought fewer than 5 answers; the second in a row makes one unverified."""
    rows = unfinished_gaps(map(subject_of, months))
    return sum(_judge(rows, m, partial(_count_one, m=m, as_of=as_of, now=now)) for m in months)


def _count_one(row: Gap | None, m: Measurement, as_of: date, now: datetime) -> int:
    value = gap_value(row)
    if row is None or value is None or row.first_seen_on > m.ends_on or row.counted_month == m.starts_on:
        return 0
    after = gap_states.period_closed(value, new_answers=m.n_answered)
    columns = gap_columns(after) | {"counted_month": m.starts_on}
    if after.state is gap_states.GapState.UNVERIFIED:
        columns["closed_on"] = as_of
    return write_gap(row, columns, m, reason=_UNVERIFIED, now=now)


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
    columns = gap_columns(after) | shown_columns(row, m) | (more or {})
    if after.state in gap_states.FINISHED:
        columns["closed_on"] = evidence.today
    reason = _WEEKLY
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
