"""The life of a gap: opened on evidence, closed on the estimate, so that it does not flap.

Opening needs proof (an e-value of 20 at any refresh, or a discovery at period close); closing needs only
the point estimate back at target in two consecutive weekly evaluations. Closing on "no longer significant"
would reopen a truly bad service eight to twelve times a year. All functions are pure: they take a gap and
the evidence and return the next gap.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import is_material
from experience.engine.periods import MONDAY_TO_FRIDAY, working_days_between
from experience.engine.sla import Sla


class GapKind(StrEnum):
    """What a gap says: SLA met but people unhappy, both red, or no SLA to speak of."""

    WATERMELON = "watermelon"
    RED_ON_BOTH = "red_on_both"
    BLIND_SPOT = "blind_spot"


class GapState(StrEnum):
    """Where a gap is in its life; `suspected` is no finding yet."""

    SUSPECTED = "suspected"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RECOVERED = "recovered"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    UNVERIFIED = "unverified"


class Lane(StrEnum):
    """Which evidence confirmed a gap."""

    NONE = ""
    EARLY = "early"
    CLOSE = "close"


CONFIRMED = frozenset({GapState.OPEN, GapState.ACKNOWLEDGED, GapState.RECOVERED})
FINISHED = frozenset({GapState.CLOSED, GapState.UNVERIFIED})
_KIND_AT_OPENING = {Sla.GREEN: GapKind.WATERMELON, Sla.NONE: GapKind.BLIND_SPOT}


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap and what it has to remember between evaluations.

    `weeks_at_target` counts consecutive weekly evaluations at target, `sla_weeks` those in which the SLA
    contradicts the kind, `thin_periods` consecutive periods with fewer than 5 new answers. `acknowledged`
    survives a recovery that fails.
    """

    kind: GapKind
    state: GapState
    first_seen_on: date
    opened_on: date | None = None
    lane: Lane = Lane.NONE
    acknowledged: bool = False
    weeks_at_target: int = 0
    sla_weeks: int = 0
    thin_periods: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a service at a refresh: the trailing 28 days, the e-values that are live, the SLA.

    `discovered` is the outcome of discard-BH at period close, False at other times.
    """

    today: date
    sla: Sla
    score: float | None
    n_effective: float
    e_value: float | None = None
    discovered: bool = False


def refresh(gap: Gap | None, evidence: Evidence) -> Gap | None:
    """Return the gap after new evidence at any time; this alone confirms one, and changes no other.

    Opens when the SLA is green (a watermelon) or not set (a blind spot), the effective n reaches 10, the
    score lies at least 5 points below target, and an e-value reaches 20 or the close lane discovered it. A
    dismissed gap stays dismissed until its service was back at target.
    """
    if gap is not None and gap.state not in {GapState.SUSPECTED, *FINISHED}:
        return gap
    kind = _KIND_AT_OPENING.get(evidence.sla)
    lane = _confirming_lane(evidence)
    if kind is None or lane is Lane.NONE or not _may_be_flagged(evidence):
        return gap
    seen = gap.first_seen_on if gap is not None and gap.state is GapState.SUSPECTED else evidence.today
    return Gap(kind, GapState.OPEN, seen, opened_on=evidence.today, lane=lane)


def _confirming_lane(evidence: Evidence) -> Lane:
    if evidence.e_value is not None and evidence.e_value >= DEFAULTS.e_threshold:
        return Lane.EARLY
    return Lane.CLOSE if evidence.discovered else Lane.NONE


def _may_be_flagged(evidence: Evidence) -> bool:
    if evidence.score is None or evidence.n_effective < DEFAULTS.least_n_for_flag:
        return False
    return is_material(evidence.score)


def weekly(
    gap: Gap | None,
    evidence: Evidence,
    *,
    p_below: float | None,
    closing_score: float | None,
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY,
) -> Gap | None:
    """Return the gap after a weekly evaluation: suspect, drop a suspicion, recover, close or reclassify.

    `p_below` belongs to the trailing 28 days; `closing_score` is the point estimate of the last 20 working
    days, None without answers in them (which leaves recovery where it was).
    """
    if gap is None or gap.state in FINISHED:
        return _suspicion(gap, evidence, p_below)
    if gap.state is GapState.SUSPECTED:
        still = _is_suspect(evidence, p_below)
        return gap if still else replace(gap, state=GapState.CLOSED)
    return _reclassified(_recovery(gap, evidence.today, closing_score, weekdays), evidence.sla)


def _is_suspect(evidence: Evidence, p_below: float | None) -> bool:
    opens = evidence.sla in _KIND_AT_OPENING and _may_be_flagged(evidence)
    return opens and p_below is not None and p_below < DEFAULTS.alpha


def _suspicion(gap: Gap | None, evidence: Evidence, p_below: float | None) -> Gap | None:
    if not _is_suspect(evidence, p_below):
        return gap
    return Gap(_KIND_AT_OPENING[evidence.sla], GapState.SUSPECTED, evidence.today)


def _recovery(gap: Gap, today: date, closing_score: float | None, weekdays: frozenset[int]) -> Gap:
    if closing_score is None:
        return gap
    if closing_score < DEFAULTS.target_score:
        return replace(gap, state=_state_before_recovery(gap), weeks_at_target=0)
    weeks = gap.weeks_at_target + 1
    since = gap.opened_on or gap.first_seen_on
    long_enough = working_days_between(since, today, weekdays) >= DEFAULTS.least_open_working_days
    if weeks >= DEFAULTS.closing_evaluations and long_enough:
        return replace(gap, state=GapState.CLOSED, weeks_at_target=weeks)
    state = gap.state if gap.state is GapState.DISMISSED else GapState.RECOVERED
    return replace(gap, state=state, weeks_at_target=weeks)


def _state_before_recovery(gap: Gap) -> GapState:
    if gap.state is GapState.RECOVERED:
        return GapState.ACKNOWLEDGED if gap.acknowledged else GapState.OPEN
    return gap.state


def _reclassified(gap: Gap, sla: Sla) -> Gap:
    """Return the gap under the kind the SLA has shown two weeks in a row; amber keeps the kind."""
    other = {
        (GapKind.WATERMELON, Sla.RED): GapKind.RED_ON_BOTH,
        (GapKind.RED_ON_BOTH, Sla.GREEN): GapKind.WATERMELON,
    }.get((gap.kind, sla))
    if other is None or gap.state in FINISHED:
        return replace(gap, sla_weeks=0)
    weeks = gap.sla_weeks + 1
    if weeks < DEFAULTS.sla_red_evaluations:
        return replace(gap, sla_weeks=weeks)
    return replace(gap, kind=other, sla_weeks=0)


def period_closed(gap: Gap, *, new_answers: int) -> Gap:
    """Return the gap after a period: unverified once two in a row brought fewer than 5 new answers.

    A dismissed one stays: else it would be raised again without ever having been back at target.
    """
    if gap.state in {GapState.DISMISSED, *FINISHED}:
        return gap
    thin = gap.thin_periods + 1 if new_answers < DEFAULTS.unverified_answers else 0
    state = GapState.UNVERIFIED if thin >= DEFAULTS.unverified_periods else gap.state
    return replace(gap, state=state, thin_periods=thin)


def acknowledge(gap: Gap) -> Gap:
    """Return the gap as taken in hand. Raises ValueError unless it is open."""
    if gap.state is not GapState.OPEN:
        raise ValueError(f"Only a new gap can be taken in hand; this one is {gap.state}.")
    return replace(gap, state=GapState.ACKNOWLEDGED, acknowledged=True)


def dismiss(gap: Gap) -> Gap:
    """Return the gap as judged not to be a problem. Raises ValueError when it is over already."""
    if gap.state in FINISHED or gap.state is GapState.DISMISSED:
        raise ValueError(f"This gap is {gap.state} already; there is nothing to dismiss.")
    return replace(gap, state=GapState.DISMISSED)
