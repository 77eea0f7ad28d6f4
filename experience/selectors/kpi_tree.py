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
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class Standing(StrEnum):
    """Whether a part of the tree is where it should be."""

    ON_TARGET = "on_target"
    BELOW = "below"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One indicator of a factor: services on target of those measured."""

    row: FactorIndicator
    on_target: int
    measured: int

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


def kpi_trees(user: User | AnonymousUser) -> list[Tree]:
    """Return the goals with everything below them; the number of queries does not grow with the tree."""
    leaves = FactorIndicator.objects.select_related("indicator", "owner")
    factors = SuccessFactor.objects.select_related("owner").prefetch_related(Prefetch("indicators", leaves))
    goals = list(BusinessGoal.objects.select_related("owner").prefetch_related(Prefetch("factors", factors)))
    counts = _counts(user) if goals else {}
    return [Tree(goal, [_branch(factor, counts) for factor in goal.factors.all()]) for goal in goals]


Counts = dict[tuple[str, str], list[bool]]


def _branch(factor: SuccessFactor, counts: Counts) -> Branch:
    reached = [counts.get((factor.value_stream, row.indicator.key), []) for row in factor.indicators.all()]
    rows = zip(factor.indicators.all(), reached, strict=True)
    return Branch(factor, [Leaf(row, sum(services), len(services)) for row, services in rows])


def _counts(user: User | AnonymousUser) -> Counts:
    """Return per value stream and indicator whether each measured service reached its target."""
    newest = Measurement.objects.published().filter(
        service=OuterRef("pk"),
        period=Measurement.Period.ROLLING,
        agreement_version__agreement__is_primary=True,
    )
    services = BusinessService.objects.visible_to(user).live()
    pairs = services.annotate(
        newest=Subquery(newest.order_by("-ends_on", "-pk").values("pk")[:1])
    ).values_list("newest", "value_stream")
    stream_of = {pk: stream for pk, stream in pairs if pk is not None}
    # The document comes as text: parsing it here is several times faster than the field's own parser.
    documents = Measurement.objects.filter(pk__in=stream_of).annotate(text=Cast("results", TextField()))
    found: Counts = defaultdict(list)
    for pk, text in documents.values_list("pk", "text"):
        for row in orjson.loads(text).get("indicators", ()):
            if row["score"] is not None:
                found[stream_of[pk], row["key"]].append(row["score"] >= DEFAULTS.target_score)
    return found
