from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from surveys.models import BusinessService, Decision, SurveyVersion, User
from surveys.selectors.why_asked import _REASONS
from surveys.services.default_survey import create_default_survey
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    DecisionFactory,
    InvitationFactory,
    MessageFactory,
    ResolutionFactory,
    ResponseFactory,
)

pytestmark = pytest.mark.django_db


def page(user: User, number: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/asking/", {"ticket": number}).content.decode()


def test_every_reason_is_explained() -> None:
    assert set(_REASONS) == set(Decision.Reason.values)


def test_without_a_number_nothing_is_looked_up(owner: User) -> None:
    assert "Ticket number" in page(owner, "")


@pytest.mark.parametrize("reason", Decision.Reason.values)
def test_the_page_says_why(viewer: User, reason: str) -> None:
    is_asked = reason.startswith("asked")
    decision = DecisionFactory.create(reason=reason, is_asked=is_asked)

    shown = page(viewer, decision.resolution.ticket.number.lower())

    assert _REASONS[reason].split("'")[0] in shown


def test_what_happened_after_stands_in_its_order(viewer: User) -> None:
    invitation = InvitationFactory.create()
    MessageFactory.create(invitation=invitation, state="sent", sent_at=invitation.due_at)
    ResponseFactory.create(invitation=invitation)
    MessageFactory.create(invitation=invitation, kind="reminder", state="withdrawn", due_at=NOW)

    shown = page(viewer, invitation.resolution.ticket.number)

    sentences = ["The survey falls due", "taken by the mail server", "An answer came", "The survey closes"]
    places = [shown.index(sentence) for sentence in sentences]
    assert places == sorted(places)
    assert "The reminder was taken back and not sent." in shown


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_when_somebody_answered_in_confidence_is_not_told(viewer: User, mode: str) -> None:
    version = create_default_survey(now=NOW)
    SurveyVersion.objects.update(mode=mode)
    response = ResponseFactory.create(invitation=InvitationFactory.create(survey_version=version))

    shown = page(viewer, response.resolution.ticket.number)

    assert "The survey falls due" in shown
    assert "An answer came" not in shown


def test_an_undecided_resolution_says_what_to_look_at(viewer: User) -> None:
    resolution = ResolutionFactory.create()

    assert "the worker does not run" in page(viewer, resolution.ticket.number)


def test_a_stranger_learns_nothing(service: BusinessService, owner: User, stranger: User) -> None:
    resolution = ResolutionFactory.create(on_service=service)
    DecisionFactory.create(resolution=resolution)
    number = resolution.ticket.number

    assert "The person was asked." in page(owner, number)
    assert f"No resolution of {number}" in page(stranger, number)


def test_the_api_says_the_same(owner: User, stranger: User, service: BusinessService) -> None:
    resolution = ResolutionFactory.create(on_service=service, resolved_at=NOW - timedelta(days=1))
    DecisionFactory.create(resolution=resolution, reason="resting", is_asked=False, probability=0.1)
    url = f"/api/v1/tickets/{resolution.ticket.number}/asking/"
    client, other = Client(), Client()
    client.force_login(owner)
    other.force_login(stranger)

    (told,) = client.get(url).json()["resolutions"]

    assert (told["reason"], told["is_asked"], told["probability"]) == ("resting", False, 0.1)
    assert other.get(url).status_code == 404
    assert Client().get(url).status_code == 401
    assert client.get(url, {"when": "now"}).status_code == 400


def decided(service: BusinessService, *, group: str = "", reason: str = "asked", days_ago: int = 0) -> str:
    """A ticket of a service about which something was decided; returns its number."""
    resolution = ResolutionFactory.create(
        on_service=service,
        assignment_group=group,
        resolved_at=timezone.now() - timedelta(days=days_ago),
        resolved_on=timezone.localdate() - timedelta(days=days_ago),
    )
    DecisionFactory.create(resolution=resolution, reason=reason, is_asked=reason.startswith("asked"))
    return resolution.ticket.number


def listed(user: User, **choice: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/asking/", choice).content.decode()


def test_what_was_decided_lately_is_listed_for_own_services_alone(
    service: BusinessService, owner: User, stranger: User
) -> None:
    own, old = decided(service), decided(service, days_ago=8)
    foreign = decided(BusinessServiceFactory.create())

    shown = listed(owner)

    assert own in shown
    assert old not in shown
    assert foreign not in shown
    assert own not in listed(stranger)


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({}, {"mail", "print"}),
        ({"supplier": "Kestrel"}, {"mail"}),
        ({"group": "Floor"}, {"print"}),
        ({"service": "print"}, {"print"}),
        ({"reason": "resting"}, {"print"}),
        ({"group": "Floor", "reason": "asked"}, set()),
    ],
)
def test_decisions_are_narrowed_by(viewer: User, choice: dict[str, str], found: set[str]) -> None:
    mail = BusinessServiceFactory.create(key="mail", supplier="Kestrel")
    printing = BusinessServiceFactory.create(key="print", supplier="Lindow")
    numbers = {
        "mail": decided(mail, group="Desk"),
        "print": decided(printing, group="Floor", reason="resting"),
    }

    shown = listed(viewer, **choice)

    assert {key for key, number in numbers.items() if number in shown} == found


def test_the_list_takes_as_many_queries_for_fifty_as_for_one(
    viewer: User, service: BusinessService, django_assert_max_num_queries: Any
) -> None:
    for _ in range(60):
        decided(service)
    client = Client()
    client.force_login(viewer)

    with django_assert_max_num_queries(9):
        page = client.get("/asking/")

    assert page.content.decode().count("?ticket=") == 50
