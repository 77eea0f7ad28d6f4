"""What moved a result is told over what both periods measured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from experience.models import Measurement
from experience.selectors.movement import movement
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from surveys.models import BusinessService, Response
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
MAY, JUNE = NOW.replace(month=5, day=6), NOW.replace(month=6, day=10)
HAPPY, MIDDLING = [5] * 16 + [4] * 4, [4] * 10 + [3] * 10


@pytest.fixture
def printing() -> BusinessService:
    service = BusinessServiceFactory.create()
    agreed(service)
    return service


def month(service: BusinessService, number: int) -> Measurement:
    later = NOW + timedelta(days=20)
    refresh_changed_days(now=later)
    measure_all(as_of=later.date(), now=later, changed_days=[MAY.date(), JUNE.date()])
    return Measurement.objects.get(service=service, period="month", starts_on__month=number)


def test_the_parts_sum_to_the_change(printing: BusinessService) -> None:
    answered(printing, HAPPY, resolved_at=MAY)
    answered(printing, MIDDLING, resolved_at=JUNE)

    moved = movement(month(printing, 6))

    assert moved is not None
    assert moved.change < -5
    assert sum(moved.by_stream.values()) == pytest.approx(moved.change)
    assert moved.by_indicator["rating"] < -20


def test_a_stream_that_one_period_lacks_is_left_out_and_named(printing: BusinessService) -> None:
    answered(printing, HAPPY, resolved_at=MAY)
    answered(printing, HAPPY, resolved_at=JUNE)

    moved = movement(month(printing, 6))

    assert moved is not None
    assert moved.left_out == ("T",)
    assert moved.change == pytest.approx(0)


def test_an_indicator_that_one_period_lacks_moves_nothing_and_is_named(printing: BusinessService) -> None:
    answered(printing, HAPPY, resolved_at=MAY)
    told = answered(printing, HAPPY, resolved_at=JUNE)
    Response.objects.filter(pk__in=[response.pk for response in told]).update(lost_time_minutes=480)

    moved = movement(month(printing, 6))

    assert moved is not None
    assert moved.change == pytest.approx(0)
    assert moved.indicators_left_out == ("Lost time",)


def test_the_first_period_has_nothing_to_compare_with(printing: BusinessService) -> None:
    answered(printing, HAPPY, resolved_at=JUNE)

    assert movement(month(printing, 5)) is None


def test_a_rolling_result_is_compared_with_the_newest_of_the_week_before_it(
    printing: BusinessService,
) -> None:
    answered(printing, HAPPY, resolved_at=MAY)
    answered(printing, MIDDLING, resolved_at=JUNE)
    refresh_changed_days(now=NOW + timedelta(days=40))
    measure_all(as_of=MAY.date() + timedelta(days=7), now=NOW)
    now = next(
        m
        for m in measure_all(as_of=JUNE.date() + timedelta(days=4), now=NOW + timedelta(days=13))
        if m.period == "rolling"
    )

    moved = movement(now)

    assert moved is not None
    assert moved.previous.ends_on == MAY.date() + timedelta(days=7)
    assert moved.change < -5
