"""Proposing shared mailboxes and integrations for exclusion, and settling what was proposed."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from django.db import transaction
from django.db.models import Count

from surveys.engine.volume import standing_out
from surveys.models import BusinessService, ExclusionProposal, Person, Ticket, User
from surveys.services.repeat_contacts import mark_shared_accounts

LOOKED_AT = timedelta(days=28)


def propose_exclusions(*, now: datetime) -> int:
    """Propose whoever opened far more tickets in 28 days than people do; return how many are new.

    Nobody is proposed twice: who was declined once stays a person.
    """
    # By service, for tickets are indexed by service and opening.
    recent = Ticket.objects.filter(service__in=BusinessService.objects.all(), opened_at__gt=now - LOOKED_AT)
    counted = recent.filter(requester__isnull=False).values("requester").annotate(count=Count("pk"))
    counts = dict(counted.values_list("requester", "count"))
    found = standing_out(counts)
    people = Person.objects.filter(pk__in=found, is_shared_account=False, exclusion_proposal=None)
    proposals = [
        ExclusionProposal(
            person=person,
            ticket_count=found[person.pk],
            usual_count=median(counts.values()),
            proposed_at=now,
        )
        for person in people
    ]
    with transaction.atomic():
        ExclusionProposal.objects.bulk_create(proposals, ignore_conflicts=True)
    return len(proposals)


@transaction.atomic
def settle_proposal(proposal: ExclusionProposal, *, is_accepted: bool, by: User, now: datetime) -> bool:
    """Accept or decline a proposal; return False when somebody settled it before.

    Accepting marks the person as a shared account: nobody is asked any more, and its repeat contacts are
    taken back.
    """
    states = ExclusionProposal.State
    waiting = ExclusionProposal.objects.filter(pk=proposal.pk, state=states.PROPOSED)
    state = states.ACCEPTED if is_accepted else states.DECLINED
    if not waiting.update(state=state, settled_at=now, settled_by=by):
        return False
    if is_accepted:
        mark_shared_accounts([proposal.person_id])
    return True
