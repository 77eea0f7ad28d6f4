"""Six numbers for those who lead: what a month was like for people, in business words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext, gettext_noop

from experience.engine.gaps import BELOW, ON_TARGET, SURE
from experience.engine.periods import Period
from experience.models import Gap, Measurement
from experience.selectors.lost_cost import cost_per_hour
from experience.selectors.narrowing import of_services
from experience.selectors.results import is_hidden
from surveys.models import BusinessService
from surveys.selectors.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

OWN_TEAMS = gettext_noop("Own teams")
_COLUMNS = (
    "service_id", "service__supplier", "status", "n_people", "n_resolved", "lost_hours", "repeat_share",
    "service__hour_cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """A month of some services. `lost_hours` and `repeat_share` are None where nobody measured them, and
    `lost_cost`, what these hours cost, where no service with lost hours has a rate.

    `below` and `on_target` count services; `below_sure` and `on_target_sure` those of them that are sure.
    """

    name: str
    services: int
    below: int
    below_sure: int
    on_target: int
    on_target_sure: int
    people: int
    lost_hours: float | None
    repeat_share: float | None
    lost_cost: float | None

    @property
    def title(self) -> str:
        """What a page calls it."""
        return gettext(OWN_TEAMS) if self.name == OWN_TEAMS else self.name

    @property
    def supplier(self) -> str:
        """The supplier to filter by; empty for the own teams and for the whole."""
        return "" if self.name == OWN_TEAMS else self.name

    @property
    def unjudged(self) -> int:
        """How many services had too few answers."""
        return self.services - self.below - self.on_target


@dataclass(frozen=True, slots=True)
class Executive:
    """The whole of a month, by supplier, and the watermelons that were opened and fixed in it."""

    whole: Summary
    suppliers: tuple[Summary, ...]
    opened: int
    fixed: int

    @property
    def named(self) -> tuple[Summary, ...]:
        """The suppliers without the own teams."""
        return tuple(each for each in self.suppliers if each.name != OWN_TEAMS)

    @property
    def disappointing(self) -> int:
        """How many suppliers have a service that is surely below target."""
        return sum(each.below_sure > 0 for each in self.named)


def executive(user: User | AnonymousUser, month: Period, narrowing: Narrowing = EVERYTHING) -> Executive:
    """Return the numbers of one month of the services a user may read, of a supplier or group alone."""
    results = _results(user, month, narrowing)
    people = _people(user, month, narrowing)
    by_supplier: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in results:
        by_supplier[row["service__supplier"] or OWN_TEAMS].append(row)
    gaps = Gap.objects.primary().visible_to(user).filter(kind=Gap.Kind.WATERMELON)
    gaps = gaps.filter(of_services(narrowing, "service__"))
    days = (month.first_on, month.last_on)
    counts = gaps.aggregate(
        opened=Count("pk", filter=Q(opened_on__range=days)),
        fixed=Count("pk", filter=Q(state=Gap.State.CLOSED, closed_on__range=days, opened_on__isnull=False)),
    )
    return Executive(
        whole=_summary("", results, people),
        suppliers=tuple(_summary(name, own, people) for name, own in sorted(by_supplier.items())),
        **counts,
    )


def _results(user: User | AnonymousUser, month: Period, narrowing: Narrowing) -> list[dict[str, Any]]:
    services = BusinessService.objects.visible_to(user).live().filter(of_services(narrowing))
    found = Measurement.objects.published().primary().of_months([month]).filter(service__in=services)
    return list(found.values(*_COLUMNS))


def _people(user: User | AnonymousUser, month: Period, narrowing: Narrowing) -> dict[int, int]:
    """Return the people affected by the gaps that stood in the month, by service; of several the largest."""
    stood = Gap.objects.primary().visible_to(user).stood_between(month.first_on, month.last_on)
    stood = stood.exclude(state=Gap.State.DISMISSED).exclude(kind=Gap.Kind.OVER_STRICT)
    rows = stood.filter(of_services(narrowing, "service__"), service__isnull=False).values("service_id")
    return {row["service_id"]: row["people"] for row in rows.annotate(people=Max("affected_people"))}


def _summary(name: str, rows: Sequence[dict[str, Any]], people: dict[int, int]) -> Summary:
    below = [row["status"] for row in rows if row["status"] in BELOW]
    on_target = [row["status"] for row in rows if row["status"] in ON_TARGET]
    return Summary(
        name=name,
        services=len(rows),
        below=len(below),
        below_sure=sum(status in SURE for status in below),
        on_target=len(on_target),
        on_target_sure=sum(status in SURE for status in on_target),
        people=sum(people.get(row["service_id"], 0) for row in rows),
        lost_hours=_total([_lost_hours(row) for row in rows]),
        repeat_share=_repeat_share(rows),
        lost_cost=_total([_lost_cost(row) for row in rows]),
    )


def _lost_hours(row: dict[str, Any]) -> float | None:
    hidden = is_hidden(row["status"], row["n_people"])
    found: float | None = None if hidden else row["lost_hours"]
    return found


def _lost_cost(row: dict[str, Any]) -> float | None:
    hours, rate = _lost_hours(row), cost_per_hour(row["service__hour_cost"])
    return hours * rate if hours and rate else None


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _repeat_share(rows: Iterable[dict[str, Any]]) -> float | None:
    """Return the share over all resolutions, each service counted by how many it had."""
    pairs = [(row["repeat_share"], row["n_resolved"]) for row in rows]
    known = [(share, n) for share, n in pairs if share is not None and n]
    total = sum(n for _, n in known)
    return sum(share * n for share, n in known) / total if total else None
