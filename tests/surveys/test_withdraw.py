from datetime import timedelta

import pytest

from surveys.models import EvidenceChange
from surveys.services.withdraw import withdraw_invitations
from tests.factories import NOW, InvitationFactory, MessageFactory, ResponseFactory

pytestmark = pytest.mark.django_db


def test_a_reopened_ticket_takes_its_invitation_mail_and_resolution_back() -> None:
    message = MessageFactory.create()
    invitation = message.invitation

    assert withdraw_invitations([invitation.resolution_id], now=NOW) == 1

    for row in (message, invitation, invitation.resolution):
        row.refresh_from_db()
    assert (invitation.state, message.state) == ("withdrawn", "withdrawn")
    assert invitation.resolution.withdrawn_at == NOW
    assert list(EvidenceChange.objects.values_list("service", "day")) == [
        (invitation.service_id, invitation.resolution.resolved_on)
    ]


def test_an_answered_invitation_stays() -> None:
    invitation = ResponseFactory.create().invitation

    assert withdraw_invitations([invitation.resolution_id], now=NOW) == 0

    invitation.refresh_from_db()
    assert invitation.state == "open"
    assert not EvidenceChange.objects.exists()


def test_a_mail_already_sent_stays_sent() -> None:
    message = MessageFactory.create(state="sent", sent_at=NOW - timedelta(minutes=1))

    withdraw_invitations([message.invitation.resolution_id], now=NOW)

    message.refresh_from_db()
    assert message.state == "sent"


def test_a_closed_invitation_and_other_tickets_stay() -> None:
    closed = InvitationFactory.create(state="closed")
    other = InvitationFactory.create()

    assert withdraw_invitations([closed.resolution_id], now=NOW) == 0

    other.refresh_from_db()
    assert other.state == "open"
