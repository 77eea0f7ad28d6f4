"""Webhooks: what is posted to ticket systems, what comes of it, and the page where all that is set."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from surveys.engine.signatures import is_signed
from surveys.models import ConfigurationChange, FollowUp, FollowUpReceiver, User
from surveys.services.answer import Answer, record_answer
from surveys.services.follow_up import call_webhooks
from tests.factories import NOW, InvitationFactory
from tests.surveys import test_follow_up

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/"
Peer, peer = test_follow_up.Peer, test_follow_up.peer


@pytest.fixture
def desk(peer: Peer) -> FollowUpReceiver:
    """The Service Desk, whose ticket system is told."""
    return FollowUpReceiver.objects.create(
        name="Desk",
        email="desk@example.org",
        webhook_url=f"http://127.0.0.1:{peer.server_port}/reopen",
        webhook_secret="shared",
    )


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Client:
    """The browser of an agreement admin."""
    client.force_login(agreement_admin)
    return client


def not_solved() -> FollowUp:
    """Let somebody say that a ticket is not solved."""
    record_answer(InvitationFactory.create().pk, Answer(2, comment="Still broken.", is_solved=False), now=NOW)
    return FollowUp.objects.latest("pk")


def given_up(peer: Peer) -> FollowUp:
    """Let the ticket system refuse until nobody tries any more."""
    follow_up, moment, peer.status = not_solved(), NOW, 503
    for _ in range(8):
        call_webhooks(now=moment)
        moment += timedelta(days=1)
    follow_up.refresh_from_db()
    return follow_up


# --- posting ------------------------------------------------------------------------------------------------


def test_an_address_that_leads_elsewhere_is_named(peer: Peer, desk: FollowUpReceiver) -> None:
    follow_up, peer.status = not_solved(), 302

    call_webhooks(now=NOW)

    follow_up.refresh_from_db()
    assert follow_up.hook_error.startswith("The address leads elsewhere (302, /sign-in).")


def test_what_is_switched_off_is_posted_nothing(peer: Peer, desk: FollowUpReceiver, admin: Client) -> None:
    waiting = not_solved()

    admin.post(f"{PAGE}{desk.pk}/switch/", {"off": "1"})
    later = not_solved()

    assert call_webhooks(now=NOW + timedelta(days=1)) == 0
    assert (peer.taken, later.hook_due_at) == ([], None)
    waiting.refresh_from_db()
    assert waiting.hook_error.startswith("Not posted: the webhook was switched off.")


# --- the page -----------------------------------------------------------------------------------------------


def test_without_a_receiver_the_page_leads_to_naming_one(admin: Client) -> None:
    words = admin.get(PAGE).content.decode()

    assert "First name who hears" in words
    assert 'href="/asking/not-solved/#receivers"' in words


def test_an_address_is_set_and_its_secret_shown_once(admin: Client, agreement_admin: User) -> None:
    desk = FollowUpReceiver.objects.create(name="Desk", email="desk@example.org")
    typed = {"receiver": desk.pk, "address": "https://itsm.example/hook"}

    words = admin.post(PAGE, typed).content.decode()

    desk.refresh_from_db()
    assert (desk.webhook_url, desk.is_posted_to) == ("https://itsm.example/hook", True)
    assert desk.webhook_secret in words
    assert desk.webhook_secret not in admin.get(PAGE).content.decode()
    change = ConfigurationChange.objects.get()
    assert (change.actor, change.details) == (agreement_admin, [["address", None, desk.webhook_url]])


def test_another_address_keeps_the_secret(admin: Client, desk: FollowUpReceiver) -> None:
    admin.post(PAGE, {"receiver": desk.pk, "address": "https://itsm.example/other"})

    desk.refresh_from_db()
    assert (desk.webhook_url, desk.webhook_secret) == ("https://itsm.example/other", "shared")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://itsm.example/hook", "itsm", ""])
def test_what_is_no_address_of_the_web_is_refused_and_stays_typed(
    admin: Client, desk: FollowUpReceiver, address: str
) -> None:
    response = admin.post(PAGE, {"receiver": desk.pk, "address": address})

    words = response.content.decode()
    assert response.status_code == 422
    assert "Write the whole address" in words
    assert f'value="{address}"' in words or not address
    desk.refresh_from_db()
    assert desk.webhook_url.startswith("http://127.0.0.1")


@pytest.mark.parametrize(
    ("status", "said"), [(204, "took the test."), (403, "did not take the test: It answered 403.")]
)
def test_a_test_says_at_once_whether_it_was_taken(
    admin: Client, peer: Peer, desk: FollowUpReceiver, status: int, said: str
) -> None:
    peer.status = status

    words = admin.post(f"{PAGE}{desk.pk}/test/", follow=True).content.decode()

    assert said in words
    ((headers, body),) = peer.taken
    assert json.loads(body)["event"] == "test"
    assert is_signed(body, secret="shared", signature=headers["X-Xla-Signature"])


def test_a_test_that_reaches_nobody_says_so_in_the_language_of_the_reader(
    admin: Client, desk: FollowUpReceiver
) -> None:
    FollowUpReceiver.objects.update(webhook_url="http://127.0.0.1:9/discard")

    page = admin.post(f"{PAGE}{desk.pk}/test/", follow=True, headers={"accept-language": "de"})

    assert "Sie ist nicht erreichbar (Connection refused)." in page.content.decode()


def test_a_new_secret_signs_from_then_on(admin: Client, peer: Peer, desk: FollowUpReceiver) -> None:
    words = admin.post(f"{PAGE}{desk.pk}/secret/").content.decode()

    desk.refresh_from_db()
    assert desk.webhook_secret != "shared"
    assert desk.webhook_secret in words


def test_what_is_taken_away_is_posted_nothing_and_stays_in_the_audit_log(
    admin: Client, peer: Peer, desk: FollowUpReceiver
) -> None:
    waiting, address = not_solved(), desk.webhook_url

    admin.post(f"{PAGE}{desk.pk}/take-away/")

    assert call_webhooks(now=NOW + timedelta(days=1)) == 0
    waiting.refresh_from_db()
    desk.refresh_from_db()
    assert (desk.webhook_url, desk.webhook_secret, waiting.hook_due_at) == ("", "", None)
    assert ConfigurationChange.objects.get().details == [["address", address, None]]


def test_the_last_deliveries_tell_what_came_of_them_and_can_be_posted_again(
    admin: Client, peer: Peer, desk: FollowUpReceiver
) -> None:
    follow_up = given_up(peer)
    words = admin.get(PAGE).content.decode()
    assert "Given up" in words
    assert "It answered 503." in words

    peer.status = 200
    admin.post(f"{PAGE}deliveries/{follow_up.pk}/again/")
    follow_up.refresh_from_db()

    assert follow_up.hook_due_at is not None
    assert call_webhooks(now=follow_up.hook_due_at) == 1
    assert "Taken" in admin.get(PAGE).content.decode()
    assert (
        "it was taken meanwhile"
        in admin.post(f"{PAGE}deliveries/{follow_up.pk}/again/", follow=True).content.decode()
    )
