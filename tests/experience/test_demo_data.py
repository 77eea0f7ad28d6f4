"""The demo's data: what is shipped, how it is moved, and what an export at some moment may know."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from experience.demo.build import COLUMNS, reduce_log, rows_to_keep
from experience.demo.moving import FIRST_SOUND_DAY, LAST_DENSE_DAY, move_to
from experience.demo.signals import LAST_CHECK_DAY, outages_until, response_times_until
from experience.demo.story import GREEN_TWIN, REST, SAMPLES, WATERMELON, sample_of_category
from experience.demo.tickets import MISSING, read_log, rows_until, shared_accounts
from experience.engine.silence import silent_since

TUESDAY = date(2026, 11, 17)


@pytest.fixture(scope="module")
def log() -> list[dict[str, str]]:
    return read_log()


def update(state: str, updated_at: str, **other: str) -> dict[str, str]:
    blank = dict.fromkeys(COLUMNS, MISSING)
    return blank | {"number": "INC1", "incident_state": state, "sys_updated_at": updated_at} | other


# --- moving -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days_after", range(7))
def test_weekdays_stay_and_the_dense_quarter_ended_at_most_six_days_ago(days_after: int) -> None:
    today = TUESDAY + timedelta(days=days_after)

    moved = LAST_DENSE_DAY + move_to(today)

    assert moved.weekday() == LAST_DENSE_DAY.weekday()
    assert (today - moved).days == days_after


def test_sound_sla_flags_start_on_a_monday() -> None:
    assert FIRST_SOUND_DAY.weekday() == 0


# --- reducing the log ---------------------------------------------------------------------------------------


def test_turning_points_and_the_last_row_are_kept() -> None:
    history = [
        update("New", "1/3/2016 08:00"),
        update("Active", "1/3/2016 09:00"),
        update("Awaiting User Info", "1/3/2016 10:00"),
        update("Active", "1/3/2016 11:00"),
        update("Resolved", "1/3/2016 12:00"),
        update("Resolved", "1/3/2016 13:00"),
        update("Active", "2/3/2016 08:00"),
        update("Resolved", "2/3/2016 09:00"),
        update("Closed", "7/3/2016 09:00"),
    ]

    kept = [row["sys_updated_at"] for row in rows_to_keep(history)]

    assert kept == [
        "1/3/2016 10:00",
        "1/3/2016 11:00",
        "1/3/2016 12:00",
        "2/3/2016 08:00",
        "2/3/2016 09:00",
        "7/3/2016 09:00",
    ]


def test_a_late_incident_keeps_its_first_row_and_loses_what_no_demo_can_reach() -> None:
    history = [
        update("New", "20/5/2016 08:00"),
        update("Resolved", "6/6/2016 23:59"),
        update("Closed", "12/6/2016 08:00"),
    ]

    kept = [row["sys_updated_at"] for row in rows_to_keep(history)]

    assert kept == ["20/5/2016 08:00", "6/6/2016 23:59"]


def test_the_same_log_makes_the_same_bytes() -> None:
    rows = [update("New", "1/3/2016 08:00"), update("Closed", "2/3/2016 08:00")]

    assert reduce_log(rows) == reduce_log(rows)


# --- the export at some moment ------------------------------------------------------------------------------


@pytest.mark.parametrize("days_after", [0, 6])
def test_an_export_holds_about_24600_tickets_on_any_day(log: list[dict[str, str]], days_after: int) -> None:
    now = datetime(2026, 11, 17, 12, tzinfo=UTC) + timedelta(days=days_after)

    numbers = {row["number"] for row in rows_until(now, log)}

    assert 24_300 <= len(numbers) <= 24_700


def test_an_export_knows_nothing_from_after_its_moment(log: list[dict[str, str]]) -> None:
    now = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)

    rows = list(rows_until(now, log))

    assert max(row["sys_updated_at"] for row in rows) <= "2026-11-18 09:30"
    assert max(row["opened_at"] for row in rows) <= "2026-11-18 09:30"
    assert {row["closed_at"] for row in rows if row["incident_state"] != "Closed"} == {MISSING}
    assert max(row["closed_at"] for row in rows if row["closed_at"] != MISSING) <= "2026-11-18 09:30"


def test_the_nine_shared_accounts_own_1144_tickets(log: list[dict[str, str]]) -> None:
    shared = shared_accounts(log)
    tickets = Counter(caller for _, caller in {(row["number"], row["caller_id"]) for row in log})

    assert len(shared) == 9
    # Two of their incidents were opened after the days the demo can reach.
    assert sum(tickets[caller] for caller in shared) == pytest.approx(1144, abs=10)


def test_nobody_in_an_export_has_an_address_that_could_be_real(log: list[dict[str, str]]) -> None:
    rows = rows_until(datetime(2026, 11, 18, tzinfo=UTC), log[:2000])

    assert {row["caller_email"].rpartition("@")[2] for row in rows} <= {"example.test", MISSING}


# --- services -----------------------------------------------------------------------------------------------


def test_every_category_has_one_service() -> None:
    named = [category for sample in SAMPLES for category in sample.categories]

    assert len(named) == len(set(named))
    assert sample_of_category("Category 42") is WATERMELON
    assert sample_of_category("Category 35") is GREEN_TWIN
    assert sample_of_category("Category 4") is REST
    assert sample_of_category(MISSING) is REST


def test_no_service_has_fewer_users_than_people_who_called_about_it(log: list[dict[str, str]]) -> None:
    callers: defaultdict[str, set[str]] = defaultdict(set)
    for row in log:
        callers[sample_of_category(row["category"]).key].add(row["caller_id"])

    assert all(sample.user_count >= len(callers[sample.key]) for sample in SAMPLES)


# --- signals ------------------------------------------------------------------------------------------------


def test_outages_end_after_they_start_and_not_in_the_future() -> None:
    now = datetime(2026, 11, 18, tzinfo=UTC)

    outages = list(outages_until(now))

    assert len({outage.service for outage in outages}) == 6
    assert all(outage.started_at < (outage.ended_at or now) <= now for outage in outages)


def test_an_outage_that_has_not_ended_yet_is_still_open() -> None:
    # DNA Oyj was found down at 13:13 on the last day and up again at 13:27.
    now = datetime.combine(LAST_CHECK_DAY, datetime.min.time(), UTC) + timedelta(hours=13, minutes=20)

    still_down = [outage for outage in outages_until(now) if outage.ended_at is None]

    assert [outage.service for outage in still_down] == ["e-mail-and-calendar"]


@pytest.mark.parametrize("day", range(16, 23))
def test_on_no_weekday_is_a_monitor_of_the_demo_silent(day: int) -> None:
    now = datetime(2026, 11, day, 12, tzinfo=UTC)
    days: dict[str, set[date]] = {}

    for timed in response_times_until(now):
        assert timed.at <= now
        days.setdefault(timed.service, set()).add(timed.at.date())

    assert len(days) == 7
    assert {silent_since(with_data, now.date()) for with_data in days.values()} == {None}
