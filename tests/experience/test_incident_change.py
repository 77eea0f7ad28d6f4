"""Incidents per user-day against an earlier month, and where the difference comes from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from experience.engine.periods import Period
from experience.selectors.incident_change import month_over_month, year_over_year
from surveys.models import BusinessService, ServiceUserCount
from tests.factories import BusinessServiceFactory, TicketFactory

pytestmark = pytest.mark.django_db
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
LATER = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.fixture
def mail() -> BusinessService:
    service = BusinessServiceFactory.create()
    ServiceUserCount.objects.create(service=service, valid_from=date(2025, 1, 1), user_count=10)
    return service


def opened(service: BusinessService, on: date, count: int, **more: str) -> None:
    TicketFactory.create_batch(
        count, service=service, opened_at=datetime(on.year, on.month, on.day, 9, tzinfo=UTC), **more
    )


def test_a_service_without_incidents_shows_none(mail: BusinessService) -> None:
    found = month_over_month(mail, MAY, now=LATER)

    assert (found.total.count_now, found.total.change, found.splits["site"]) == (0, None, ())


def test_what_moved_most_comes_first_in_every_split(mail: BusinessService) -> None:
    april, may = date(2026, 4, 8), date(2026, 5, 8)
    opened(mail, april, 12, category="calendar", site="Bern")
    opened(mail, may, 12, category="calendar", site="Bern")
    opened(mail, april, 2, category="login", site="Basel", assignment_group="access")
    opened(mail, may, 30, category="login", site="Basel", assignment_group="access")
    opened(mail, may, 5, kind="request", category="login")

    found = month_over_month(mail, MAY, now=LATER)

    assert found.before == Period(date(2026, 4, 1), date(2026, 4, 30))
    assert (found.total.count_now, found.total.count_before) == (42, 14)
    assert found.total.change.value == pytest.approx(42 / 210 / (14 / 220))
    first, second = found.splits["category"]
    assert (first.name, first.count_now, first.is_notable) == ("login", 30, True)
    assert (second.name, second.is_notable) == ("calendar", False)
    assert first.more == pytest.approx(30 - 2 * 210 / 220)
    assert [part.name for part in found.splits["site"]] == ["Basel", "Bern"]
    assert [part.name for part in found.splits["assignment_group"]] == ["access", ""]


def test_a_year_before_is_the_same_month(mail: BusinessService) -> None:
    opened(mail, date(2025, 5, 8), 3)
    opened(mail, date(2026, 4, 8), 9)

    found = year_over_year(mail, MAY, now=LATER)

    assert found.before == Period(date(2025, 5, 1), date(2025, 5, 31))
    assert (found.total.count_now, found.total.count_before) == (0, 3)


def test_without_user_counts_there_are_counts_but_no_rate(mail: BusinessService) -> None:
    ServiceUserCount.objects.all().delete()
    opened(mail, date(2026, 5, 8), 3)

    found = month_over_month(mail, MAY, now=LATER)

    assert (found.total.count_now, found.total.change, found.total.more) == (3, None, None)


def test_a_running_month_counts_its_days_so_far(mail: BusinessService) -> None:
    opened(mail, date(2026, 4, 8), 10)
    opened(mail, date(2026, 5, 8), 10)

    found = month_over_month(mail, MAY, now=datetime(2026, 5, 10, tzinfo=UTC))

    assert found.total.change.value == pytest.approx(220 / 60)


def test_of_many_parts_one_needs_more_to_be_notable(mail: BusinessService) -> None:
    opened(mail, date(2026, 4, 8), 3, category="login")
    opened(mail, date(2026, 5, 8), 12, category="login")
    alone = month_over_month(mail, MAY, now=LATER).splits["category"]

    for number in range(9):
        opened(mail, date(2026, 5, 8), 1, category=f"other {number}")

    among_ten = month_over_month(mail, MAY, now=LATER).splits["category"]
    assert (alone[0].is_notable, among_ten[0].name, among_ten[0].is_notable) == (True, "login", False)
