"""The filter that the reading pages share: supplier and assignment group, kept from page to page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import Improvement, ServiceGroup
from experience.selectors.narrowing import narrowing_choices
from surveys.models import BusinessService, Response, SurveyVersion, User
from tests.experience.factories import TODAY, answer, gap, measured, starter
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
PAGES = ("portfolio", "gaps", "comments", "improvements", "reviews")


@pytest.fixture
def page(client: Client, agreement_admin: User) -> Client:
    """A browser of somebody who reads everything."""
    client.force_login(agreement_admin)
    return client


@pytest.fixture
def two() -> tuple[BusinessService, BusinessService]:
    """Two services of two suppliers and groups, each with a gap, an action and a comment that name it."""
    return made("Alpha", "Aster", "Desk"), made("Omega", "Borealis", "Field")


def made(name: str, supplier: str, group: str) -> BusinessService:
    service = BusinessServiceFactory.create(key=name.lower(), name=name, supplier=supplier)
    ServiceGroup.objects.create(service=service, assignment_group=group)
    month = {
        "period": "month",
        "starts_on": TODAY.replace(month=4),
        "ends_on": TODAY.replace(month=4, day=30),
    }
    measured(service, agreement_version=starter(), **month)
    found = gap(service, last_measurement=measured(service, agreement_version=starter()))
    Improvement.objects.create(
        service=service,
        gap=found,
        triggered_on=TODAY,
        what=f"Mend {name}",
        due_on=TODAY + timedelta(days=9),
        expected_points=5,
        planned_at=NOW,
    )
    by_group(answer(service, comment=f"About {name}"), group)
    return service


def by_group(response: Response, group: str) -> None:
    response.resolution.assignment_group = group
    response.resolution.save()


def shown(client: Client, name: str, query: str = "") -> str:
    response = client.get(reverse(name) + query)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


def content(words: str) -> str:
    """The list of a page without the fields of its forms, which name every choice."""
    return words.partition("<main")[2].partition("</form>")[2] or words


@pytest.mark.parametrize("query", ["?supplier=Aster", "?group=Desk", "?supplier=Aster&group=Desk"])
@pytest.mark.parametrize("name", PAGES)
def test_every_reading_page_filters_by_supplier_and_group(
    page: Client, two: tuple[BusinessService, BusinessService], name: str, query: str
) -> None:
    both, narrowed = content(shown(page, name)), content(shown(page, name, query))

    assert "Alpha" in both
    assert "Omega" in both
    assert "Alpha" in narrowed
    assert "Omega" not in narrowed


@pytest.mark.parametrize("query", ["?supplier=Aster", "?group=Desk"])
def test_the_executive_page_counts_the_chosen_services_alone(
    page: Client, two: tuple[BusinessService, BusinessService], query: str
) -> None:
    everything = shown(page, "executive", "?month=2026-04")
    narrowed = shown(page, "executive", f"{query}&month=2026-04")

    assert "of 2 services on target" in everything
    assert "of 1 services on target" in narrowed
    assert '<th scope="row">Borealis</th>' not in narrowed


@pytest.mark.parametrize("name", [*PAGES, "executive"])
def test_the_filter_goes_along_to_the_other_pages(
    page: Client, two: tuple[BusinessService, BusinessService], name: str
) -> None:
    bar = shown(page, name, "?supplier=Aster&group=Desk").partition("<main")[0]

    for other in (*PAGES, "executive"):
        assert f'href="{reverse(other)}?supplier=Aster&amp;group=Desk"' in bar
    assert f'href="{reverse("agreements")}"' in bar


def test_a_supplier_without_services_says_that_nothing_matches(
    page: Client, two: tuple[BusinessService, BusinessService]
) -> None:
    for name in ("portfolio", "gaps", "comments", "improvements", "reviews"):
        words = shown(page, name, "?supplier=Nobody")
        assert "None matches" in words or "No service matches" in words, name


def test_only_suppliers_and_groups_of_own_services_can_be_chosen(
    two: tuple[BusinessService, BusinessService], owner: User, stranger: User
) -> None:
    BusinessService.objects.filter(pk=two[0].pk).update(owner=owner)

    assert narrowing_choices(owner).suppliers == ["Aster"]
    assert narrowing_choices(owner).groups == ["Desk"]
    assert narrowing_choices(stranger).suppliers == []


def test_comments_are_those_on_tickets_of_the_group(
    page: Client, two: tuple[BusinessService, BusinessService]
) -> None:
    by_group(answer(two[0], comment="Handled by somebody else"), "Field")

    words = content(shown(page, "comments", "?group=Desk"))

    assert "About Alpha" in words
    assert "Handled by somebody else" not in words


def test_confidential_comments_are_never_picked_by_group(
    page: Client, two: tuple[BusinessService, BusinessService]
) -> None:
    for number in range(6):
        kept = answer(two[0], mode=SurveyVersion.Mode.CONFIDENTIAL, comment=f"In confidence {number}")
        by_group(kept, "Desk")

    assert "In confidence" in content(shown(page, "comments"))
    assert "In confidence" not in content(shown(page, "comments", "?group=Desk"))


def test_the_results_of_an_agreement_are_narrowed(page: Client, two: tuple[BusinessService, ...]) -> None:
    address = reverse("agreement-results", args=[starter().agreement.key])

    narrowed = page.get(address, {"supplier": "Aster"}).content.decode()
    nothing = page.get(address, {"supplier": "Aster", "group": "Field"}).content.decode()

    assert "Alpha" in narrowed
    assert "Omega" not in narrowed
    assert "No service fits this choice." in nothing
