"""Deciding for every resolution whether its person is asked, and inviting those who are.

All at once and one by one decide the same: both read facts and history in chunks, in order of resolution.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from surveys.engine.wording import language_for
from surveys.links import new_token
from surveys.models import (
    BusinessService,
    Decision,
    IntakeSource,
    Invitation,
    Message,
    Person,
    Resolution,
    Survey,
)
from surveys.selectors.asking_rules import Plan, plans_in_force, service_shares
from surveys.services.bulk import insert_rows
from surveys.services.changes import mark_changed
from surveys.services.outbox import invitation_messages
from surveys.services.verdicts import Clock, Judged, Past, verdicts

# A sweep holds SQLite's one write lock for a chunk at a time; a history load has nobody to let through.
SWEEP_CHUNK = 50
HISTORY_CHUNK = 1000


@dataclass
class Outcome:
    """The rows that a chunk of decisions writes; `own_mails` names the sources that mail the survey."""

    decisions: list[Decision] = field(default_factory=list)
    to_mail: list[Invitation] = field(default_factory=list)
    not_mailed: list[Invitation] = field(default_factory=list)
    own_mails: frozenset[str] = frozenset()


def decide_resolutions(
    *,
    now: datetime,
    as_it_happened: bool = False,
    services: Collection[int] | None = None,
) -> int:
    """Decide the undecided resolutions in order of resolution and return how many were decided.

    Those asked get an invitation with a mail due after the survey delay. With `as_it_happened` each is
    decided as it would have been at its time, and nothing is mailed that was due before `now`; otherwise a
    resolution whose survey was due more than a day ago is too late. `services` restricts to these ids; else
    sample services that are still being loaded are left to whoever loads them. May run in several processes:
    each resolution is decided once.
    """
    clock = Clock(now, as_it_happened)
    size = HISTORY_CHUNK if as_it_happened else SWEEP_CHUNK
    undecided = Resolution.objects.undecided().order_by("resolved_at", "pk")
    if services is None:
        undecided = undecided.exclude(
            service__is_sample=True, service__lifecycle=BusinessService.Lifecycle.PIPELINE
        )
    else:
        undecided = undecided.filter(service__in=services)
    keys = list(undecided.values_list("pk", flat=True))
    return sum(_decide_chunk(keys[start : start + size], clock) for start in range(0, len(keys), size))


@transaction.atomic
def _decide_chunk(keys: Sequence[int], clock: Clock) -> int:
    # Taking the surveys' rows lets one process decide at a time: two would both find the same person rested.
    plans = plans_in_force(list(Survey.objects.select_for_update(no_key=True).order_by("pk")))
    resolutions = _still_undecided(keys)
    mailed_by_source = IntakeSource.objects.filter(mails_rating_links=True)
    outcome = Outcome(own_mails=frozenset(mailed_by_source.values_list("key", flat=True)))
    for judged in verdicts(resolutions, plans, service_shares(), Past(), clock):
        _take(judged, outcome, clock)
    _write(outcome)
    mark_changed((resolution.service_id, resolution.resolved_on) for resolution in resolutions)
    return len(resolutions)


def _still_undecided(keys: Sequence[int]) -> list[Resolution]:
    resolutions = Resolution.objects.undecided().filter(pk__in=keys).order_by("resolved_at", "pk")
    return list(resolutions.select_related("ticket", "person", "service"))


def _take(judged: Judged, outcome: Outcome, clock: Clock) -> None:
    outcome.decisions.append(_decision(judged, clock))
    person, plan, verdict = judged.resolution.person, judged.plan, judged.verdict
    if plan and person and verdict.is_asked and verdict.probability:
        is_past = clock.looks_back(judged.due_at)
        invitation = _invitation(judged, person, plan, verdict.probability, clock)
        is_mailed = not is_past and judged.resolution.ticket.source not in outcome.own_mails
        (outcome.to_mail if is_mailed else outcome.not_mailed).append(invitation)


def _decision(judged: Judged, clock: Clock) -> Decision:
    return Decision(
        resolution=judged.resolution,
        reason=judged.verdict.reason.value,
        is_asked=judged.verdict.is_asked,
        is_eligible=judged.verdict.is_eligible,
        probability=judged.verdict.probability,
        rule=judged.plan.sending if judged.plan else None,
        decided_at=clock.decided_at(judged.resolution.resolved_at),
    )


def _invitation(judged: Judged, person: Person, plan: Plan, probability: float, clock: Clock) -> Invitation:
    resolution, due_at = judged.resolution, judged.due_at
    maturity = timedelta(days=settings.MATURITY_DAYS)
    closes_at = plan.closes_at(due_at, resolution.resolved_at, maturity=maturity)
    is_past = clock.looks_back(due_at)
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
        remind_at=None if is_past else plan.remind_at(due_at, closes_at, judged.zone),
    )


def _write(outcome: Outcome) -> None:
    insert_rows(Decision, outcome.decisions)
    decided = [decision.resolution_id for decision in outcome.decisions]
    Resolution.objects.filter(pk__in=decided).update(is_decided=True)
    insert_rows(Invitation, outcome.not_mailed)
    Message.objects.bulk_create(invitation_messages(Invitation.objects.bulk_create(outcome.to_mail)))
