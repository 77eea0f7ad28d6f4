from datetime import timedelta

import pytest

from surveys.engine.volume import standing_out
from surveys.models import ExclusionProposal, Person, User
from surveys.services.exclusions import propose_exclusions, settle_proposal
from tests.factories import NOW, BusinessServiceFactory, PersonFactory, TicketFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({}, {}), ({1: 1, 2: 2, 3: 19}, {}), ({1: 1, 2: 2, 3: 20}, {3: 20}), ({1: 3, 2: 3, 3: 29}, {})],
)
def test_who_stands_out(counts: dict[int, int], expected: dict[int, int]) -> None:
    assert standing_out(counts) == expected


def busy_mailbox(count: int = 20, days_ago: int = 3) -> Person:
    service = BusinessServiceFactory.create()
    mailbox, *people = PersonFactory.create_batch(4)
    opened_at = NOW - timedelta(days=days_ago)
    TicketFactory.create_batch(count, service=service, requester=mailbox, opened_at=opened_at)
    for person in people:
        TicketFactory.create(service=service, requester=person, opened_at=opened_at)
    return mailbox


def test_a_busy_mailbox_is_proposed_and_nothing_more() -> None:
    mailbox = busy_mailbox()

    assert propose_exclusions(now=NOW) == 1

    proposal = ExclusionProposal.objects.get()
    assert (proposal.person, proposal.ticket_count, proposal.usual_count) == (mailbox, 20, 1)
    mailbox.refresh_from_db()
    assert not mailbox.is_shared_account


def test_old_tickets_propose_nobody() -> None:
    busy_mailbox(days_ago=29)

    assert propose_exclusions(now=NOW) == 0


def test_an_accepted_proposal_marks_the_account(agreement_admin: User) -> None:
    mailbox = busy_mailbox()
    propose_exclusions(now=NOW)
    proposal = ExclusionProposal.objects.get()

    assert settle_proposal(proposal, is_accepted=True, by=agreement_admin, now=NOW)
    assert not settle_proposal(proposal, is_accepted=False, by=agreement_admin, now=NOW)

    mailbox.refresh_from_db()
    assert mailbox.is_shared_account
    assert propose_exclusions(now=NOW) == 0


def test_who_was_declined_is_not_proposed_again(agreement_admin: User) -> None:
    mailbox = busy_mailbox()
    propose_exclusions(now=NOW)

    settle_proposal(ExclusionProposal.objects.get(), is_accepted=False, by=agreement_admin, now=NOW)

    assert propose_exclusions(now=NOW) == 0
    mailbox.refresh_from_db()
    assert not mailbox.is_shared_account
