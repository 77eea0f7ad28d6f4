"""The library of indicators: whole, documented, and read from the evidence it names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.engine.cells import MEASURES
from experience.engine.indicators import _STATISTICS
from experience.engine.normalise import Anchors
from experience.engine.observations import FOLDED_MEASURES, read_observations
from experience.engine.periods import Period
from experience.models import DayCell, Indicator
from experience.selectors.windows import evidence_of
from experience.services.evidence import rebuild_evidence, refresh_changed_days
from experience.services.library import LIBRARY, install_indicators
from experience.services.receive_signals import receive_signals
from experience.services.starter import COUNTED
from experience.words import indicator_words
from surveys.models import BusinessService, ServiceUserCount, User
from tests.factories import BusinessServiceFactory, ResolutionFactory, TicketFactory
from xla_service.settings import BASE_DIR

MAY = Period(datetime(2026, 5, 1, tzinfo=UTC).date(), datetime(2026, 5, 31, tzinfo=UTC).date())
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)


@pytest.fixture
def mail() -> BusinessService:
    return BusinessServiceFactory.create(key="mail")


def stock(service: BusinessService, measure: str, period: Period = MAY) -> list[tuple[int, int, int]]:
    cells = evidence_of([service], period, now=NOW, measures={measure}).of(measure)
    return [tuple(row) for row in cells[["bucket", "n", "total"]].tolist()]


def test_the_table_in_the_documents_is_the_library() -> None:
    expected = [
        f"| `{d.key}` | {d.name} | {d.stream} | {d.statistic} | {d.unit} | {d.floor:g} / {d.target:g} /"
        f" {d.ceiling:g} | {d.default_weight:g} | {d.description} |"
        for d in LIBRARY
    ]

    text = (BASE_DIR / "docs" / "indicators.md").read_text(encoding="utf-8")

    table = re.findall(r"^\| `[a-z_]+` \| .* \| [XOTS] \|.*$", text, re.MULTILINE)
    assert table == expected, "docs/indicators.md has to read:\n" + "\n".join(expected)


def test_every_statistic_has_its_function_and_every_measure_its_place() -> None:
    assert set(Indicator.Statistic.values) == set(_STATISTICS)
    assert {d.statistic for d in LIBRARY} == set(_STATISTICS)
    assert {d.measure for d in LIBRARY} <= set(MEASURES)
    assert set(DayCell.Measure.values) <= set(MEASURES)
    assert set(FOLDED_MEASURES) <= set(DayCell.Measure.values)


def test_only_the_six_of_the_starter_agreement_count_unless_agreed() -> None:
    assert {d.key: d.default_weight for d in LIBRARY if d.default_weight} == COUNTED


@pytest.mark.parametrize("declared", LIBRARY, ids=lambda d: d.key)
def test_anchors_lie_on_the_scale(declared: object) -> None:
    anchors = Anchors(declared.floor, declared.target, declared.ceiling)

    assert declared.low <= min(anchors.floor, anchors.ceiling)
    assert max(anchors.floor, anchors.ceiling) <= declared.high
    assert declared.low < anchors.target < declared.high


@pytest.mark.django_db
def test_installing_twice_changes_nothing_and_an_owner_stays(mail: BusinessService) -> None:
    install_indicators()
    Indicator.objects.filter(key="happiness").update(target=60)

    installed = install_indicators()

    assert Indicator.objects.count() == len(LIBRARY)
    assert (installed["happiness"].target, installed["happiness"].owner) == (60, None)


@pytest.mark.django_db
def test_an_indicator_is_given_an_owner_and_nothing_else(
    client: Client, administrator: User, owner: User
) -> None:
    rating = install_indicators()["rating"]
    client.force_login(administrator)

    page = reverse("admin:experience_indicator_change", args=[rating.pk])
    client.post(page, {"owner": owner.pk, "target": "3"})

    rating.refresh_from_db()
    assert (rating.owner, rating.target) == (owner, 4.2)
    assert client.get(reverse("admin:experience_indicator_changelist")).status_code == 200
    assert client.get(reverse("admin:experience_indicator_add")).status_code == 403


@pytest.mark.django_db
def test_figures_that_tickets_do_not_hold_arrive_as_signals_and_stay(mail: BusinessService) -> None:
    place = {"service": "mail", "at": NOON.isoformat()}
    rows = [
        {**place, "kind": "count", "measure": "change_success", "good": 9, "total": 10},
        {**place, "kind": "count", "measure": "change_success", "good": 1, "total": 2},
        {**place, "kind": "amount", "measure": "cost", "value": 100.5, "count": 4},
        {**place, "kind": "amount", "measure": "text_polarity", "value": -0.5, "count": 2},
        {**place, "kind": "amount", "measure": "identify_time", "value": 60},
    ]
    receive_signals(read_observations(rows), batch_id="1", source="changes", now=NOW)

    def figures() -> set[tuple[str, int, int, int]]:
        return set(mail.day_cells.values_list("measure", "count", "total", "total_squares"))

    expected = {
        ("change_success", 12, 10, 0),
        ("cost", 4, 10_050, 0),
        ("text_polarity", 2, -10_000, 50_000_000),
        ("identify_time", 1, 0, 0),
    }
    assert figures() == expected
    refresh_changed_days(now=NOW)
    rebuild_evidence(now=NOW)
    assert figures() == expected
    assert evidence_of([mail], MAY, now=NOW).of("change_success")["total"].tolist() == [10]


@pytest.mark.django_db
def test_incidents_are_counted_per_user_and_working_day_beside_the_13_weeks_before(
    mail: BusinessService,
) -> None:
    ServiceUserCount.objects.create(service=mail, valid_from=MAY.first_on - timedelta(days=91), user_count=10)
    ServiceUserCount.objects.create(service=mail, valid_from=MAY.first_on, user_count=20)
    for days, kind in (
        (0, "incident"),
        (0, "incident"),
        (0, "request"),
        (-40, "incident"),
        (-130, "incident"),
    ):
        TicketFactory.create(service=mail, kind=kind, opened_at=NOON + timedelta(days=days))

    assert stock(mail, "incident_rate") == [(0, 2, 20 * 21), (1, 1, 10 * 65)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Europe/Berlin", datetime(2026, 5, 12, 21, tzinfo=UTC), [(0, 1, 10 * 7), (1, 0, 10 * 65)]),
        ("Europe/Berlin", datetime(2026, 5, 12, 23, tzinfo=UTC), [(0, 3, 10 * 8), (1, 0, 10 * 65)]),
        ("UTC", datetime(2026, 5, 1, 9, tzinfo=UTC), []),
    ],
    ids=["this day is not over", "it is over where the service is", "no day is over"],
)
def test_a_day_counts_once_it_is_over_where_the_service_is(
    mail: BusinessService, zone: str, now: datetime, expected: list[tuple[int, int, int]]
) -> None:
    BusinessService.objects.update(time_zone=zone)
    mail.refresh_from_db()
    ServiceUserCount.objects.create(service=mail, valid_from=MAY.first_on - timedelta(days=91), user_count=10)
    for day in (11, 12, 12):
        TicketFactory.create(service=mail, kind="incident", opened_at=datetime(2026, 5, day, 7, tzinfo=UTC))

    cells = evidence_of([mail], MAY, now=now, measures={"incident_rate"}).of("incident_rate")

    assert [tuple(row) for row in cells[["bucket", "n", "total"]].tolist()] == expected


@pytest.mark.django_db
def test_without_a_user_count_there_is_no_exposure(mail: BusinessService) -> None:
    TicketFactory.create(service=mail, opened_at=NOON)
    ServiceUserCount.objects.create(service=mail, valid_from=MAY.first_on, user_count=20)

    assert stock(mail, "incident_rate") == [(0, 1, 20 * 21), (1, 0, 0)]


@pytest.mark.django_db
def test_the_backlog_is_what_was_open_when_the_period_ended(mail: BusinessService) -> None:
    end = datetime(2026, 6, 1, tzinfo=UTC)
    TicketFactory.create(service=mail, state="open", opened_at=end - timedelta(minutes=1000))
    TicketFactory.create(service=mail, state="open", opened_at=end + timedelta(minutes=1))
    done, later, back = (
        TicketFactory.create(service=mail, state=state, opened_at=end - timedelta(minutes=1000))
        for state in ("closed", "resolved", "open")
    )
    ResolutionFactory.create(ticket=done, resolved_at=end - timedelta(minutes=1))
    ResolutionFactory.create(ticket=later, resolved_at=end + timedelta(hours=1))
    ResolutionFactory.create(ticket=back, resolved_at=NOON, reopened_at=NOON + timedelta(days=1))

    assert [n for _, n, _ in stock(mail, "backlog_age")] == [3]
    assert stock(mail, "reopened") == []


@pytest.mark.django_db
def test_an_incident_recurs_when_another_one_named_the_same_cause(mail: BusinessService) -> None:
    for problem, item in (("P1", "x"), ("P1", "y"), ("", "y"), ("", "y"), ("", "z"), ("", "")):
        TicketFactory.create(service=mail, problem=problem, configuration_item=item, opened_at=NOON)

    assert stock(mail, "recurring") == [(0, 5, 2)]


def test_a_median_is_never_called_mttr_and_old_results_say_the_new_name() -> None:
    medians = [declaration for declaration in LIBRARY if declaration.statistic == "median"]

    assert medians
    assert not [declaration.name for declaration in medians if "MTTR" in declaration.name]
    assert indicator_words("Time to resolve over target (MTTR)") == "Time to resolve over target"
