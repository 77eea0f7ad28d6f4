"""The review of a service and the executive page: a month in figures that do not overclaim."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experience.engine.periods import Period
from experience.models import Gap, Measurement
from experience.selectors.executive import executive
from surveys.models import BusinessService, ServiceUserCount, User
from tests.experience.factories import gap, measured, results, starter
from tests.factories import BusinessServiceFactory, TicketFactory

pytestmark = pytest.mark.django_db
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))


def of_may(service: BusinessService, **columns: object) -> Measurement:
    month = {"period": Measurement.Period.MONTH, "starts_on": MAY.first_on, "ends_on": MAY.last_on}
    return measured(service, **({"agreement_version": starter()} | month | columns))  # type: ignore[arg-type]


def test_the_executive_counts_services_people_and_hours_of_the_month(
    service: BusinessService, viewer: User
) -> None:
    of_may(service)
    of_may(BusinessServiceFactory.create(supplier="Aster"), status="lean_red")
    of_may(BusinessServiceFactory.create(supplier="Kestrel"), status="likely_green")
    of_may(BusinessServiceFactory.create(supplier="Kestrel"), status="collecting")
    gap(service, opened_on=date(2026, 5, 10))

    found = executive(viewer, MAY)

    assert (found.whole.below, found.whole.below_sure, found.whole.on_target) == (2, 1, 1)
    assert (found.whole.unjudged, found.whole.people, found.opened) == (1, 180, 1)
    assert found.whole.lost_hours == pytest.approx(4 * 31.5)
    assert found.whole.repeat_share == pytest.approx(0.2)
    assert [each.name for each in found.named] == ["Aster", "Kestrel"]
    assert found.disappointing == 0  # Aster is not sure, and the own team is no supplier


def test_lost_hours_cost_what_an_hour_of_their_service_costs(
    service: BusinessService, viewer: User, client: Client, settings: Any
) -> None:
    settings.COST_PER_LOST_HOUR, settings.CURRENCY = 10, "CHF"
    of_may(service)
    of_may(BusinessServiceFactory.create(hour_cost=50))
    client.force_login(viewer)

    found = executive(viewer, MAY)

    assert found.whole.lost_cost == pytest.approx(31.5 * 10 + 31.5 * 50)
    words = client.get(reverse("executive"), {"month": "2026-05"}).content.decode().replace("\u00a0", " ")
    assert "about CHF 1,900" in words


def test_hours_without_a_rate_are_told_without_money(service: BusinessService, viewer: User) -> None:
    of_may(service)

    assert executive(viewer, MAY).whole.lost_cost is None


def test_hours_of_fewer_than_five_people_are_left_out(service: BusinessService, viewer: User) -> None:
    of_may(service, status="hidden", answered=3)

    assert executive(viewer, MAY).whole.lost_hours is None


def test_a_watermelon_is_fixed_in_the_month_in_which_it_closed(
    service: BusinessService, viewer: User
) -> None:
    gap(service, state=Gap.State.CLOSED, opened_on=date(2026, 4, 2), closed_on=date(2026, 5, 20))

    found = executive(viewer, MAY)

    assert (found.opened, found.fixed) == (0, 1)


def test_people_count_once_where_two_gaps_stood_in_the_month(service: BusinessService, viewer: User) -> None:
    of_may(service)
    first = {"opened_on": date(2026, 4, 6), "closed_on": date(2026, 5, 4), "state": Gap.State.CLOSED}
    gap(service, kind=Gap.Kind.RED_ON_BOTH, affected_people=120, **first)
    gap(service, opened_on=date(2026, 5, 18), affected_people=180)

    assert executive(viewer, MAY).whole.people == 180


def test_a_stranger_gets_the_numbers_of_their_own_services_alone(
    service: BusinessService, stranger: User
) -> None:
    of_may(service)

    assert executive(stranger, MAY).whole.services == 0


def test_the_executive_page_says_who_is_sure(client: Client, viewer: User, service: BusinessService) -> None:
    of_may(service)
    client.force_login(viewer)

    words = client.get(reverse("executive") + "?month=2026-05").content.decode()

    assert "1 below (1 sure)" in words
    assert (
        "Nothing was measured in this month"
        in client.get(reverse("executive") + "?month=2020-01").content.decode()
    )


def test_the_review_shows_its_month_and_the_gap_that_stood_in_it(
    client: Client, owner: User, service: BusinessService
) -> None:
    of_may(service, rating=3.1, rating_low=2.9, rating_high=3.3)
    gap(service, opened_on=date(2026, 5, 10), state=Gap.State.CLOSED, closed_on=date(2026, 6, 5))
    client.force_login(owner)

    words = client.get(reverse("review", args=[service.key, "2026-05"])).content.decode()

    assert "Users rate it 3.1 of 5 (2.9–3.3)" in words
    assert "<b>Watermelon</b> (Closed) since 10 May; 180 people." in words
    assert (
        "Nothing was measured in April 2026"
        in client.get(reverse("review", args=[service.key, "2026-04"])).content.decode()
    )
    assert client.get(reverse("review", args=[service.key, "2026-13"])).status_code == 404


def test_the_review_says_where_incidents_changed(
    client: Client, owner: User, service: BusinessService
) -> None:
    of_may(service)
    ServiceUserCount.objects.create(service=service, valid_from=date(2025, 1, 1), user_count=10)
    for month, count in ((4, 2), (5, 30)):
        TicketFactory.create_batch(
            count, service=service, category="login", opened_at=datetime(2026, month, 8, 9, tzinfo=UTC)
        )
    client.force_login(owner)

    words = client.get(reverse("review", args=[service.key, "2026-05"])).content.decode()

    assert (
        'Category: login <span class="chip">notable</span></th><td class="num">2</td><td class="num">30</td>'
        in words
    )
    assert '<td class="num">+28</td>' in words  # 30 - 2 x 210 / 220 user-days
    assert "Site: not named" in words
    assert "a year before" not in words  # nothing is known of May 2025: that is silence, not a zero


def test_a_review_counts_who_answered_in_its_own_month(
    client: Client, owner: User, service: BusinessService
) -> None:
    may = of_may(service)
    june = {"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 30)}
    of_may(service, agreement_version=may.agreement_version, results=results(3.7, answered=31), **june)
    client.force_login(owner)

    page = client.get(reverse("review", args=[service.key, "2026-05"])).content.decode()

    assert '<span class="bars__figure figure">40</span>' in page
    assert '<span class="bars__figure figure">31</span>' not in page


def test_the_list_shows_how_each_month_went_and_leads_to_the_months_that_were_measured(
    client: Client, viewer: User, service: BusinessService, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2026, 7, 20, tzinfo=UTC))
    may = of_may(service, rating=3.1)
    few = BusinessServiceFactory.create(name="Archive")
    of_may(few, agreement_version=may.agreement_version, status="hidden", answered=3, rating=1.3)
    client.force_login(viewer)

    words = client.get(reverse("reviews")).content.decode()

    assert f'aria-label="{service.name}, May 2026: Below target, 3.1"' in words
    assert 'aria-label="Archive, May 2026: Hidden"' in words
    assert reverse("review", args=[service.key, "2026-04"]) not in words


def test_the_executive_page_leads_from_a_supplier_to_its_services(
    client: Client, viewer: User, service: BusinessService
) -> None:
    of_may(service)
    of_may(BusinessServiceFactory.create(supplier="R&D / Aster"))
    client.force_login(viewer)

    words = client.get(reverse("executive") + "?month=2026-05").content.decode()

    assert 'href="/?supplier=R%26D%20%2F%20Aster&amp;month=2026-05">R&amp;D / Aster</a>' in words
    assert 'scope="row">Own teams</th>' in words


# --- size ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["executive", "reviews"])
def test_the_number_of_queries_does_not_grow_with_the_services(
    client: Client, viewer: User, address: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(viewer)
    for number in range(60):
        BusinessServiceFactory.create(name=f"Service {number:02d}")

    with django_assert_max_num_queries(12):
        response = client.get(reverse(address))

    assert response.status_code == 200


def test_reviews_come_in_pages(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    for number in range(60):
        BusinessServiceFactory.create(name=f"Service {number:02d}")

    first, second = (client.get(reverse("reviews") + query).content.decode() for query in ("", "?page=2"))

    assert "1–50 of 60" in first
    assert "Service 59" not in first
    assert "Service 59" in second
