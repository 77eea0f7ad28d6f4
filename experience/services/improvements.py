"""Actions on gaps: planned, carried out, and judged against services on which nobody acted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from experience.engine.change import ActionEffect, did
from experience.engine.defaults import DEFAULTS
from experience.engine.periods import Period, after_action, baseline_months, month_of, previous_month
from experience.models import Gap, GapEvent, Improvement
from experience.selectors.maturity import provisional_until
from experience.services.gap_actions import move_gap
from experience.services.measure import experience_scores
from surveys.models import BusinessService, ServiceNotice, User
from xla_service.stored_words import stored

EFFECT_DAYS = 28

# Kept in the history of a gap in English, and said there in the language of whoever reads it.
_PLANNED = stored(gettext_noop("Action planned: %(what)s"))
_DONE = stored(gettext_noop("Action done: %(what)s"))


class ImprovementMovedError(Exception):
    """Somebody moved this action in the meantime; read it again before deciding."""

    def __init__(self) -> None:
        super().__init__(_("Somebody was faster. The page now shows where this action stands."))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be done: the words, who, until when, and how many points better it should get."""

    what: str
    how: str
    responsible: User | None
    due_on: date
    expected_points: float
    notice: str = ""


@transaction.atomic
def plan_improvement(gap: Gap, plan: Plan, *, by: User, now: datetime, today: date) -> Improvement:
    """Start an action on a gap; a new gap is taken in hand with it, and its history says so.

    Raises ValueError for the gap of a journey, as an action is judged on a service, and GapMovedError when
    the gap moved since it was read or is over.
    """
    if gap.service is None:
        raise ValueError("Start the action on the service of the journey that has to change.")
    made = Improvement.objects.create(
        service=gap.service,
        gap=gap,
        triggered_on=gap.opened_on or today,
        what=plan.what,
        how=plan.how,
        responsible=plan.responsible,
        due_on=plan.due_on,
        expected_points=plan.expected_points,
        notice=plan.notice,
        planned_by=by,
        planned_at=now,
    )
    is_new = gap.state == Gap.State.OPEN
    state = Gap.State.ACKNOWLEDGED if is_new else gap.state
    taken = {"is_acknowledged": True, "assignee": gap.assignee or plan.responsible or by}
    reason = (_PLANNED % {"what": plan.what})[:500]
    move_gap(gap, Gap.STANDING_STATES, state, taken if is_new else {}, by, reason, now)
    return made


@transaction.atomic
def carry_out(improvement: Improvement, *, on: date, by: User, now: datetime) -> None:
    """Say that an action was done on a day; its effect is judged after the window that follows.

    Respondents of the service read its notice from then on, where it has one. Raises ImprovementMovedError
    unless it is still planned.
    """
    ready = provisional_until(after_action(on, EFFECT_DAYS)) + timedelta(days=1)
    _step(
        improvement,
        Improvement.State.PLANNED,
        {"state": Improvement.State.DONE, "done_on": on, "judged_from": ready},
    )
    if improvement.notice:
        ServiceNotice.objects.get_or_create(
            service=improvement.service,
            key=_notice_key(improvement),
            defaults={"wording": {"en": improvement.notice}, "shown_from": on},
        )
    if (gap := improvement.gap) is not None:
        GapEvent.objects.create(
            gap=gap,
            happened_at=now,
            actor=by,
            from_state=gap.state,
            to_state=gap.state,
            kind=gap.kind,
            reason=(_DONE % {"what": improvement.what})[:500],
        )


def _notice_key(improvement: Improvement) -> str:
    return f"improvement-{improvement.pk}"


def give_up(improvement: Improvement) -> None:
    """Give an action up. Raises ImprovementMovedError once it was carried out."""
    _step(improvement, Improvement.State.PLANNED, {"state": Improvement.State.GIVEN_UP})


@transaction.atomic
def take_back(improvement: Improvement) -> None:
    """Undo that an action was carried out, or given up. Raises ImprovementMovedError once it was judged."""
    if improvement.state not in (Improvement.State.DONE, Improvement.State.GIVEN_UP):
        raise ImprovementMovedError
    ServiceNotice.objects.filter(service=improvement.service, key=_notice_key(improvement)).delete()
    columns = {"state": Improvement.State.PLANNED, "done_on": None, "judged_from": None}
    _step(improvement, improvement.state, columns)


def _step(improvement: Improvement, state: str, columns: Mapping[str, object]) -> None:
    """Move an action if it still stands where it was read."""
    if not Improvement.objects.filter(pk=improvement.pk, state=state).update(**columns):
        raise ImprovementMovedError
    improvement.refresh_from_db()


def judge_improvements(*, today: date, now: datetime) -> int:
    """Judge every action whose window is over; return how many.

    The verdict is a difference in differences (engine/change.py): how much more the service changed than
    the services on which nobody acted meanwhile, against the three months before the result that led to it.
    Sample data are compared with sample data alone.
    """
    waiting = Improvement.objects.to_judge(today).select_related("service")
    return sum(_judge(improvement, today, now) for improvement in waiting)


def _judge(improvement: Improvement, today: date, now: datetime) -> bool:
    assert improvement.done_on is not None  # by the constraint improvement_done_has_day
    after = after_action(improvement.done_on, EFFECT_DAYS)
    months = _baseline_of(improvement)
    alike = list(BusinessService.objects.live().filter(is_sample=improvement.service.is_sample))
    scores = [experience_scores(alike, period, as_of=today, now=now) for period in (*months, after)]
    effect = _effect(improvement.service_id, scores, _acted_on(improvement, months, after))
    changed = Improvement.objects.filter(pk=improvement.pk, state=Improvement.State.DONE)
    return bool(changed.update(state=Improvement.State.JUDGED, judged_at=now, **_verdict_columns(effect)))


def earliest_day(improvement: Improvement) -> date:
    """Return the first day on which an action can have been done: the one after its baseline."""
    return _baseline_of(improvement)[-1].last_on + timedelta(days=1)


def _baseline_of(improvement: Improvement) -> tuple[Period, ...]:
    """Return the three months before the result that led to an action.

    That result looks at the month before the gap opened, or at 28 days that reach into it. A month that was
    picked for being bad is followed by a better one without any action.
    """
    return baseline_months(previous_month(month_of(improvement.triggered_on)))


def _acted_on(improvement: Improvement, months: Sequence[Period], after: Period) -> set[int]:
    """Return the other services on which somebody acted between the baseline and the end of the window."""
    done = Improvement.objects.carried_out().exclude(pk=improvement.pk)
    inside = done.filter(done_on__range=(months[0].first_on, after.last_on))
    return set(inside.values_list("service_id", flat=True))


def _effect(
    service_id: int, scores: Sequence[Mapping[int, float]], acted_on: set[int]
) -> ActionEffect | None:
    complete = set.intersection(*(set(period) for period in scores))
    controls = sorted(complete - acted_on - {service_id})
    if service_id not in complete or len(controls) < DEFAULTS.least_controls:
        return None
    *before, after = scores
    return did(
        [period[service_id] for period in before],
        after[service_id],
        [[period[control] for period in before] for control in controls],
        [after[control] for control in controls],
    )


def _verdict_columns(effect: ActionEffect | None) -> dict[str, object]:
    if effect is None:
        return {"verdict": Improvement.Verdict.NOT_COMPARABLE}
    return {
        "verdict": effect.verdict.value,
        "effect": effect.value,
        "effect_low": effect.low,
        "effect_high": effect.high,
        "detectable": effect.detectable,
        "controls": effect.controls,
    }
