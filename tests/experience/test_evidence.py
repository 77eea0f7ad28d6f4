"""Day cells stay true to the raw rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from experience.models import DayCell, Outage
from experience.services import evidence
from experience.services.evidence import rebuild_evidence, refresh_changed_days
from surveys.models import BusinessService, EvidenceChange, Response
from surveys.services.changes import mark_changed
from tests.experience.scenes import answered, silent
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
THREE_DAYS_AGO = NOW - timedelta(days=3)
Cells = set[tuple[object, ...]]


@pytest.fixture
def printing() -> BusinessService:
    return BusinessServiceFactory.create()


def cells(service: BusinessService) -> Cells:
    columns = ("day", "measure", "response_class", "probability_permille", "model_version", "bucket")
    sums = ("count", "total", "total_squares")
    return set(service.day_cells.values_list(*columns, *sums))


def waiting() -> QuerySet[EvidenceChange]:
    return EvidenceChange.objects.filter(is_counted=False)


def count(service: BusinessService, measure: str, **which: int) -> int:
    return sum(service.day_cells.filter(measure=measure, **which).values_list("count", flat=True))


def test_nothing_changed_costs_nothing() -> None:
    assert refresh_changed_days(now=NOW) == set()


def test_cells_count_tickets_answers_and_silence_on_the_day_of_the_resolution(
    printing: BusinessService,
) -> None:
    answered(printing, [5, 5, 2])
    silent(printing, 4, resolved_at=THREE_DAYS_AGO)

    refresh_changed_days(now=NOW)

    assert {day for day, *_ in cells(printing)} == {THREE_DAYS_AGO.date()}
    assert count(printing, "resolved", bucket=3) == 3
    assert count(printing, "resolved", bucket=2) == 4
    assert count(printing, "satisfaction", bucket=5 * 22) == 2
    assert count(printing, "sla_met") == 3


def test_a_changed_answer_leaves_no_trace_of_the_old_one(printing: BusinessService) -> None:
    response = answered(printing, [1])[0]
    refresh_changed_days(now=NOW)

    Response.objects.filter(pk=response.pk).update(rating=5)
    mark_changed({(printing.pk, THREE_DAYS_AGO.date())})
    refresh_changed_days(now=NOW)

    assert count(printing, "satisfaction", bucket=1 * 22) == 0
    assert count(printing, "satisfaction", bucket=5 * 22) == 1


def test_provisional_and_set_apart_answers_count_as_silence(printing: BusinessService) -> None:
    provisional, apart = answered(printing, [1, 1])
    Response.objects.filter(pk=provisional.pk).update(state="provisional")
    Response.objects.filter(pk=apart.pk).update(state="set_apart", set_apart_reason="mail scanner")

    refresh_changed_days(now=NOW)

    assert count(printing, "satisfaction") == 0
    assert count(printing, "resolved", bucket=2) == 2


def test_the_sweep_takes_only_the_changes_it_read(printing: BusinessService) -> None:
    answered(printing, [4])
    refresh_changed_days(now=NOW)

    mark_changed({(printing.pk, NOW.date())})

    assert waiting().count() == 1
    refresh_changed_days(now=NOW)
    assert not waiting().exists()


def test_a_sweep_leaves_the_days_that_did_not_change(printing: BusinessService) -> None:
    mail, a_week_ago = BusinessServiceFactory.create(), NOW - timedelta(days=7)
    for service in (printing, mail):
        for resolved_at in (THREE_DAYS_AGO, a_week_ago):
            answered(service, [4], resolved_at=resolved_at)
    refresh_changed_days(now=NOW)
    before = cells(printing) | cells(mail)

    mark_changed({(printing.pk, THREE_DAYS_AGO.date()), (mail.pk, a_week_ago.date())})
    refresh_changed_days(now=NOW)

    assert cells(printing) | cells(mail) == before


def test_rebuilding_gives_the_same_cells_and_keeps_folded_response_times(printing: BusinessService) -> None:
    answered(printing, [5, 4, 1])
    silent(printing, 2, resolved_at=NOW - timedelta(days=9))
    Outage.objects.create(
        service=printing,
        source="monitor",
        external_key="1",
        started_at=THREE_DAYS_AGO,
        ended_at=THREE_DAYS_AGO + timedelta(minutes=5),
    )
    refresh_changed_days(now=NOW)
    DayCell.objects.create(service=printing, day=NOW.date(), measure="response_time", count=7)
    before = cells(printing)

    rebuild_evidence(now=NOW)

    assert cells(printing) == before
    assert sum(printing.day_cells.filter(measure="downtime").values_list("total", flat=True)) == 300


def test_overlapping_outages_count_once_and_an_open_one_until_now(printing: BusinessService) -> None:
    for key, minutes in (("a", 10), ("b", 20)):
        Outage.objects.create(
            service=printing,
            source="monitor",
            external_key=key,
            started_at=NOW - timedelta(minutes=30),
            ended_at=NOW - timedelta(minutes=30 - minutes),
        )
    Outage.objects.create(
        service=printing, source="monitor", external_key="c", started_at=NOW - timedelta(minutes=2)
    )
    mark_changed({(printing.pk, NOW.date())})

    refresh_changed_days(now=NOW)

    assert printing.day_cells.get(measure="downtime").total == 22 * 60


def test_a_sweep_that_was_overtaken_does_not_put_older_cells_back(
    printing: BusinessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = evidence._store

    def overtaken(*read: Any) -> None:
        monkeypatch.setattr(evidence, "_store", store)
        answered(printing, [5])
        refresh_changed_days(now=NOW)
        store(*read)

    monkeypatch.setattr(evidence, "_store", overtaken)
    answered(printing, [1])

    refresh_changed_days(now=NOW)

    assert count(printing, "satisfaction") == 2
    assert not waiting().exists()


def test_what_changes_while_a_sweep_reads_waits_for_the_next(
    printing: BusinessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = evidence._store

    def interrupted(*read: Any) -> None:
        monkeypatch.setattr(evidence, "_store", store)
        answered(printing, [5])
        store(*read)

    monkeypatch.setattr(evidence, "_store", interrupted)
    answered(printing, [1])

    evidence._refresh_some(NOW, chunk=25)
    assert count(printing, "satisfaction") == 1

    refresh_changed_days(now=NOW)
    assert count(printing, "satisfaction") == 2
