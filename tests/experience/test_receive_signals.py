"""Signals: a batch counts once, whole or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from experience.engine.observations import ObservationError, read_observations
from experience.models import Outage, SignalBatch
from experience.services.evidence import refresh_changed_days
from experience.services.receive_signals import mark_lasting_outages, receive_signals
from surveys.models import BusinessService, EvidenceChange
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
LATE_EVENING = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)


@pytest.fixture
def mail() -> BusinessService:
    return BusinessServiceFactory.create(key="e-mail", time_zone="Europe/Berlin")


def timed(milliseconds: float, **more: Any) -> dict[str, Any]:
    row = {"kind": "response_time", "service": "e-mail", "at": LATE_EVENING.isoformat()}
    return {**row, "milliseconds": milliseconds, **more}


def down(key: str, minutes: int | None, **more: Any) -> dict[str, Any]:
    ended = None if minutes is None else (LATE_EVENING + timedelta(minutes=minutes)).isoformat()
    row = {"kind": "outage", "service": "e-mail", "key": key, "started_at": LATE_EVENING.isoformat()}
    return {**row, "ended_at": ended, **more}


def counted(good: int, total: int, measure: str = "crash_free") -> dict[str, Any]:
    place = {"kind": "count", "service": "e-mail", "at": LATE_EVENING.isoformat()}
    return {**place, "measure": measure, "good": good, "total": total}


def spent(value: float, measure: str = "cost", **more: Any) -> dict[str, Any]:
    place = {"kind": "amount", "service": "e-mail", "at": LATE_EVENING.isoformat()}
    return {**place, "measure": measure, "value": value, **more}


def receive(*rows: dict[str, Any], batch: str = "1") -> bool:
    return receive_signals(read_observations(rows), batch_id=batch, source="monitor", now=NOW)


def test_response_times_fold_into_the_local_day(mail: BusinessService) -> None:
    receive(timed(1000), timed(1001), timed(4000, count=5), timed(4001))

    cells = mail.day_cells.order_by("bucket").values_list("day", "bucket", "count")
    assert list(cells) == [(date(2026, 6, 1), bucket, n) for bucket, n in ((0, 1), (1, 6), (2, 1))]


def test_a_batch_counts_once_and_the_next_one_adds(mail: BusinessService) -> None:
    assert receive(timed(10))
    assert not receive(timed(10))
    assert receive(timed(20), batch="2")

    assert mail.day_cells.get().count == 2


def test_an_outage_is_one_row_however_often_it_is_reported(mail: BusinessService) -> None:
    receive(down("o1", None))
    receive(down("o1", 45, planned=True, feature="Calendar"), batch="2")

    outage = Outage.objects.get()
    assert (outage.ended_at, outage.is_planned, outage.feature) == (
        LATE_EVENING + timedelta(minutes=45),
        True,
        "Calendar",
    )


def test_an_outage_that_lasts_counts_from_the_first_night_on(mail: BusinessService) -> None:
    receive(down("o1", None))
    refresh_changed_days(now=LATE_EVENING + timedelta(minutes=1))
    night = LATE_EVENING + timedelta(days=2)

    mark_lasting_outages(now=night)
    refresh_changed_days(now=night)

    seconds = dict(mail.day_cells.filter(measure="downtime").values_list("day", "total"))
    # In Berlin it began at 1:30 on 1 June; now it is 1:30 on 3 June.
    assert seconds[date(2026, 6, 2)] == 24 * 3600
    assert seconds[date(2026, 6, 3)] == 90 * 60


@pytest.mark.parametrize("milliseconds", [10**400, float("inf"), float("nan"), -1, "1"])
def test_a_time_that_cannot_be_is_refused(milliseconds: Any) -> None:
    with pytest.raises(ObservationError, match="milliseconds"):
        read_observations([timed(1) | {"milliseconds": milliseconds}])


def test_the_largest_amounts_that_are_taken_fit(mail: BusinessService) -> None:
    receive(*({**spent(1e7, "problem_backlog"), "count": 10**9} for _ in range(2)))

    assert mail.day_cells.get().total == 2 * 10**16


def test_downtime_lands_on_the_days_it_touches(mail: BusinessService) -> None:
    receive(down("o1", 24 * 60))

    refresh_changed_days(now=NOW + timedelta(days=3))

    days = mail.day_cells.filter(measure="downtime").order_by("day").values_list("day", "total")
    assert [total for _, total in days] == [81_000, 5_400]
    assert not EvidenceChange.objects.filter(is_counted=False).exists()


def test_an_outage_that_nobody_ends_marks_its_last_week_alone(mail: BusinessService) -> None:
    receive(down("o1", None))
    EvidenceChange.objects.all().delete()

    mark_lasting_outages(now=LATE_EVENING + timedelta(days=300))

    assert EvidenceChange.objects.count() == 7


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"kind": "cpu"}, r'observations\[1\]: its "kind" is none of'),
        (timed(-1), r'\[1\]: "milliseconds" must be'),
        (timed(float("nan")), r'\[1\]: "milliseconds" must be'),
        (timed(5, count=0), r'\[1\]: "count" must be'),
        (timed(5, at="2026-05-31T10:00:00"), r'\[1\]: "at" needs a time zone'),
        (timed(5, at="yesterday"), r'\[1\]: "at" must be a time such as'),
        (timed(5, at="0001-01-01T00:00:00Z"), r'\[1\]: "at" must lie between 1980 and 2200'),
        (timed(5, count=10**20), r'\[1\]: "count" must be'),
        (timed(5, service="a\x00"), r'\[1\]: "service" must be a text'),
        (timed(5, host="a"), r"\[1\]: there is no field 'host'"),
        (down("", 5), r'\[1\]: "key" must be a text'),
        (down("o", -5), r'\[1\]: "ended_at" lies before'),
        (down("o", 366 * 24 * 60 + 1), r"\[1\]: it lasts longer than 366 days"),
        (down("o", 5, feature=["a"]), r'\[1\]: "feature" must be a text'),
        (down("o", 5, planned="yes"), r'\[1\]: "planned" must be true or false'),
        ("down", r"\[1\]: it is no object"),
        (counted(11, 10), r'\[1\]: "good" cannot be larger'),
        (counted(0, 0), r'\[1\]: "total" must be a whole number from 1'),
        (counted(-1, 1), r'\[1\]: "good" must be a whole number from 0'),
        (counted(1, 1, measure="cost"), r'\[1\]: "measure" must be one of change_success, crash_free'),
        (spent(-1), r'\[1\]: "value" of cost must be a number from 0'),
        (spent(float("nan")), r'\[1\]: "value" of cost must be'),
        (spent(2, measure="text_polarity"), r'\[1\]: "value" of text_polarity must be a number from -1 to 1'),
        (spent(2, measure="happiness"), r'\[1\]: "measure" must be one of cost'),
    ],
)
def test_a_bad_observation_is_named_by_its_index(row: Any, complaint: str) -> None:
    with pytest.raises(ObservationError, match=complaint):
        read_observations([timed(5), row])


def test_an_unknown_service_refuses_the_whole_batch(mail: BusinessService) -> None:
    with pytest.raises(ObservationError, match=r"observations\[1\]: No business service is called 'fax'"):
        receive(timed(5), timed(5, service="fax"))

    assert not SignalBatch.objects.exists()
    assert not mail.day_cells.exists()
