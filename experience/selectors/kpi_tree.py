"""The KPI tree with its state, read off the newest published results of the services a user may read.

An indicator counts services: those of the factor's value stream where it reached its target in the last 28
days, of all where it was measured. A factor is on target when each of its measured indicators is, a goal when
each of its measured factors is. What nobody measured is unknown, never green.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson
from django.db.models import OuterRef, Prefetch, Subquery, TextField
from django.db.models.functions import Cast

from experience.engine.defaults import DEFAULTS
from experience.models import BusinessGoal, FactorIndicator, Measurement, SuccessFactor
from experience.selectors.narrowing import of_services
from experience.selectors.results import is_hidden, is_indicator_hidden
from surveys.models import BusinessService
from surveys.selectors.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class Standing(StrEnum):
    """Whether a part of the tree is where it should be."""

    ON_TARGET = "on_target"
    BELOW = "below"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measured:
    """One service where an indicator was measured, and whether it reached its target."""

    key: str
    name: str
    is_on_target: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """One indicator of a factor with the services it was measured for, by name."""

    row: FactorIndicator
    services: Sequence[Measured]

    @property
    def measured(self) -> int:
        """How many services it was measured for."""
        return len(self.services)

    @property
    def on_target(self) -> int:
        """How many of them are on target."""
        return self.measured - len(self.below)

    @property
    def below(self) -> list[Measured]:
        """The services that are not on target."""
        return [service for service in self.services if not service.is_on_target]

    @property
    def standing(self) -> Standing:
        """Return whether enough of the measured services are on target."""
        if not self.measured:
            return Standing.UNKNOWN
        reached = self.on_target >= self.row.target_share * self.measured
        return Standing.ON_TARGET if reached else Standing.BELOW


@dataclass(frozen=True, slots=True)
class Branch:
    """One factor with its indicators."""

    factor: SuccessFactor
    leaves: Sequence[Leaf]

    @property
    def standing(self) -> Standing:
        """Return the roll-up of its indicators."""
        return rolled_up(leaf.standing for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class Tree:
    """One goal with its factors, by value stream."""

    goal: BusinessGoal
    branches: Sequence[Branch]

    @property
    def standing(self) -> Standing:
        """Return the roll-up of its factors."""
        return rolled_up(branch.standing for branch in self.branches)


def rolled_up(parts: Iterable[Standing]) -> Standing:
    """Return the state of a whole: below as soon as one part is, unknown where nothing is known."""
    known = {part for part in parts if part is not Standing.UNKNOWN}
    if not known:
        return Standing.UNKNOWN
    return Standing.BELOW if Standing.BELOW in known else Standing.ON_TARGET


def kpi_trees(user: User | AnonymousUser, narrowing: Narrowing = EVERYTHING) -> list[Tree]:
    """Return the goals with everything below them, as the services of a supplier or group alone give it.

    The number of queries does not grow with the tree.
    """
    leaves = FactorIndicator.objects.select_related("indicator", "owner")
    factors = SuccessFactor.objects.select_related("owner").prefetch_related(Prefetch("indicators", leaves))
    goals = list(BusinessGoal.objects.select_related("owner").prefetch_related(Prefetch("factors", factors)))
    found = _found(user, narrowing) if goals else {}
    return [Tree(goal, [_branch(factor, found) for factor in goal.factors.all()]) for goal in goals]


_Found = dict[tuple[str, str], list[Measured]]


def _branch(factor: SuccessFactor, found: _Found) -> Branch:
    rows = factor.indicators.all()
    return Branch(
        factor, [Leaf(row, found.get((factor.value_stream, row.indicator.key), ())) for row in rows]
    )


def _found(user: User | AnonymousUser, narrowing: Narrowing) -> _Found:
    """Return per value stream and indicator the services where it was measured, by name.

    What fewer than the least number of people answered is not measured here either.
    """
    newest = Measurement.objects.published().primary()
    newest = newest.filter(service=OuterRef("pk"), period=Measurement.Period.ROLLING)
    services = BusinessService.objects.visible_to(user).live().filter(of_services(narrowing))
    rows = services.annotate(
        newest=Subquery(newest.order_by("-ends_on", "-pk").values("pk")[:1])
    ).values_list("newest", "value_stream", "key", "name")
    service_of = {pk: (stream, key, name) for pk, stream, key, name in rows if pk is not None}
    # The document comes as text: parsing it here is several times faster than the field's own parser.
    documents = Measurement.objects.filter(pk__in=service_of).annotate(text=Cast("results", TextField()))
    found: _Found = defaultdict(list)
    for pk, text, status, people in documents.values_list("pk", "text", "status", "n_people"):
        hidden = is_hidden(status, people)
        stream, key, name = service_of[pk]
        for row in orjson.loads(text).get("indicators", ()):
            if row["score"] is None or is_indicator_hidden(row, is_hidden=hidden):
                continue
            reached = row["score"] >= DEFAULTS.target_score
            found[stream, row["key"]].append(Measured(key, name, reached))
    for measured in found.values():
        measured.sort(key=lambda service: service.name.casefold())
    return found
