"""The KPI tree: its state is read off services, rolls up, and knows what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import BusinessGoal, FactorIndicator, Indicator, ServiceGroup, SuccessFactor
from experience.selectors.kpi_tree import Standing, kpi_trees, rolled_up
from surveys.models import BusinessService, User
from tests.experience.factories import indicator, measured, results, starter
from tests.factories import BusinessServiceFactory

pytestmark = pytest.mark.django_db
ON, BELOW, UNKNOWN = Standing.ON_TARGET, Standing.BELOW, Standing.UNKNOWN


@pytest.fixture
def leaf(owner: User) -> FactorIndicator:
    """Satisfaction, by which the first goal is seen; four of five services are to be on target."""
    starter()
    goal = BusinessGoal.objects.create(name="New joiners work from day one", owner=owner)
    factor = SuccessFactor.objects.create(goal=goal, value_stream="detect_to_correct", name="Quick repair")
    return FactorIndicator.objects.create(
        factor=factor, indicator=Indicator.objects.get(key="rating"), owner=owner, target_share=0.8
    )


def service_with(score: float | None, **columns: Any) -> BusinessService:
    service = BusinessServiceFactory.create(**columns)
    document = results(3.7)
    document["indicators"] = [indicator("rating", 3.7, score=score)]
    measured(service, agreement_version=starter(), results=document)
    return service


@pytest.mark.parametrize(
    ("parts", "whole"),
    [([], UNKNOWN), ([UNKNOWN], UNKNOWN), ([ON, UNKNOWN], ON), ([ON, BELOW], BELOW), ([ON, ON], ON)],
)
def test_a_whole_is_below_as_soon_as_one_part_is(parts: list[Standing], whole: Standing) -> None:
    assert rolled_up(parts) is whole


@pytest.mark.parametrize(("below", "standing"), [(1, ON), (2, BELOW)])
def test_an_indicator_counts_the_services_on_target(
    leaf: FactorIndicator, viewer: User, below: int, standing: Standing
) -> None:
    for number in range(5):
        service_with(50.0 if number < below else 80.0)

    (tree,) = kpi_trees(viewer)

    found = tree.branches[0].leaves[0]
    assert (found.on_target, found.measured) == (5 - below, 5)
    assert (found.standing, tree.branches[0].standing, tree.standing) == (standing,) * 3


def test_what_nobody_measures_is_unknown(leaf: FactorIndicator, viewer: User) -> None:
    service_with(None)
    service_with(80.0, value_stream="request_to_fulfil")

    assert kpi_trees(viewer)[0].standing is UNKNOWN


def test_answers_of_fewer_than_five_people_tell_nothing(leaf: FactorIndicator, viewer: User) -> None:
    document = results(3.7)
    document["indicators"] = [indicator("rating", 1.2, score=10.0)]
    measured(BusinessServiceFactory.create(), results=document, status="hidden", answered=3)

    assert kpi_trees(viewer)[0].standing is UNKNOWN


def test_the_page_names_the_services_that_are_below(
    client: Client, leaf: FactorIndicator, viewer: User
) -> None:
    low, high = service_with(50.0, name="Archive"), service_with(80.0, name="Printing")
    client.force_login(viewer)

    words = client.get(reverse("kpi-tree")).content.decode()

    assert f'<a href="{reverse("service-tab", args=[low.key, "why"])}">Archive</a>' in words
    assert high.name not in words


def test_services_that_one_may_not_read_do_not_count(leaf: FactorIndicator, owner: User) -> None:
    service_with(20.0)
    service_with(80.0, owner=owner)

    found = kpi_trees(owner)[0].branches[0].leaves[0]

    assert (found.on_target, found.measured) == (1, 1)


@pytest.mark.parametrize("query", ["?supplier=Aster", "?group=Desk"])
def test_the_tree_is_seen_over_the_services_of_one_supplier_or_group(
    client: Client, leaf: FactorIndicator, viewer: User, query: str
) -> None:
    service_with(80.0, supplier="Borealis")
    aster = service_with(20.0, supplier="Aster")
    ServiceGroup.objects.create(service=aster, assignment_group="Desk")
    client.force_login(viewer)

    words = client.get(reverse("kpi-tree") + query).content.decode().replace("\u00a0", " ")

    assert "0 of 1 service on target" in words
    assert f"{reverse('reviews')}{query}" in words.replace("&amp;", "&")


def test_the_page_names_goal_stream_factor_indicator_owner_and_target(
    client: Client, leaf: FactorIndicator, viewer: User
) -> None:
    service_with(80.0)
    client.force_login(viewer)

    words = client.get(reverse("kpi-tree")).content.decode().replace("\u00a0", " ")

    for said in ("New joiners work from day one", "Detect to Correct", "Quick repair", "80 % of services"):
        assert said in words
    assert "1 of 1 service on target" in words
    assert "Edit" not in words


def test_an_empty_tree_says_what_belongs_into_it(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    words = client.get(reverse("kpi-tree")).content.decode()

    assert "No goal yet" in words
    assert "Write the first goal" in words


def test_the_number_of_queries_does_not_grow_with_the_tree(
    client: Client, leaf: FactorIndicator, viewer: User, django_assert_max_num_queries: Any
) -> None:
    client.force_login(viewer)
    for number in range(5):
        factor = SuccessFactor.objects.create(
            goal=leaf.factor.goal, value_stream="request_to_fulfil", name=f"Factor {number}"
        )
        FactorIndicator.objects.create(factor=factor, indicator=leaf.indicator)
        service_with(80.0)

    with django_assert_max_num_queries(9):
        client.get(reverse("kpi-tree"))
