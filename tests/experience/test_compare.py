"""Sites and personas of a closed month, and a service beside another one, another month or a part."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from experience.engine.change import difference
from experience.engine.intervals import Estimate
from experience.models import Measurement
from experience.selectors.segments import closed_months
from surveys.models import BusinessService, Response, User
from tests.experience.factories import measured, starter, weekly
from tests.experience.scenes import agreed, answered
from tests.factories import BusinessServiceFactory

pytestmark = pytest.mark.django_db
APRIL, MARCH = date(2026, 4, 1), date(2026, 3, 1)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    """A browser in which the owner of `service` is signed in."""
    client.force_login(owner)
    return client


@pytest.fixture
def april(service: BusinessService) -> Measurement:
    """The closed April of the service."""
    agreed(service)
    return closed(service, APRIL)


def closed(service: BusinessService, month: date, **columns: object) -> Measurement:
    last = date(month.year, month.month, 30)
    days = {"starts_on": month, "ends_on": last, "period": "month", "state": "final"}
    return measured(service, agreement_version=starter(), **days, **columns)


def at(service: BusinessService, site: str, ratings: list[int], month: date = APRIL) -> list[Response]:
    responses = answered(service, ratings, resolved_at=datetime(month.year, month.month, 9, 12, tzinfo=UTC))
    for response in responses:
        response.resolution.site = site
        response.resolution.save()
    return responses


def shown(client: Client, service: BusinessService, tab: str, **query: str) -> str:
    address = reverse("service-tab", args=[service.key, tab])
    response = client.get(f"{address}?{urlencode(query)}")
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


# --- differences --------------------------------------------------------------------------------------------


def test_a_difference_adds_the_squares_of_the_ends_that_face_each_other() -> None:
    found = difference(Estimate(4.0, 3.7, 4.2), Estimate(3.0, 2.6, 3.3))

    assert found.value == pytest.approx(1.0)
    assert found.low == pytest.approx(1.0 - (0.3**2 + 0.3**2) ** 0.5)
    assert found.high == pytest.approx(1.0 + (0.2**2 + 0.4**2) ** 0.5)


def test_a_difference_turned_round_is_its_mirror() -> None:
    one, other = Estimate(4.0, 3.7, 4.2), Estimate(3.0, 2.6, 3.3)

    there, back = difference(one, other), difference(other, one)

    assert (back.value, back.low, back.high) == pytest.approx((-there.value, -there.high, -there.low))


# --- people -------------------------------------------------------------------------------------------------


def test_sites_of_a_closed_month_stand_with_their_interval(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 10)
    at(service, "Bergen", [5] * 12)

    words = shown(page, service, "people")

    assert "April 2026" in words
    assert "Oslo" in words
    assert "2.2 below target" in words
    assert words.index("Bergen") < words.index("Oslo")  # more people first


def test_a_site_of_fewer_than_five_is_hidden_and_one_more_with_it(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 4)
    at(service, "Bergen", [5] * 12)
    at(service, "Tromsø", [4] * 20)

    words = shown(page, service, "people")

    assert "Tromsø" in words
    assert "Oslo" not in words
    assert "Bergen" not in words
    assert "2 parts are left out" in words


def test_nothing_is_told_of_a_month_in_which_too_few_answered(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 4)

    words = shown(page, service, "people")

    assert "Too few people answered in this month" in words
    assert "Oslo" not in words


def test_only_closed_and_published_months_can_be_chosen(service: BusinessService, april: Measurement) -> None:
    provisional = {"period": "month", "starts_on": date(2026, 5, 1), "ends_on": date(2026, 5, 31)}
    measured(service, agreement_version=starter(), **provisional)
    closed(service, MARCH, is_published=False)

    assert closed_months(service) == [APRIL]


def test_a_service_without_a_closed_month_says_when_there_will_be_one(
    page: Client, service: BusinessService
) -> None:
    assert "No closed month yet" in shown(page, service, "people")


# --- compare ------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(service: BusinessService, owner: User) -> BusinessService:
    """A happier service of the same owner, both with a result of the last 28 days."""
    version = starter()
    other = BusinessServiceFactory.create(key="archive", name="Archive", owner=owner)
    measured(service, agreement_version=version)
    measured(other, agreement_version=version, rating=4.6, rating_low=4.5, rating_high=4.7)
    return other


def test_two_services_stand_side_by_side_with_their_difference(
    page: Client, service: BusinessService, pair: BusinessService
) -> None:
    words = shown(page, service, "compare", **{"with": "archive"})

    assert "−0.9" in words
    assert "−1.1 to −0.7" in words
    assert "Sure" in words
    assert "last 28 days" in words


def test_the_weeks_of_both_services_stand_in_a_table_behind_the_charts(
    page: Client, service: BusinessService, pair: BusinessService
) -> None:
    weekly(service, [4.0, 3.9, 3.8])
    weekly(pair, [4.7, 4.5])

    words = shown(page, service, "compare", **{"with": "archive"})

    table = words.partition('aria-label="Ratings by week"')[2].partition("</table>")[0]
    assert table.count('<th scope="row">') == 3
    newest = table.partition('<th scope="row">')[2].partition("</tr>")[0]
    assert ("<td>3.8</td>" in newest, "<td>4.5</td>" in newest) == (True, True)
    assert table.rpartition('<th scope="row">')[2].count("<td>–</td>") == 2  # only one of both was measured


def test_what_may_be_chance_is_not_called_sure(
    page: Client, service: BusinessService, pair: BusinessService
) -> None:
    Measurement.objects.filter(service=pair).update(rating=3.8, rating_low=3.5, rating_high=4.1)

    words = shown(page, service, "compare", **{"with": "archive"})

    assert "−0.1" in words
    assert "Not sure" in words
    assert '<span class="native">Sure</span>' not in words


def test_a_service_that_one_may_not_read_cannot_be_had_by_comparing(
    page: Client, service: BusinessService, pair: BusinessService, stranger: User
) -> None:
    BusinessService.objects.filter(pk=pair.pk).update(owner=stranger)

    words = shown(page, service, "compare", **{"with": "archive"})

    assert "Archive" not in words
    assert "4.6" not in words


def test_two_months_of_one_service_are_compared(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    closed(service, MARCH, rating=4.4, rating_low=4.3, rating_high=4.5)

    words = shown(page, service, "compare")

    assert "March 2026" in words
    assert "−0.7" in words


def test_two_sites_are_compared_as_answered(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 10)
    at(service, "Bergen", [5] * 12)

    words = shown(
        page, service, "compare", period="2026-04", who="site:Oslo", period2="2026-04", who2="site:Bergen"
    )

    assert "Rating, as answered" in words
    assert "−3.0" in words
    assert "Sure" in words


def test_a_hidden_site_shows_nothing_whatever_the_address_says(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 4)
    at(service, "Bergen", [5] * 12)
    at(service, "Tromsø", [4] * 20)

    words = shown(page, service, "compare", period="2026-04", who="site:Oslo", period2="2026-04")

    assert "Too few people of this part answered in this month to be shown." in words
    assert "2.0" not in words


def test_sides_that_share_answers_are_shown_but_not_judged(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    at(service, "Oslo", [2] * 10)
    at(service, "Bergen", [5] * 12)

    words = shown(page, service, "compare", period="2026-04", who="site:Oslo", period2="2026-04")

    assert "Some answers stand on both sides" in words
    assert '<span class="native">Sure</span>' not in words


def test_a_part_is_never_taken_from_a_month_that_still_changes(
    page: Client, service: BusinessService, april: Measurement
) -> None:
    may = {"period": "month", "starts_on": date(2026, 5, 1), "ends_on": date(2026, 5, 31)}
    measured(service, agreement_version=starter(), **may)
    at(service, "Oslo", [2] * 10, month=date(2026, 5, 1))

    words = shown(page, service, "compare", period="2026-05", who="site:Oslo", period2="2026-04")

    assert "Too few people of this part" in words
    assert "2.0" not in words
