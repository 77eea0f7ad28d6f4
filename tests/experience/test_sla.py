"""Service levels: promised, computed and reported side by side."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from experience.engine.observations import read_observations
from experience.engine.periods import Period
from experience.models import Measurement, Outage, Sla, SlaReport
from experience.selectors.agreements import headline_slas
from experience.selectors.sla import Attainment, attainments
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from experience.services.receive_signals import receive_signals
from experience.services.verify import verify
from surveys.models import BusinessService, Resolution
from surveys.services.changes import mark_changed
from tests.experience.scenes import agreed
from tests.factories import BusinessServiceFactory, ResolutionFactory, TicketFactory

pytestmark = pytest.mark.django_db
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.fixture
def mail() -> BusinessService:
    return BusinessServiceFactory.create(key="mail")


def promise(service: BusinessService, kind: str, share: float, **more: object) -> None:
    Sla.objects.create(
        service=service, kind=kind, target_share=share, **{"valid_from": date(2026, 1, 1), **more}
    )


def resolved(
    service: BusinessService, made_sla: bool, *, priority: int = 3, responded: int = 10, minutes: int = 120
) -> None:
    ticket = TicketFactory.create(
        service=service,
        state="closed",
        made_sla=made_sla,
        opened_at=NOON - timedelta(hours=2),
        first_response_at=NOON - timedelta(hours=2) + timedelta(minutes=responded),
    )
    ResolutionFactory.create(ticket=ticket, resolved_at=NOON, priority=priority, minutes_to_resolve=minutes)
    mark_changed({(service.pk, NOON.date())})


def levels(service: BusinessService, period: Period = MAY) -> dict[tuple[str, int | None], Attainment]:
    return {(found.kind, found.priority): found for found in attainments(service, period, now=LATER)}


def test_a_service_without_promises_and_reports_has_no_levels(mail: BusinessService) -> None:
    assert attainments(mail, MAY, now=LATER) == []


def test_resolution_counts_the_verdict_of_the_source_in_all_and_by_priority(mail: BusinessService) -> None:
    promise(mail, "resolution", 0.7)
    promise(mail, "resolution", 0.9, priority=1)
    for made, priority in ((True, 1), (False, 1), (True, 3), (True, 3)):
        resolved(mail, made, priority=priority)

    found = levels(mail)

    assert [(level.share, level.n, level.status) for level in found.values()] == [
        (0.75, 4, "green"),
        (0.5, 2, "red"),
    ]


def test_a_limit_of_its_own_counts_minutes_and_not_the_verdict(mail: BusinessService) -> None:
    promise(mail, "resolution", 0.7, limit_minutes=119)
    resolved(mail, True)

    assert levels(mail)["resolution", None].share == 0


def test_the_portfolio_and_gaps_go_by_the_limit_too(mail: BusinessService) -> None:
    agreed(mail, sla_target=None)
    other = BusinessServiceFactory.create()
    promise(mail, "resolution", 0.7, limit_minutes=120)
    promise(other, "resolution", 0.7)
    for service in (mail, other):
        resolved(service, False)
        resolved(service, False, minutes=121)
    refresh_changed_days(now=LATER)

    months = {m.service: m for m in measure_all(as_of=MAY.last_on, now=LATER) if m.starts_on == MAY.first_on}
    own = months[mail]

    assert (own.sla_share, own.sla_n, own.sla_status) == (0.5, 2, "red")
    assert (months[other].sla_share, months[other].sla_n) == (0, 2)
    assert levels(mail)["resolution", None].share == own.sla_share
    assert list(verify(Measurement.objects.all())) == []


def test_a_running_month_stands_beside_what_holds_today_and_not_beside_what_comes(
    mail: BusinessService,
) -> None:
    agreed(mail, sla_target=0.7)
    Sla.objects.create(service=mail, valid_from=MAY.last_on, target_share=0.99)
    mid_may = datetime(2026, 5, 20, tzinfo=UTC)

    running = measure_all(as_of=mid_may.date(), now=mid_may)
    over = measure_all(as_of=MAY.last_on, now=LATER)

    targets = [[m.sla_target for m in found if m.starts_on == MAY.first_on] for found in (running, over)]
    assert targets == [[0.7], [0.99]]


def test_tickets_of_people_who_do_not_want_to_be_asked_count_for_the_sla(mail: BusinessService) -> None:
    promise(mail, "resolution", 0.7)
    resolved(mail, True)
    resolved(mail, False)
    Resolution.objects.filter(ticket__made_sla=False).update(withdrawn_at=NOON)

    assert levels(mail)["resolution", None].n == 2


def test_the_first_response_counts_from_the_opening(mail: BusinessService) -> None:
    promise(mail, "response", 0.52, limit_minutes=30)
    for minutes in (30, 31):
        resolved(mail, True, responded=minutes)

    level = levels(mail)["response", None]

    assert (level.share, level.n, level.status) == (0.5, 2, "amber")


def test_time_up_and_answer_times_come_from_signals(mail: BusinessService) -> None:
    promise(mail, "availability", 0.99)
    promise(mail, "response_time", 0.9)
    Outage.objects.create(
        service=mail,
        source="monitor",
        external_key="1",
        started_at=datetime(2026, 5, 1, tzinfo=UTC),
        ended_at=datetime(2026, 5, 2, tzinfo=UTC),
    )
    mark_changed({(mail.pk, MAY.first_on)})
    refresh_changed_days(now=LATER)
    sample = {"kind": "response_time", "service": "mail", "at": NOON.isoformat()}
    rows = [{**sample, "milliseconds": 1000, "count": 3}, {**sample, "milliseconds": 1001}]
    receive_signals(read_observations(rows), batch_id="1", source="monitor", now=LATER)

    found = levels(mail)

    assert found["availability", None].share == pytest.approx(30 / 31)
    assert (found["response_time", None].share, found["response_time", None].n) == (0.75, 4)


def test_the_newest_version_that_holds_counts(mail: BusinessService) -> None:
    promise(mail, "resolution", 0.7)
    promise(mail, "resolution", 0.8, valid_from=date(2026, 5, 31))
    promise(mail, "resolution", 0.9, valid_from=date(2026, 6, 1))

    assert levels(mail)["resolution", None].target == 0.8


def test_the_headline_is_resolution_of_all_priorities(mail: BusinessService) -> None:
    promise(mail, "resolution", 0.7)
    promise(mail, "resolution", 0.9, priority=1)
    promise(mail, "availability", 0.99)

    assert headline_slas([mail], MAY.last_on)[mail.pk].target_share == 0.7


def test_a_first_response_needs_a_limit(mail: BusinessService) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        promise(mail, "response", 0.9)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "report.csv"
    path.write_text("\n".join(("service,month,kind,share,n,priority", *lines)), encoding="utf-8")
    return path


def test_a_report_in_windows_1252_is_read_and_that_is_said(
    mail: BusinessService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "mail,2026-05,resolution,98.5 %,2,")
    path.write_bytes(
        path.read_text()
        .replace("priority", "priority,Bemerkung für uns")
        .replace("2,", "2,,")
        .encode("cp1252")
    )

    call_command("import_sla_report", path)

    assert "read as Windows-1252: “für”" in capsys.readouterr().err


def test_a_report_stands_beside_what_is_computed_and_a_difference_is_named(
    mail: BusinessService, tmp_path: Path
) -> None:
    promise(mail, "resolution", 0.9)
    for made in (True, False):
        resolved(mail, made)

    call_command("import_sla_report", write(tmp_path, "mail,2026-05,resolution,98.5 %,2,"))

    level = levels(mail)["resolution", None]
    assert (level.share, level.reported, level.reported_n, level.status) == (0.5, 0.985, 2, "red")
    assert level.difference == pytest.approx(0.485)
    assert level.is_disputed


@pytest.mark.parametrize(("reported", "is_disputed"), [(0.51, False), (0.49, False), (0.5101, True)])
def test_up_to_a_point_a_report_agrees(mail: BusinessService, reported: float, is_disputed: bool) -> None:
    for made in (True, False):
        resolved(mail, made)
    SlaReport.objects.create(
        service=mail, month=MAY.first_on, kind="resolution", share=reported, imported_at=LATER
    )

    assert levels(mail)["resolution", None].is_disputed is is_disputed


def test_where_nothing_can_be_computed_the_report_decides(mail: BusinessService) -> None:
    promise(mail, "availability", 0.99)
    SlaReport.objects.create(
        service=mail, month=MAY.first_on, kind="availability", share=0.995, imported_at=LATER
    )

    assert levels(mail)["availability", None].status == "green"
    assert levels(mail, Period(MAY.first_on, date(2026, 5, 30)))["availability", None].status == "unknown"


def test_importing_again_replaces_the_figure(mail: BusinessService, tmp_path: Path) -> None:
    for share in ("0.9", "0.8"):
        call_command("import_sla_report", write(tmp_path, f"mail,2026-05,response,{share},,1"))

    assert list(SlaReport.objects.values_list("share", "priority", "n")) == [(0.8, 1, None)]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("fax,2026-05,resolution,0.9,,", "line 3: No business service is called 'fax'"),
        ("mail,May,resolution,0.9,,", "line 3: The month 'May' must be written like 2026-05"),
        ("mail,2026-05,speed,0.9,,", "line 3: The kind 'speed' is none of resolution, response"),
        ("mail,2026-05,resolution,96,,", "line 3: The share '96' must lie between 0 and 1"),
        ("mail,2026-05,resolution,nan,,", "line 3: The share 'nan' must lie between 0 and 1"),
        ("mail,2026-05,resolution,0.9,many,", "line 3: The n 'many' must be a whole number"),
        ("mail,2026-05,resolution,0.9", "line 3: It has 4 cells where the header has 6"),
        ("mail,2026-04,resolution,0.9,,", "line 3: The same month, kind and priority"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_nothing_is_stored(
    mail: BusinessService, tmp_path: Path, line: str, complaint: str
) -> None:
    path = write(tmp_path, "mail,2026-04,resolution,0.9,,", line)

    with pytest.raises(CommandError, match=complaint):
        call_command("import_sla_report", path)

    assert not SlaReport.objects.exists()
