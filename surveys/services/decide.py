"""Deciding for every resolution whether its person is asked, and inviting those who are.

All at once and one by one decide the same: both read facts and history in chunks, in order of resolution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from surveys.engine.eligibility import QUARTER, Facts, History, Rule, Verdict, decide
from surveys.engine.sampling import draw
from surveys.engine.wording import language_for
from surveys.links import new_token
from surveys.models import (
    Decision,
    Invitation,
    Message,
    OptOut,
    Person,
    Resolution,
    SendingRule,
    Survey,
    SurveyVersion,
)
from surveys.services.bulk import insert_rows
from surveys.services.changes import mark_changed
from surveys.services.outbox import invitation_messages
from xla_service.lane import write_lane

LATE_AFTER = timedelta(days=1)
# A sweep holds SQLite's one write lock for a chunk at a time; a history load has nobody to let through.
SWEEP_CHUNK = 50
HISTORY_CHUNK = 1000


@dataclass(frozen=True)
class Plan:
    """How a survey asks now: its newest published version and its newest sending rule."""

    version: SurveyVersion
    sending: SendingRule
    rule: Rule

    @property
    def delay(self) -> timedelta:
        """The survey delay."""
        return timedelta(minutes=self.sending.delay_minutes)


@dataclass
class Past:
    """What happened to the people of a chunk so far; grows while the chunk is decided."""

    asked_at: defaultdict[int, list[datetime]]
    asked_tickets: set[int]
    opt_outs: defaultdict[int, list[OptOut]]


@dataclass
class Outcome:
    """The rows that a chunk of decisions writes."""

    decisions: list[Decision] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)


@dataclass(frozen=True)
class Clock:
    """When decisions are made: now, or for a history load as each would have been made at its time."""

    now: datetime
    as_it_happened: bool

    def has_passed(self, moment: datetime, *, due_at: datetime) -> bool:
        """Say whether what happened at `moment` counts when the survey due at `due_at` is decided."""
        return moment <= due_at if self._looks_back(due_at) else moment <= max(self.now, due_at)

    def is_late(self, due_at: datetime) -> bool:
        """Say whether the survey comes too late for the person to remember."""
        return not self.as_it_happened and self.now - due_at > LATE_AFTER

    def decided_at(self, resolved_at: datetime) -> datetime:
        """Return the moment of the decision."""
        return resolved_at if self.as_it_happened else self.now

    def sends(self, due_at: datetime) -> bool:
        """Say whether a mail goes out: never for what was due before a history load."""
        return not self._looks_back(due_at)

    def _looks_back(self, due_at: datetime) -> bool:
        return self.as_it_happened and due_at <= self.now


def decide_resolutions(*, now: datetime, as_it_happened: bool = False, limit: int | None = None) -> int:
    """Decide the undecided resolutions in order of resolution, at most `limit`, and return how many were
    decided.

    Those asked get an invitation with a mail due after the survey delay. With `as_it_happened` each is
    decided as it would have been at its time, and nothing is mailed that was due before `now`; otherwise a
    resolution whose survey was due more than a day ago is too late. May run in several processes: each
    resolution is decided once.
    """
    clock = Clock(now, as_it_happened)
    size = HISTORY_CHUNK if as_it_happened else SWEEP_CHUNK
    undecided = Resolution.objects.undecided().order_by("resolved_at", "pk").values_list("pk", flat=True)
    keys = list(undecided[:limit])
    return sum(_decide_chunk(keys[start : start + size], clock) for start in range(0, len(keys), size))


def _decide_chunk(keys: Sequence[int], clock: Clock) -> int:
    with write_lane(), transaction.atomic():
        return _decide_together(keys, clock)


def _decide_together(keys: Sequence[int], clock: Clock) -> int:
    plans = _plans_in_force()
    resolutions = _still_undecided(keys)
    past = _past(resolutions, plans)
    outcome = Outcome()
    for resolution in resolutions:
        _decide_one(resolution, plans.get(resolution.service.survey_id or 0), past, outcome, clock)
    _write(outcome, clock)
    mark_changed((resolution.service_id, resolution.resolved_on) for resolution in resolutions)
    return len(resolutions)


def _plans_in_force() -> dict[int, Plan]:
    # Taking the surveys' rows lets one process decide at a time: two would both find the same person rested.
    surveys = list(Survey.objects.select_for_update(no_key=True).order_by("pk"))
    versions = SurveyVersion.objects.filter(published_at__isnull=False).order_by("number")
    newest = {version.survey_id: version for version in versions}
    rules = {rule.survey_id: rule for rule in SendingRule.objects.order_by("number")}
    usable = [survey.pk for survey in surveys if survey.pk in newest and survey.pk in rules]
    return {key: Plan(newest[key], rules[key], _engine_rule(rules[key])) for key in usable}


def _engine_rule(sending: SendingRule) -> Rule:
    return Rule(
        rest=timedelta(days=sending.rest_days),
        share=sending.share,
        resting_share=sending.resting_share,
        resting_share_after_failure=sending.resting_share_after_failure,
        quarter_cap=sending.quarter_cap,
    )


def _still_undecided(keys: Sequence[int]) -> list[Resolution]:
    resolutions = Resolution.objects.undecided().filter(pk__in=keys).order_by("resolved_at", "pk")
    return list(resolutions.select_related("ticket", "person", "service"))


def _past(resolutions: Sequence[Resolution], plans: dict[int, Plan]) -> Past:
    people = {resolution.person_id for resolution in resolutions if resolution.person_id}
    opt_outs: defaultdict[int, list[OptOut]] = defaultdict(list)
    for opt_out in OptOut.objects.filter(person_id__in=people):
        opt_outs[opt_out.person_id].append(opt_out)
    tickets = {resolution.ticket_id for resolution in resolutions}
    asked_tickets = Invitation.objects.filter(resolution__ticket_id__in=tickets)
    return Past(
        asked_at=_asked_at(people, resolutions, plans),
        asked_tickets=set(asked_tickets.values_list("resolution__ticket_id", flat=True)),
        opt_outs=opt_outs,
    )


def _asked_at(
    people: set[int], resolutions: Sequence[Resolution], plans: dict[int, Plan]
) -> defaultdict[int, list[datetime]]:
    asked_at: defaultdict[int, list[datetime]] = defaultdict(list)
    if not plans or not resolutions:
        return asked_at
    margin = QUARTER + max(max(plan.delay, plan.rule.rest) for plan in plans.values())
    first, last = resolutions[0].resolved_at - margin, resolutions[-1].resolved_at + margin
    # An invitation withdrawn before it was due was never mailed: it bothered nobody.
    never_mailed = Q(state=Invitation.State.WITHDRAWN, resolution__withdrawn_at__lte=F("due_at"))
    asked = Invitation.objects.filter(person_id__in=people, due_at__range=(first, last)).exclude(never_mailed)
    for person_id, due_at in asked.values_list("person_id", "due_at"):
        asked_at[person_id].append(due_at)
    return asked_at


def _decide_one(
    resolution: Resolution, plan: Plan | None, past: Past, outcome: Outcome, clock: Clock
) -> None:
    due_at = resolution.resolved_at + (plan.delay if plan else timedelta())
    facts = _facts(resolution, plan, due_at, past, clock)
    history = History(past.asked_at[resolution.person_id or 0])
    verdict = decide(facts, plan.rule if plan else None, history)
    outcome.decisions.append(_decision(resolution, verdict, plan, clock))
    if plan and resolution.person and verdict.is_asked and verdict.probability:
        outcome.invitations.append(
            _invitation(resolution, resolution.person, plan, due_at, verdict.probability, clock)
        )
        past.asked_at[resolution.person.pk].append(due_at)
        past.asked_tickets.add(resolution.ticket_id)


def _facts(resolution: Resolution, plan: Plan | None, due_at: datetime, past: Past, clock: Clock) -> Facts:
    person = resolution.person
    return Facts(
        due_at=due_at,
        draw=_draw(resolution, plan),
        has_requester=person is not None and person.erased_at is None,
        has_address=person is not None and bool(person.email) and person.address_failed_at is None,
        is_shared_account=person is not None and person.is_shared_account,
        has_opted_out=_has_opted_out(past.opt_outs[resolution.person_id or 0], plan, due_at, clock),
        resolved_own=person is not None and _resolved_own(resolution.resolved_by, person),
        is_late=clock.is_late(due_at),
        is_reopened=_has_happened(resolution.reopened_at, due_at, clock),
        is_asked_again=resolution.ticket_id in past.asked_tickets,
        is_failure=resolution.is_repeat_contact or resolution.reopen_count > 0,
    )


def _draw(resolution: Resolution, plan: Plan | None) -> float:
    return draw(
        source=resolution.ticket.source,
        ticket_number=resolution.ticket.number,
        resolved_at=resolution.resolved_at,
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


def _decision(resolution: Resolution, verdict: Verdict, plan: Plan | None, clock: Clock) -> Decision:
    return Decision(
        resolution=resolution,
        reason=verdict.reason.value,
        is_asked=verdict.is_asked,
        is_eligible=verdict.is_eligible,
        probability=verdict.probability,
        rule=plan.sending if plan else None,
        decided_at=clock.decided_at(resolution.resolved_at),
    )


def _invitation(
    resolution: Resolution, person: Person, plan: Plan, due_at: datetime, probability: float, clock: Clock
) -> Invitation:
    closes_at = due_at + timedelta(days=plan.version.open_days)
    return Invitation(
        resolution=resolution,
        service=resolution.service,
        person=person,
        survey_version=plan.version,
        token=new_token(),
        state=Invitation.State.CLOSED if closes_at <= clock.now else Invitation.State.OPEN,
        language=language_for(person.language),
        probability=probability,
        due_at=due_at,
        closes_at=closes_at,
    )


def _write(outcome: Outcome, clock: Clock) -> None:
    insert_rows(Decision, outcome.decisions)
    to_mail = [invitation for invitation in outcome.invitations if clock.sends(invitation.due_at)]
    insert_rows(Invitation, (row for row in outcome.invitations if not clock.sends(row.due_at)))
    Message.objects.bulk_create(invitation_messages(Invitation.objects.bulk_create(to_mail)))
