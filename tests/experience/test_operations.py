"""The IT operations value metrics of a month: counted over all services that somebody reads."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from experience.engine.periods import Period
from experience.models import DayCell, Measurement, UnsolicitedText
from experience.selectors.operations import operations
from experience.services.library import install_indicators
from experience.services.packed_days import pack_days
from surveys.models import BusinessService, ServiceUserCount, User
from tests.experience.factories import measured, starter
from tests.factories import NOW, BusinessServiceFactory, TicketFactory

pytestmark = pytest.mark.django_db
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))


@pytest.fixture(autouse=True)
def _library() -> None:
    install_indicators()


def of_may(service: BusinessService, **columns: object) -> Measurement:
    month = {"period": Measurement.Period.MONTH, "starts_on": MAY.first_on, "ends_on": MAY.last_on}
    return measured(service, **({"agreement_version": starter()} | month | columns))  # type: ignore[arg-type]


def operations_page(client: Client, reader: User, **choice: str) -> str:
    client.force_login(reader)
    page = client.get(reverse("executive-operations"), {"month": "2026-05", **choice}).content.decode()
    return re.sub(r"(<[^>]+>|\s)+", " ", page)


def counted(service: BusinessService, day: date, **cells: tuple[int, int, int]) -> None:
    """Store bucket, count and total of each measure on a day."""
    for measure, (bucket, count, total) in cells.items():
        DayCell.objects.create(
            service=service, day=day, measure=measure, bucket=bucket, count=count, total=total
        )
    pack_days({(service.pk, day)})


def test_operations_are_counted_over_all_services_together(service: BusinessService, viewer: User) -> None:
    other = BusinessServiceFactory.create()
    counted(service, date(2026, 5, 4), reopened=(0, 10, 1), change_success=(0, 4, 3), cost=(0, 10, 25_000))
    counted(other, date(2026, 5, 5), reopened=(0, 30, 1), change_success=(0, 4, 4))

    found = operations(viewer, [MAY], now=NOW)[0]

    assert found.values["reopen_share"] == pytest.approx(2 / 40)
    assert found.values["change_success"] == pytest.approx(7 / 8)
    assert found.values["ticket_cost"] == pytest.approx(25.0)
    assert (found.values["availability"], found.values["apdex"]) == (None, None)


def test_satisfaction_counts_published_results_of_five_people_and_more(
    service: BusinessService, viewer: User
) -> None:
    of_may(service, rating=4.0, n_resolved=100)
    of_may(BusinessServiceFactory.create(), rating=2.0, n_resolved=300)
    of_may(BusinessServiceFactory.create(), rating=1.0, n_resolved=900, answered=4, status="hidden")
    of_may(BusinessServiceFactory.create(), rating=1.0, n_resolved=900, is_published=False)

    assert operations(viewer, [MAY], now=NOW)[0].rating == pytest.approx(2.5)


def test_lost_hours_are_added_up_month_by_month_without_those_of_few_people(
    service: BusinessService, viewer: User
) -> None:
    april = Period(date(2026, 4, 1), date(2026, 4, 30))
    of_may(service, lost_hours=30.0)
    of_may(BusinessServiceFactory.create(), lost_hours=12.5)
    of_may(BusinessServiceFactory.create(), lost_hours=900.0, answered=4, status="hidden")
    of_may(service, lost_hours=7.0, starts_on=april.first_on, ends_on=april.last_on)
    march = Period(date(2026, 3, 1), date(2026, 3, 31))

    found = operations(viewer, [MAY, april, march], now=NOW)

    assert [month.lost_hours for month in found] == [42.5, 7.0, None]


def test_what_few_people_wrote_unasked_is_not_told(service: BusinessService, viewer: User) -> None:
    row = {"service": service, "source": "chat", "day": date(2026, 5, 6), "polarity": -0.5}
    for author in range(9):
        UnsolicitedText.objects.create(author_hash=str(author), model_version="m1", **row)
    assert operations(viewer, [MAY], now=NOW)[0].mood is None

    UnsolicitedText.objects.create(author_hash="10", model_version="m1", **row)
    assert operations(viewer, [MAY], now=NOW)[0].mood == pytest.approx(-0.5)


def test_incidents_are_compared_with_the_month_and_the_year_before(
    service: BusinessService, viewer: User, client: Client
) -> None:
    ServiceUserCount.objects.create(service=service, valid_from=date(2025, 1, 1), user_count=100)
    for month, incidents in ((date(2026, 5, 6), 30), (date(2026, 4, 8), 20), (date(2025, 5, 7), 10)):
        opened_at = datetime(month.year, month.month, month.day, 9, tzinfo=UTC)
        TicketFactory.create_batch(incidents, service=service, opened_at=opened_at)

    page = operations_page(client, viewer)

    # 21 working days in May 2026, 22 in April and in May 2025.
    assert "30 20 (+57 %, " in page
    assert " 10 (+214 %, " in page


def test_operations_of_a_stranger_hold_their_own_services_alone(
    service: BusinessService, stranger: User, client: Client
) -> None:
    counted(service, date(2026, 5, 4), reopened=(0, 10, 1))

    assert operations(stranger, [MAY], now=NOW)[0].values == {}
    assert "Reopened" in operations_page(client, stranger)


def test_queries_for_operations_do_not_grow_with_the_services(viewer: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            operations(viewer, [MAY], now=NOW)
        return len(seen)

    counted(BusinessServiceFactory.create(), date(2026, 5, 4), reopened=(0, 10, 1))
    few = queries()
    for service in BusinessServiceFactory.create_batch(5):
        counted(service, date(2026, 5, 4), reopened=(0, 10, 1))

    assert queries() == few


def test_the_executive_page_fetches_operations_of_its_month_and_choice(
    service: BusinessService, viewer: User, client: Client
) -> None:
    of_may(service)
    client.force_login(viewer)

    page = client.get(reverse("executive"), {"month": "2026-05"}).content.decode()
    part = client.get(reverse("executive-operations"), {"month": "2026-05"}, headers={"HX-Request": "true"})

    assert f'hx-get="{reverse("executive-operations")}?month=2026-05' in page
    assert part.content.decode().lstrip().startswith("<section")
