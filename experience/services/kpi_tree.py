"""Changing the KPI tree: goals, what they take, and what shows it. Each change is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from experience.models import BusinessGoal, FactorIndicator, Indicator, SuccessFactor
from surveys.models import User
from surveys.services.audit import Detail, record_change

_ADDED, _CHANGED = gettext_noop("Created"), gettext_noop("Changed")
_REMOVED = gettext_noop("Removed from the KPI tree")


@dataclass(frozen=True, slots=True)
class GoalFacts:
    """What the business wants, why, and who answers for it."""

    name: str
    description: str
    owner: User | None


@dataclass(frozen=True, slots=True)
class ShownBy:
    """An indicator of a factor: who answers for it, and the share 0..1 of services to be on target."""

    indicator: Indicator
    owner: User | None
    target_share: float


@dataclass(frozen=True, slots=True)
class FactorFacts:
    """What has to go well for a goal, in which value stream, who answers for it, and what shows it."""

    goal: BusinessGoal
    value_stream: str
    name: str
    owner: User | None
    indicators: tuple[ShownBy, ...]


def facts_of_goal(goal: BusinessGoal) -> GoalFacts:
    """Return what stands in the tree about a goal."""
    return GoalFacts(goal.name, goal.description, goal.owner)


def facts_of_factor(factor: SuccessFactor) -> FactorFacts:
    """Return what stands in the tree about a factor, with its indicators."""
    rows = factor.indicators.select_related("indicator", "owner")
    shown = tuple(ShownBy(row.indicator, row.owner, row.target_share) for row in rows)
    return FactorFacts(factor.goal, factor.value_stream, factor.name, factor.owner, shown)


@transaction.atomic
def add_goal(facts: GoalFacts, *, by: User | None, now: datetime) -> BusinessGoal:
    """Add a goal to the tree."""
    goal = BusinessGoal.objects.create(name=facts.name, description=facts.description, owner=facts.owner)
    details = _differences({}, _goal_words(facts))
    record_change(_goal_subject(facts), _ADDED, by=by, now=now, details=details)
    return goal


@transaction.atomic
def change_goal(goal: BusinessGoal, facts: GoalFacts, *, by: User | None, now: datetime) -> bool:
    """Write these facts about a goal; return False when it was so already."""
    before = facts_of_goal(goal)
    details = _differences(_goal_words(before), _goal_words(facts))
    if not details:
        return False
    goal.name, goal.description, goal.owner = facts.name, facts.description, facts.owner
    goal.save(update_fields=["name", "description", "owner"])
    record_change(_goal_subject(before), _CHANGED, by=by, now=now, details=details)
    return True


@transaction.atomic
def remove_goal(goal: BusinessGoal, *, by: User | None, now: datetime) -> None:
    """Remove a goal with its factors; the audit log keeps what stood there."""
    for factor in goal.factors.select_related("goal", "owner"):
        remove_factor(factor, by=by, now=now)
    facts = facts_of_goal(goal)
    details = _differences(_goal_words(facts), {})
    record_change(_goal_subject(facts), _REMOVED, by=by, now=now, details=details)
    goal.delete()


@transaction.atomic
def add_factor(facts: FactorFacts, *, by: User | None, now: datetime) -> SuccessFactor:
    """Add a factor with its indicators to a goal."""
    factor = SuccessFactor.objects.create(
        goal=facts.goal, value_stream=facts.value_stream, name=facts.name, owner=facts.owner
    )
    _show_by(factor, facts.indicators)
    details = _differences({}, _factor_words(facts))
    record_change(_factor_subject(facts), _ADDED, by=by, now=now, details=details)
    return factor


@transaction.atomic
def change_factor(factor: SuccessFactor, facts: FactorFacts, *, by: User | None, now: datetime) -> bool:
    """Write these facts about a factor, its place and indicators too; return False when it was so already."""
    before = facts_of_factor(factor)
    details = _differences(_factor_words(before), _factor_words(facts))
    if not details:
        return False
    factor.goal, factor.value_stream = facts.goal, facts.value_stream
    factor.name, factor.owner = facts.name, facts.owner
    factor.save(update_fields=["goal", "value_stream", "name", "owner"])
    _show_by(factor, facts.indicators)
    record_change(_factor_subject(before), _CHANGED, by=by, now=now, details=details)
    return True


@transaction.atomic
def remove_factor(factor: SuccessFactor, *, by: User | None, now: datetime) -> None:
    """Remove a factor with its indicators; the audit log keeps what stood there."""
    facts = facts_of_factor(factor)
    details = _differences(_factor_words(facts), {})
    record_change(_factor_subject(facts), _REMOVED, by=by, now=now, details=details)
    factor.delete()


def _show_by(factor: SuccessFactor, indicators: Iterable[ShownBy]) -> None:
    wanted = list(indicators)
    factor.indicators.exclude(indicator__in=[shown.indicator for shown in wanted]).delete()
    for shown in wanted:
        FactorIndicator.objects.update_or_create(
            factor=factor,
            indicator=shown.indicator,
            defaults={"owner": shown.owner, "target_share": shown.target_share},
        )


def _goal_subject(facts: GoalFacts) -> str:
    return f"KPI tree, {facts.name}"


def _factor_subject(facts: FactorFacts) -> str:
    return f"KPI tree, {facts.goal.name}, {facts.name}"


def _goal_words(facts: GoalFacts) -> dict[str, str]:
    return {"name": facts.name, "description": facts.description, "owner": _owner(facts.owner)}


def _factor_words(facts: FactorFacts) -> dict[str, str]:
    words = {
        "goal": facts.goal.name,
        "value_stream": facts.value_stream,
        "name": facts.name,
        "owner": _owner(facts.owner),
    }
    return words | {shown.indicator.key: _shown_words(shown) for shown in facts.indicators}


def _shown_words(shown: ShownBy) -> str:
    owner = _owner(shown.owner)
    return f"{shown.target_share:.4%}".replace(".0000%", "%") + (f", {owner}" if owner else "")


def _owner(owner: User | None) -> str:
    return owner.get_username() if owner else ""


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Detail]:
    names = [*before, *(name for name in after if name not in before)]
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return [(name, old, new) for name, old, new in pairs if (old or "") != (new or "")]
