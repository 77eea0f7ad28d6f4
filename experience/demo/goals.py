"""The demo's KPI tree: what its organisation wants of IT, what that takes, and which indicators show it."""

from __future__ import annotations

from dataclasses import dataclass

from experience.demo.story import ADMIN, DETECT, FULFIL, OWNER, SignIn
from experience.models import BusinessGoal, FactorIndicator, Indicator, SuccessFactor
from surveys.models import User


@dataclass(frozen=True, slots=True)
class Factor:
    """What has to go well in a value stream, and per indicator the share of services to be on target."""

    value_stream: str
    name: str
    owner: SignIn
    indicators: dict[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One business goal."""

    name: str
    description: str
    owner: SignIn
    factors: tuple[Factor, ...]


GOALS = (
    Goal(
        "People get back to work quickly",
        "An hour without a working computer is an hour without work.",
        ADMIN,
        (
            Factor(DETECT, "Faults are gone for good", OWNER, {"solved": 0.8, "repeat_contact": 0.8}),
            Factor(DETECT, "Faults are short", OWNER, {"time_to_resolve": 0.75, "user_clock": 0.75}),
            Factor(FULFIL, "What is ordered comes in time", OWNER, {"time_to_resolve": 0.9}),
        ),
    ),
    Goal(
        "People trust IT",
        "Who trusts IT reports faults early and uses what IT offers.",
        ADMIN,
        (
            Factor(DETECT, "People are content with the help", OWNER, {"rating": 0.8, "lost_time": 0.8}),
            Factor(DETECT, "Services are there", OWNER, {"availability": 0.9}),
            Factor(FULFIL, "People are content with what they get", OWNER, {"rating": 0.8}),
        ),
    ),
)


def write_goals() -> None:
    """Write what is missing of the tree; the indicators it names must be there."""
    users = {user.username: user for user in User.objects.all()}
    indicators = {indicator.key: indicator for indicator in Indicator.objects.all()}
    for goal in GOALS:
        words = {"description": goal.description, "owner": users[goal.owner.username]}
        root, _ = BusinessGoal.objects.get_or_create(name=goal.name, defaults=words)
        for factor in goal.factors:
            owner = users[factor.owner.username]
            branch, _ = SuccessFactor.objects.get_or_create(
                goal=root, value_stream=factor.value_stream, name=factor.name, defaults={"owner": owner}
            )
            for key, share in factor.indicators.items():
                leaf = {"owner": owner, "target_share": share}
                FactorIndicator.objects.get_or_create(factor=branch, indicator=indicators[key], defaults=leaf)
