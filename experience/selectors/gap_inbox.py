"""The gap inbox: every gap a user may read, ranked by people affected x points below target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy

from experience.models import Agreement, Gap, GapEvent, Improvement
from experience.selectors.access import gaps_looked_after, journeys_of, services_in_force
from experience.selectors.gap_story import GapWords, gap_words
from experience.selectors.narrowing import of_services
from surveys.engine.values import storable
from surveys.models import BusinessService, User
from surveys.selectors.narrowing import EVERYTHING, Narrowing, read_narrowing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise

# The tabs of the inbox: key, words, states. The first is what somebody has to look at.
TABS: tuple[tuple[str, str | _StrPromise, tuple[str, ...]], ...] = (
    ("new", gettext_lazy("New"), (Gap.State.OPEN,)),
    ("in-hand", gettext_lazy("In hand"), (Gap.State.ACKNOWLEDGED,)),
    ("looks-fixed", gettext_lazy("Looks fixed"), (Gap.State.RECOVERED,)),
    ("possible", gettext_lazy("Possible"), (Gap.State.SUSPECTED,)),
    ("dismissed", gettext_lazy("Dismissed"), (Gap.State.DISMISSED,)),
    ("closed", gettext_lazy("Closed"), Gap.OVER_STATES),
)
_STATES = {key: states for key, _, states in TABS}


@dataclass(frozen=True, slots=True)
class InboxChoice:
    """What a reader asked for; empty means everything, `tab` the gaps that nobody has looked at."""

    tab: str = "new"
    text: str = ""
    kind: str = ""
    narrowing: Narrowing = EVERYTHING
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One gap of the list with what it says."""

    gap: Gap
    words: GapWords
    may_act: bool


def read_inbox_choice(parameters: dict[str, str]) -> InboxChoice:
    """Return the choice in the query parameters; unknown words are the default."""
    tab, kind = parameters.get("tab", ""), parameters.get("kind", "")
    return InboxChoice(
        tab=tab if tab in _STATES else "new",
        text=storable(parameters.get("q", ""))[:100],
        kind=kind if kind in Gap.Kind.values else "",
        narrowing=read_narrowing(parameters),
        is_mine=parameters.get("mine") == "1",
    )


def chosen_gaps(user: User | AnonymousUser, choice: InboxChoice) -> QuerySet[Gap]:
    """Return the gaps of the chosen tab, the heaviest first; what is over comes by its last day."""
    found = _matching(user, choice).filter(state__in=_STATES[choice.tab])
    order = ("-closed_on", "-pk") if choice.tab == "closed" else ("-user_points", "-affected_people", "pk")
    return found.select_related("service", "agreement", "assignee", "last_measurement").order_by(*order)


def tab_counts(user: User | AnonymousUser, choice: InboxChoice) -> dict[str, int]:
    """Return how many matching gaps stand in each tab."""
    found = _matching(user, choice).order_by().values_list("state")
    states = Counter(dict(found.annotate(Count("pk"))))
    return {key: sum(states[state] for state in own) for key, _, own in TABS}


def inbox_lines(gaps: Sequence[Gap], user: User) -> list[InboxLine]:
    """Return the lines of a list of gaps for a reader."""
    own = gaps_looked_after(user, gaps)
    return [InboxLine(gap, gap_words(gap), gap.pk in own) for gap in gaps]


def _matching(user: User | AnonymousUser, choice: InboxChoice) -> QuerySet[Gap]:
    found = Gap.objects.visible_to(user)
    if choice.text:
        found = found.filter(
            Q(service__name__icontains=choice.text)
            | Q(service__supplier__icontains=choice.text)
            | Q(agreement__name__icontains=choice.text)
        )
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.narrowing:
        found = found.filter(of_services(choice.narrowing, "service__"))
    if choice.is_mine and isinstance(user, User):
        own_journey = Q(service=None, agreement__in=journeys_of(user))
        found = found.filter(Q(assignee=user) | Q(service__owner=user) | own_journey)
    return found


def visible_gap(user: User | AnonymousUser, pk: int) -> Gap | None:
    """Return one gap with everything that happened to it and was done about it; None when not to be seen."""
    events = Prefetch("events", GapEvent.objects.select_related("actor").order_by("-happened_at", "-pk"))
    done = Prefetch("improvements", Improvement.objects.select_related("responsible"))
    found = Gap.objects.visible_to(user).filter(pk=pk)
    return (
        found.select_related("service__owner", "agreement__owner", "assignee", "last_measurement")
        .prefetch_related(events, done)
        .first()
    )


def people_of(gap: Gap, also: User) -> list[User]:
    """Return who may be given a gap: owner and team of its service, and the one who asks.

    Of a journey as a whole: the owners of its agreement and of its services.
    """
    if gap.service is not None:
        concerned = Q(pk=gap.service.owner_id) | Q(team_services=gap.service)
    else:
        services = services_in_force().filter(version__agreement=gap.agreement_id)
        concerned = Q(pk__in=Agreement.objects.filter(gaps=gap).values("owner"))
        concerned |= Q(pk__in=services.values("service__owner"))
    found = User.objects.filter(concerned | Q(pk=also.pk), is_active=True)
    return list(found.distinct().order_by("first_name", "last_name", "username"))


def services_of_journey(user: User | AnonymousUser, gap: Gap) -> list[BusinessService]:
    """Return the services of a journey's gap that somebody may read, by name; none of a service's own gap."""
    if gap.service_id is not None:
        return []
    through = services_in_force().filter(version__agreement=gap.agreement_id).values("service")
    return list(BusinessService.objects.visible_to(user).filter(pk__in=through).order_by("name"))
