from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from surveys.engine.working_time import (
    QuietHours,
    Timing,
    WorkingWeek,
    after_working_days,
    next_working_morning,
    survey_due_at,
    when_not_quiet,
)
from surveys.engine.zones import named_zone

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = WorkingWeek(frozenset({1, 2, 3, 4, 5}), time(8), time(17))
NIGHT = QuietHours(time(20), time(7))
TIMING = Timing(timedelta(hours=4), WEEK, requests_wait_for_morning=True, quiet=NIGHT)


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """Return "5 09:00" (a day of June 2026, of which the 1st is a Monday) as a moment in UTC."""
    day, clock = text.split()
    hour, minute = clock.split(":")
    return datetime(2026, 6, int(day), int(hour), int(minute), tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("name", "resolved", "due"),
    [
        ("within a day", "1 09:00", "1 13:00"),
        ("to the end of a day", "1 13:00", "1 17:00"),
        ("over night", "1 15:30", "2 10:30"),
        ("over the weekend", "5 16:00", "8 11:00"),
        ("on a Saturday", "6 12:00", "8 12:00"),
        ("before work", "1 05:00", "1 12:00"),
        ("after work", "1 22:00", "2 12:00"),
    ],
)
def test_an_incident_is_asked_about_after_four_working_hours(name: str, resolved: str, due: str) -> None:
    found = survey_due_at(local(resolved), is_request=False, timing=TIMING, zone=BERLIN)

    assert found == local(due), name


@pytest.mark.parametrize(
    ("resolved", "due"), [("1 09:00", "2 08:00"), ("5 16:00", "8 08:00"), ("6 23:59", "8 08:00")]
)
def test_a_request_is_asked_about_on_the_next_working_morning(resolved: str, due: str) -> None:
    found = survey_due_at(local(resolved), is_request=True, timing=TIMING, zone=BERLIN)

    assert found == local(due)


def test_the_hours_are_those_of_the_person() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    resolved = local("1 15:00")  # 22:00 in Tokyo

    assert survey_due_at(resolved, is_request=False, timing=TIMING, zone=tokyo) == local("2 12:00", tokyo)


def test_a_working_day_with_a_clock_change_has_the_hours_it_has() -> None:
    """Sunday 25 October 2026 is worked, and its night has an hour twice."""
    week = WorkingWeek(frozenset({7}), time(1), time(5))
    before = datetime(2026, 10, 25, 1, 0, tzinfo=BERLIN).astimezone(UTC)

    due = survey_due_at(before, is_request=False, timing=Timing(timedelta(hours=5), week), zone=BERLIN)

    assert due.astimezone(BERLIN).time() == time(5)
    assert due - before == timedelta(hours=5)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("1 19:59", "1 19:59"), ("1 20:00", "2 07:00"), ("2 06:59", "2 07:00"), ("2 07:00", "2 07:00")],
)
def test_quiet_hours_end_in_the_morning(moment: str, expected: str) -> None:
    assert when_not_quiet(local(moment), NIGHT, BERLIN) == local(expected)


NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("name", "zone", "moment", "ends_local", "expected"),
    [
        # At 2:00 the clock is set back: 1:15 comes twice, and so does the end of the quiet hours at 1:30.
        ("1:15 before", NEW_YORK, "2026-11-01T05:15", time(1, 30), "2026-11-01T06:30"),
        ("1:15 after", NEW_YORK, "2026-11-01T06:15", time(1, 30), "2026-11-01T06:30"),
        ("by half an hour", LORD_HOWE, "2026-04-04T14:40", time(1, 45), "2026-04-04T15:15"),
        ("in Berlin", BERLIN, "2026-10-25T01:10", time(2, 30), "2026-10-25T01:30"),
        # The clock leaps over 2:30.
        ("forward", NEW_YORK, "2026-03-08T06:50", time(2, 30), "2026-03-08T07:30"),
        ("forward by half an hour", LORD_HOWE, "2026-10-03T15:20", time(2, 10), "2026-10-03T15:40"),
        ("forward in Berlin", BERLIN, "2026-03-29T00:50", time(2, 30), "2026-03-29T01:30"),
        ("on a leap day", BERLIN, "2028-02-29T02:00", time(7), "2028-02-29T06:00"),
    ],
)
def test_quiet_hours_end_in_the_night_of_a_clock_change(
    name: str, zone: ZoneInfo, moment: str, ends_local: time, expected: str
) -> None:
    quiet = QuietHours(time(20), ends_local)
    asked_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    due = when_not_quiet(asked_at, quiet, zone)

    assert due == datetime.fromisoformat(expected).replace(tzinfo=UTC), name
    assert asked_at <= due


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, LORD_HOWE])
def test_in_no_night_of_the_year_a_survey_comes_in_quiet_hours_or_before_its_resolution(
    zone: ZoneInfo,
) -> None:
    timing = Timing(timedelta(minutes=10), quiet=QuietHours(time(20), time(1, 30)))
    quarters = (
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * step) for step in range(2 * 24 * 366)
    )

    for resolved_at in quarters:
        due = survey_due_at(resolved_at, is_request=False, timing=timing, zone=zone)
        assert due >= resolved_at + timing.delay
        assert not QuietHours(time(20), time(1, 30)).holds(due.astimezone(zone).time())


def test_quiet_hours_may_lie_within_a_day() -> None:
    assert when_not_quiet(local("1 12:30"), QuietHours(time(12), time(13)), BERLIN) == local("1 13:00")


def test_without_working_time_only_the_night_is_waited_for() -> None:
    calendar = Timing(timedelta(hours=4), quiet=NIGHT)

    assert survey_due_at(local("6 17:00"), is_request=True, timing=calendar, zone=BERLIN) == local("7 07:00")


def test_working_days_pass_over_the_weekend_at_the_same_local_time() -> None:
    assert after_working_days(local("4 11:00"), 2, WEEK, BERLIN) == local("8 11:00")


def test_the_morning_is_never_the_same_day() -> None:
    assert next_working_morning(local("1 03:00"), WEEK, BERLIN) == local("2 08:00")


@pytest.mark.parametrize(("days", "starts", "ends"), [((), 8, 17), ((0,), 8, 17), ((1,), 17, 8)])
def test_a_week_without_working_time_is_refused(days: tuple[int, ...], starts: int, ends: int) -> None:
    with pytest.raises(ValueError, match="working day"):
        WorkingWeek(frozenset(days), time(starts), time(ends))


@pytest.mark.parametrize("name", ["", "Nowhere/Atlantis", "../etc/passwd", "Europe"])
def test_a_zone_that_no_system_knows_is_none(name: str) -> None:
    assert named_zone(name) is None
