"""Periods, maturity and working days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from experience.engine.periods import (
    Period,
    after_action,
    baseline_months,
    bounds,
    is_final,
    is_wider,
    latest_mature_day,
    live_months,
    local_day,
    month_label,
    month_of,
    previous_month,
    provisional_until,
    week_of,
    window,
    working_days_between,
    working_window,
)
from surveys.engine.weeks import iso_week

BERLIN, KIRITIMATI = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")
MAY = Period(date(2024, 5, 1), date(2024, 5, 31))


def test_the_day_is_that_of_the_zone() -> None:
    moment = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)

    assert local_day(moment, BERLIN) == date(2025, 1, 1)
    assert local_day(moment, ZoneInfo("America/Lima")) == date(2024, 12, 31)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware datetime"):
        local_day(datetime.fromisoformat("2024-01-01T08:00"), BERLIN)


@pytest.mark.parametrize(
    ("day", "days"), [(date(2024, 2, 10), 29), (date(2023, 2, 28), 28), (date(2024, 12, 31), 31)]
)
def test_a_month_has_its_own_days(day: date, days: int) -> None:
    month = month_of(day)

    assert month.days == days
    assert day in month
    assert month.first_on.day == 1


def test_months_follow_each_other_over_the_year() -> None:
    january = month_of(date(2024, 1, 15))

    assert previous_month(january) == month_of(date(2023, 12, 1))
    assert month_label(january) == "2024-01"


def test_the_iso_week_belongs_to_its_own_year() -> None:
    assert iso_week(date(2024, 12, 30)) == "2025-W01"
    assert week_of(date(2025, 1, 1)) == Period(date(2024, 12, 30), date(2025, 1, 5))


def test_a_window_includes_its_last_day() -> None:
    assert window(date(2024, 3, 28), 28) == Period(date(2024, 3, 1), date(2024, 3, 28))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 6, 1), 24)]
)
def test_a_day_of_clock_change_is_shorter_or_longer(day: date, hours: int) -> None:
    start, end = bounds(Period(day, day), BERLIN)

    assert (end - start).total_seconds() == hours * 3600
    assert start.tzinfo is UTC
    assert local_day(start, BERLIN) == day


def test_days_begin_before_utc_in_the_far_east() -> None:
    start, _ = bounds(Period(date(2024, 6, 1), date(2024, 6, 1)), KIRITIMATI)

    assert start == datetime(2024, 5, 31, 10, tzinfo=UTC)


def test_may_is_provisional_until_the_seventh_of_june() -> None:
    assert provisional_until(MAY) == date(2024, 6, 7)
    assert not is_final(MAY, date(2024, 6, 7))
    assert is_final(MAY, date(2024, 6, 8))


@pytest.mark.parametrize(
    ("today", "labels"),
    [
        (date(2024, 6, 7), ["2024-05", "2024-06"]),
        (date(2024, 6, 8), ["2024-06"]),
        (date(2024, 6, 30), ["2024-06"]),
    ],
)
def test_last_month_is_live_until_it_is_final(today: date, labels: list[str]) -> None:
    assert [month_label(month) for month in live_months(today)] == labels


def test_rates_are_learned_from_mature_days() -> None:
    assert latest_mature_day(date(2024, 6, 8)) == date(2024, 6, 1)


def test_no_month_is_taken_for_a_wider_window() -> None:
    assert [is_wider(period) for period in (MAY, window(date(2024, 5, 31), 56))] == [False, True]


@pytest.mark.parametrize(
    ("last_on", "first_on"), [(date(2024, 3, 29), date(2024, 3, 4)), (date(2024, 3, 31), date(2024, 3, 4))]
)
def test_twenty_working_days_reach_back_four_weeks(last_on: date, first_on: date) -> None:
    assert working_window(last_on, 20) == Period(first_on, last_on)


def test_working_days_can_be_those_of_the_country() -> None:
    sunday_to_thursday = frozenset({6, 0, 1, 2, 3})

    found = working_window(date(2024, 3, 7), 5, sunday_to_thursday)  # a Thursday

    assert found.first_on == date(2024, 3, 3)


@pytest.mark.parametrize(
    ("opened_on", "today", "days"),
    [
        (date(2024, 3, 1), date(2024, 3, 1), 0),
        (date(2024, 3, 1), date(2024, 3, 4), 1),
        (date(2024, 3, 1), date(2024, 3, 8), 5),
        (date(2024, 3, 8), date(2024, 3, 1), 0),
    ],
    ids=["same day", "over a weekend", "a week", "in the past"],
)
def test_working_days_pass_after_the_opening(opened_on: date, today: date, days: int) -> None:
    assert working_days_between(opened_on, today) == days


def test_the_baseline_leaves_out_the_month_that_raised_the_alarm() -> None:
    assert [month_label(month) for month in baseline_months(MAY)] == ["2024-02", "2024-03", "2024-04"]


def test_an_effect_is_measured_after_a_week_of_washout() -> None:
    assert after_action(date(2024, 5, 10), 28) == Period(date(2024, 5, 18), date(2024, 6, 14))


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        Period(date(2024, 5, 2), date(2024, 5, 1))
