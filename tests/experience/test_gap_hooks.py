"""Webhooks hear of gaps: once, signed, without a figure, and only of what they want to hear."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from experience.models import Gap, GapEvent, ServiceGroup
from experience.services.gap_actions import acknowledge_gap, dismiss_gap, undo_step
from experience.services.gap_hooks import tell_webhooks
from experience.services.gap_rows import change_gap
from experience.services.judge import refresh
from surveys.engine.signatures import is_signed
from surveys.models import BusinessService, FollowUpReceiver, HookDelivery, HookKind, User
from surveys.services.retention import KINDS, forget_old
from surveys.services.webhooks import post_deliveries
from tests.experience import test_notices
from tests.experience.factories import gap as gap_of
from tests.factories import NOW
from tests.surveys import test_follow_up

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/"
LATER = NOW + timedelta(minutes=1)
Peer, peer = test_follow_up.Peer, test_follow_up.peer
watermelon = test_notices.watermelon


@pytest.fixture
def desk(peer: Peer) -> FollowUpReceiver:
    """A program that wants to hear everything."""
    return FollowUpReceiver.objects.create(
        name="Desk",
        email="desk@example.org",
        webhook_url=f"http://127.0.0.1:{peer.server_port}/gaps",
        webhook_secret="shared",
        webhook_kinds=[kind.value for kind in HookKind],
    )


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Client:
    """The browser of an agreement admin."""
    client.force_login(agreement_admin)
    return client


def kinds() -> list[str]:
    """Return what was put beside the webhooks so far, in order."""
    return list(HookDelivery.objects.order_by("pk").values_list("kind", flat=True))


# --- what is told


def test_a_new_gap_is_posted_signed_and_once(watermelon: Gap, peer: Peer, desk: FollowUpReceiver) -> None:
    tell_webhooks(now=NOW)
    tell_webhooks(now=LATER)
    post_deliveries(now=LATER)
    post_deliveries(now=LATER)

    ((headers, body),) = peer.taken
    step = GapEvent.objects.get(gap=watermelon)
    assert headers["X-Xla-Delivery"] == f"gap-{watermelon.pk}-{step.pk}"
    assert is_signed(body, secret="shared", signature=headers["X-Xla-Signature"])
    told = json.loads(body)
    assert (told["event"], told["kind"], told["service"]) == ("gap_confirmed", "watermelon", "e-mail")
    assert told["url"].endswith("/services/e-mail/")


def test_no_figure_is_posted(watermelon: Gap, desk: FollowUpReceiver) -> None:
    tell_webhooks(now=NOW)

    body = HookDelivery.objects.get().body
    numbers = {name for name, value in body.items() if isinstance(value, int | float)}
    assert numbers == {"gap"}
    assert set(body) == {
        "event", "gap", "kind", "state", "service", "agreement", "name", "first_seen_on", "opened_on",
        "closed_on", "happened_at", "url",
    }  # fmt: skip


def test_what_is_refused_is_tried_again_under_the_same_name(
    watermelon: Gap, peer: Peer, desk: FollowUpReceiver
) -> None:
    tell_webhooks(now=NOW)
    peer.status = 503
    assert post_deliveries(now=NOW) == 0

    peer.status = 200
    waiting = HookDelivery.objects.get()
    assert waiting.error.startswith("It answered 503.")
    assert post_deliveries(now=waiting.due_at) == 1  # type: ignore[arg-type]

    first, second = (headers["X-Xla-Delivery"] for headers, _ in peer.taken)
    assert first == second


def test_from_the_first_sign_to_the_end_each_step_is_told(
    service: BusinessService, desk: FollowUpReceiver
) -> None:
    gap = gap_of(service, state=Gap.State.SUSPECTED, lane="")
    steps = [
        {"state": Gap.State.OPEN, "lane": Gap.Lane.EARLY},
        {"state": Gap.State.RECOVERED},
        {"state": Gap.State.CLOSED, "closed_on": NOW.date()},
    ]
    for number, columns in enumerate(steps):
        tell_webhooks(now=NOW)
        change_gap(gap, columns, reason="", now=NOW + timedelta(minutes=number))
        gap.refresh_from_db()
    tell_webhooks(now=NOW)

    assert kinds() == ["gap_suspected", "gap_confirmed", "gap_closed"]


def test_a_sign_that_came_to_nothing_is_told_to_be_over(
    service: BusinessService, desk: FollowUpReceiver
) -> None:
    gap = gap_of(service, state=Gap.State.SUSPECTED, lane="")
    change_gap(gap, {"state": Gap.State.CLOSED, "closed_on": NOW.date()}, reason="", now=LATER)

    tell_webhooks(now=LATER)

    assert kinds() == ["gap_suspected", "gap_closed"]


def test_a_dismissed_gap_is_over_until_that_is_taken_back(
    service: BusinessService, desk: FollowUpReceiver, owner: User
) -> None:
    gap = gap_of(service)
    acknowledge_gap(gap, by=owner, now=NOW)
    dismiss_gap(gap, by=owner, reason="Known.", now=LATER)
    undo_step(gap, by=owner, now=LATER + timedelta(minutes=1))

    tell_webhooks(now=LATER + timedelta(minutes=2))

    assert kinds() == ["gap_confirmed", "gap_closed", "gap_confirmed"]


@pytest.mark.parametrize("about", ["reading", "sample", "fragile", "past"])
def test_what_is_no_finding_or_no_news_is_not_told(
    service: BusinessService, desk: FollowUpReceiver, watermelon: Gap, about: str
) -> None:
    now = NOW
    if about == "reading":
        Gap.objects.update(lane="", kind=Gap.Kind.OVER_STRICT)
    elif about == "sample":
        BusinessService.objects.update(is_sample=True)
    elif about == "past":
        now = NOW + timedelta(days=3)
    elif watermelon.last_measurement:
        watermelon.last_measurement.results["tipping_point"] = 0.1
        watermelon.last_measurement.save()

    assert tell_webhooks(now=now) == 0


def test_a_first_sign_that_a_few_silent_people_could_undo_is_not_told(
    watermelon: Gap, desk: FollowUpReceiver
) -> None:
    assert watermelon.last_measurement
    watermelon.last_measurement.results["tipping_point"] = 0.1
    watermelon.last_measurement.save()
    GapEvent.objects.update(from_state="", to_state=Gap.State.SUSPECTED)

    assert tell_webhooks(now=NOW) == 0


# --- who is told


def test_a_groups_receiver_hears_of_the_services_it_works_on(
    service: BusinessService, desk: FollowUpReceiver
) -> None:
    FollowUpReceiver.objects.update(assignment_group="Network")
    gap_of(service)
    assert tell_webhooks(now=NOW) == 0

    GapEvent.objects.update(posted_at=None)
    ServiceGroup.objects.create(service=service, assignment_group="Network")

    assert tell_webhooks(now=NOW) == 1


def test_until_somebody_chooses_a_webhook_hears_of_tickets_alone(
    watermelon: Gap, desk: FollowUpReceiver, admin: Client
) -> None:
    FollowUpReceiver.objects.update(webhook_kinds=["not_solved"])

    assert tell_webhooks(now=NOW) == 0
    refresh(now=NOW)
    assert HookDelivery.objects.count() == 0


# --- the page


def test_what_is_told_is_chosen_on_the_page(desk: FollowUpReceiver, admin: Client) -> None:
    admin.post(f"{PAGE}{desk.pk}/kinds/", {"kinds": ["gap_closed", "nonsense"]})

    desk.refresh_from_db()
    assert desk.webhook_kinds == ["gap_closed"]
    assert not desk.is_told(HookKind.NOT_SOLVED)
    assert "A gap is over" in admin.get(PAGE).content.decode()


def test_what_nobody_wants_to_hear_any_more_is_held_back(
    watermelon: Gap, peer: Peer, desk: FollowUpReceiver, admin: Client
) -> None:
    tell_webhooks(now=NOW)

    admin.post(f"{PAGE}{desk.pk}/kinds/", {"kinds": ["not_solved"]})

    assert post_deliveries(now=LATER) == 0
    assert peer.taken == []


def test_switching_off_holds_back_what_waits(watermelon: Gap, desk: FollowUpReceiver, admin: Client) -> None:
    tell_webhooks(now=NOW)

    admin.post(f"{PAGE}{desk.pk}/switch/", {"off": "1"})

    assert post_deliveries(now=LATER) == 0
    assert HookDelivery.objects.get().error.startswith("Not posted: the webhook was switched off.")


def test_what_was_given_up_is_listed_and_posted_again(
    watermelon: Gap, peer: Peer, desk: FollowUpReceiver, admin: Client
) -> None:
    tell_webhooks(now=NOW)
    peer.status, moment = 503, NOW
    for _ in range(8):
        post_deliveries(now=moment)
        moment += timedelta(days=1)
    assert "Given up" in admin.get(PAGE).content.decode()

    peer.status = 200
    admin.post(f"{PAGE}posts/{HookDelivery.objects.get().pk}/again/")

    waiting: Any = HookDelivery.objects.get()
    assert post_deliveries(now=waiting.due_at) == 1
    words = admin.get(PAGE).content.decode()
    assert "Taken" in words
    assert "Last deliveries about gaps" in words


def test_old_posts_are_forgotten(watermelon: Gap, desk: FollowUpReceiver, settings: Any) -> None:
    tell_webhooks(now=NOW)
    post_deliveries(now=LATER)

    forget_old(KINDS, now=NOW + timedelta(days=settings.KEEP_MAIL_DAYS + 1))

    assert not HookDelivery.objects.exists()
