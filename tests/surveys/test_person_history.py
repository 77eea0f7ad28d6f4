"""What became of asking one person, for those who set up; never what was answered."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import OptOut, Response, User
from tests.experience.factories import answer
from tests.factories import NOW, BusinessServiceFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, agreement_admin: User) -> Client:
    """A browser of somebody who sets up."""
    client.force_login(agreement_admin)
    return client


def answered(**columns: object) -> Response:
    return answer(BusinessServiceFactory.create(), rating=1, comment="Nobody came", **columns)


def history(client: Client, response: Response) -> str:
    address = reverse("person-history", args=[response.resolution.person_id])
    return client.get(address).content.decode()


def test_the_history_names_ticket_and_answer_but_not_its_words(page: Client) -> None:
    response = answered()

    words = history(page, response)

    assert response.resolution.ticket.number in words
    assert "An answer came." in words
    assert "Nobody came" not in words


def test_an_answer_that_was_set_apart_says_why(page: Client) -> None:
    response = answered()
    Response.objects.update(state=Response.State.SET_APART, set_apart_reason="Two links in one second.")

    words = history(page, response)

    assert "An answer came and was set apart: Two links in one second. It does not count." in words


def test_who_wants_no_survey_is_said_first(page: Client) -> None:
    response = answered()
    OptOut.objects.create(person=response.resolution.person, opted_out_at=NOW)

    words = re.sub("<.*?>", "", history(page, response))
    assert "Does not want any survey since 1 June 2026." in words


def test_a_person_without_tickets_has_an_empty_history(page: Client) -> None:
    address = reverse("person-history", args=[PersonFactory.create().pk])

    assert "No resolved ticket" in page.get(address).content.decode()


def test_tickets_of_others_are_not_in_it(page: Client) -> None:
    response, other = answered(), answered()

    assert other.resolution.ticket.number not in history(page, response)


def test_an_erased_person_has_no_page(page: Client) -> None:
    person = PersonFactory.create(erased_at=NOW)

    assert page.get(reverse("person-history", args=[person.pk])).status_code == 404
