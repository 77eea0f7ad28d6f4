"""From rows to verdicts: what is known of resolutions and their people, decided by the pure rules.

Deciding, the history load and the preview of a rule go through here; nothing is written.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from surveys.engine.eligibility import QUARTER, Facts, History, Siblings, Verdict, decide
from surveys.engine.sampling import draw, lot
from surveys.models import Decision, Invitation, OptOut, Person, Resolution, SilentSampleLine, Ticket
from surveys.selectors.asking_rules import Plan, zone_of

LATE_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """When decisions are made: now, or for a history load as each would have been made at its time."""

    now: datetime
    as_it_happened: bool

    def has_passed(self, moment: datetime, *, due_at: datetime) -> bool:
        """Say whether what happened at `moment` counts when the survey due at `due_at` is decided."""
        return moment <= due_at if self.looks_back(due_at) else moment <= max(self.now, due_at)

    def is_late(self, due_at: datetime) -> bool:
        """Say whether the survey comes too late for the person to remember."""
        return not self.as_it_happened and self.now - due_at > LATE_AFTER

    def decided_at(self, resolved_at: datetime) -> datetime:
        """Return the moment of the decision."""
        return resolved_at if self.as_it_happened else self.now

    def looks_back(self, due_at: datetime) -> bool:
        """Say whether the survey was due before a history load: nothing is mailed for it."""
        return self.as_it_happened and due_at <= self.now


@dataclass(frozen=True)
class Judged:
    """One resolution with its verdict, and when its survey is or would be due."""

    resolution: Resolution
    plan: Plan | None
    zone: ZoneInfo
    due_at: datetime
    verdict: Verdict


@dataclass(frozen=True)
class AskedBefore:
    """One survey that a person was sent."""

    due_at: datetime
    survey_id: int
    is_extra: bool


@dataclass
class Past:
    """What happened to people and tickets so far; grows while verdicts are found.

    With `until`, surveys due from then on are taken as not sent.
    """

    until: datetime | None = None
    asked: defaultdict[int, list[AskedBefore]] = field(default_factory=lambda: defaultdict(list))
    asked_tickets: set[int] = field(default_factory=set)
    opt_outs: defaultdict[int, list[OptOut]] = field(default_factory=lambda: defaultdict(list))
    lots: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    known_people: set[int] = field(default_factory=set)

    def read(self, resolutions: Sequence[Resolution], dues: Sequence[datetime], reach: timedelta) -> None:
        """Read what is not known yet of the people and tickets of these resolutions; few queries for any
        number.

        `reach` is how far back or ahead of the survey an earlier one can matter.
        """
        if not resolutions:
            return
        people = {row.person_id for row in resolutions if row.person_id} - self.known_people
        self.known_people |= people
        for opt_out in OptOut.objects.filter(person_id__in=people):
            self.opt_outs[opt_out.person_id].append(opt_out)
        self._read_asked(people, min(dues) - reach, max(dues) + reach)
        asked = self._sent().filter(resolution__ticket_id__in={row.ticket_id for row in resolutions})
        self.asked_tickets.update(asked.values_list("resolution__ticket_id", flat=True))
        self._read_siblings(resolutions)

    def _read_asked(self, people: set[int], first: datetime, last: datetime) -> None:
        # An invitation withdrawn before it was due was never mailed: it bothered nobody.
        never_mailed = Q(state=Invitation.State.WITHDRAWN, resolution__withdrawn_at__lte=F("due_at"))
        asked = self._sent().filter(person_id__in=people, due_at__gte=first).exclude(never_mailed)
        if self.until is None:
            asked = asked.filter(due_at__lte=last)
        columns = ("person_id", "due_at", "survey_version__survey_id", "resolution__decision__reason")
        for person_id, due_at, survey_id, reason in asked.values_list(*columns):
            is_extra = reason == Decision.Reason.ASKED_WHILE_RESTING
            self.asked[person_id].append(AskedBefore(due_at, survey_id, is_extra))
        self._read_asked_again(people, first, last)

    def _read_asked_again(self, people: set[int], first: datetime, last: datetime) -> None:
        """Whoever was drawn to be asked again in person was asked."""
        before = min(last, self.until) if self.until else last
        drawn = SilentSampleLine.objects.filter(
            invitation__person_id__in=people, sample__drawn_at__gte=first, sample__drawn_at__lte=before
        )
        columns = ("invitation__person_id", "sample__drawn_at", "invitation__survey_version__survey_id")
        for person_id, drawn_at, survey_id in drawn.values_list(*columns):
            self.asked[person_id].append(AskedBefore(drawn_at, survey_id, is_extra=False))

    def _sent(self) -> QuerySet[Invitation]:
        return Invitation.objects.filter(due_at__lt=self.until) if self.until else Invitation.objects.all()

    def _read_siblings(self, resolutions: Sequence[Resolution]) -> None:
        families = {family for row in resolutions if (family := _family(row.ticket))} - self.lots.keys()
        if not families:
            return
        children = Ticket.objects.filter(
            source__in={source for source, _ in families},
            parent_number__in={parent for _, parent in families},
            kind=Ticket.Kind.INCIDENT,
        )
        for source, parent, number in children.values_list("source", "parent_number", "number"):
            one = lot(source=source, parent_number=parent, ticket_number=number)
            self.lots.setdefault((source, parent), []).append(one)
        for family in families:
            self.lots.setdefault(family, []).sort()

    def siblings(self, ticket: Ticket) -> Siblings | None:
        """Return where a ticket stands among those of its parent incident; None without a parent."""
        family = _family(ticket)
        if family is None:
            return None
        own = lot(source=ticket.source, parent_number=ticket.parent_number, ticket_number=ticket.number)
        return Siblings(len(self.lots[family]), bisect_left(self.lots[family], own))

    def history(self, person_id: int | None, survey_id: int) -> History:
        """Return when a person was asked, in general and by one survey."""
        asked = self.asked[person_id] if person_id else []
        return History(
            asked_at=[one.due_at for one in asked],
            same_survey_at=[one.due_at for one in asked if one.survey_id == survey_id],
            extra_at=[one.due_at for one in asked if one.is_extra],
        )

    def note(self, judged: Judged) -> None:
        """Take an invitation that follows from a verdict into account for the next ones."""
        if judged.plan is None or judged.resolution.person_id is None or not judged.verdict.is_asked:
            return
        is_extra = judged.verdict.reason.value == Decision.Reason.ASKED_WHILE_RESTING
        asked = AskedBefore(judged.due_at, judged.plan.version.survey_id, is_extra)
        self.asked[judged.resolution.person_id].append(asked)
        self.asked_tickets.add(judged.resolution.ticket_id)


def verdicts(
    resolutions: Sequence[Resolution],
    plans: Mapping[int, Plan],
    shares: Mapping[int, float],
    past: Past,
    clock: Clock,
) -> Iterator[Judged]:
    """Yield the verdict on each of these resolutions, in their order; asking one counts for the next.

    `plans` are by survey, `shares` by service. Tickets, people and services must have been fetched.
    """
    planned = [_planned(row, plans) for row in resolutions]
    past.read(resolutions, [due_at for _, _, due_at in planned], _reach(plans))
    for row, (plan, zone, due_at) in zip(resolutions, planned, strict=True):
        facts = _facts(row, plan, due_at, shares.get(row.service_id, 1.0), past, clock)
        history = past.history(row.person_id, plan.version.survey_id if plan else 0)
        verdict = decide(facts, plan.rule if plan else None, history)
        judged = Judged(row, plan, zone, due_at, verdict)
        past.note(judged)
        yield judged


def _planned(row: Resolution, plans: Mapping[int, Plan]) -> tuple[Plan | None, ZoneInfo, datetime]:
    plan = plans.get(row.service.survey_id or 0)
    zone = zone_of(row.person, row.service)
    due_at = plan.due_at(row.resolved_at, kind=row.ticket.kind, zone=zone) if plan else row.resolved_at
    return plan, zone, due_at


def _reach(plans: Mapping[int, Plan]) -> timedelta:
    rests = [max(plan.rule.rest, plan.rule.survey_rest, plan.rule.extra_rest) for plan in plans.values()]
    return max([QUARTER, *rests])


def _family(ticket: Ticket) -> tuple[str, str] | None:
    is_child = ticket.parent_number and ticket.kind == Ticket.Kind.INCIDENT
    return (ticket.source, ticket.parent_number) if is_child else None


def _facts(
    row: Resolution, plan: Plan | None, due_at: datetime, share: float, past: Past, clock: Clock
) -> Facts:
    person = row.person
    return Facts(
        due_at=due_at,
        draw=_draw(row, plan),
        has_requester=person is not None and person.erased_at is None,
        has_address=person is not None and _takes_mail(person, clock.now),
        is_shared_account=person is not None and person.is_shared_account,
        has_opted_out=_has_opted_out(past.opt_outs[row.person_id or 0], plan, due_at, clock),
        resolved_own=person is not None and _resolved_own(row.resolved_by, person),
        is_late=clock.is_late(due_at),
        is_reopened=_has_happened(row.reopened_at, due_at, clock),
        is_asked_again=row.ticket_id in past.asked_tickets,
        is_failure=row.is_repeat_contact or row.reopen_count > 0,
        kind=row.ticket.kind,
        assignment_group=row.assignment_group,
        resolution_code=row.resolution_code,
        resolved_by=row.resolved_by,
        siblings=past.siblings(row.ticket),
        service_share=share,
    )


def _takes_mail(person: Person, now: datetime) -> bool:
    rests = person.address_rests_until is not None and person.address_rests_until > now
    return bool(person.email) and person.address_failed_at is None and not rests


def _draw(row: Resolution, plan: Plan | None) -> float:
    return draw(
        source=row.ticket.source,
        ticket_number=row.ticket.number,
        resolved_at=row.resolved_at,
        rule_number=plan.sending.number if plan else 0,
    )


def _has_opted_out(opt_outs: Iterable[OptOut], plan: Plan | None, due_at: datetime, clock: Clock) -> bool:
    survey_id = plan.version.survey_id if plan else None
    return any(
        opt_out.survey_id in (None, survey_id) and _has_happened(opt_out.opted_out_at, due_at, clock)
        for opt_out in opt_outs
    )


def _has_happened(moment: datetime | None, due_at: datetime, clock: Clock) -> bool:
    return moment is not None and clock.has_passed(moment, due_at=due_at)


def _resolved_own(resolved_by: str, person: Person) -> bool:
    names = {name.casefold() for name in (person.external_id, person.email, person.name) if name}
    return resolved_by.casefold() in names
