"""Where 28 days bring too few answers the live view looks back 56 or 84 days; gaps are judged by the 28."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from experience.models import Gap, Measurement
from experience.selectors.portfolio import portfolio_rows
from experience.services.judge import judge_day, refresh
from experience.services.measure import judged_live_views, measure_all
from experience.services.verify import verify
from surveys.models import BusinessService, Response, User
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
UNHAPPY = [1] * 5 + [2] * 3


@pytest.fixture
def desk() -> BusinessService:
    service = BusinessServiceFactory.create(key="small-desk", name="Small desk")
    agreed(service)
    return service


def shown(service: BusinessService) -> Measurement:
    return Measurement.objects.published().get(service=service, period="rolling", ends_on=TODAY)


def days_ago(days: int) -> dict[str, object]:
    return {"resolved_at": NOW - timedelta(days=days)}


@pytest.mark.parametrize(
    ("older", "days", "answers"),
    [((), 84, 8), ((40,), 56, 16), ((70,), 84, 16), ((100,), 84, 8)],
    ids=["nothing older", "in 56 days", "in 84 days", "older still"],
)
def test_it_looks_back_until_ten_answers_are_there(
    desk: BusinessService, older: tuple[int, ...], days: int, answers: int
) -> None:
    answered(desk, UNHAPPY)
    for ago in older:
        answered(desk, UNHAPPY, **days_ago(ago))

    refresh(now=NOW)

    found = shown(desk)
    assert found.days.days == days
    assert found.n_answered == answers


def test_with_ten_answers_it_stays_at_28_days(desk: BusinessService) -> None:
    answered(desk, UNHAPPY + [1, 2])
    answered(desk, [5] * 8, **days_ago(40))

    refresh(now=NOW)

    assert (shown(desk).days.days, shown(desk).n_answered) == (28, 10)


def test_a_day_long_past_that_changes_is_measured_anew(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    refresh(now=NOW)

    answered(desk, UNHAPPY, **days_ago(60))
    refresh(now=NOW)

    assert shown(desk).n_answered == 16
    assert Measurement.objects.current().filter(period="rolling", ends_on=TODAY).count() == 1


def test_ten_new_answers_bring_the_28_days_back(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY, **days_ago(60))
    refresh(now=NOW)

    answered(desk, [5] * 5)
    refresh(now=NOW)

    assert (shown(desk).days.days, shown(desk).n_answered) == (28, 13)
    assert Measurement.objects.filter(service=desk, period="rolling", ends_on=TODAY).count() == 1


def test_months_and_weeks_keep_their_days(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY, **days_ago(60))

    refresh(now=NOW)

    spans = {m.days.days for m in Measurement.objects.exclude(period="rolling")}
    assert spans <= {7, 28, 29, 30, 31}


def test_a_receipt_of_84_days_is_recomputed(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY, **days_ago(60))
    refresh(now=NOW)

    assert list(verify(Measurement.objects.all())) == []


def test_people_behind_the_wider_window_are_counted_once_and_hidden_below_five(desk: BusinessService) -> None:
    answered(desk, [1, 1])
    answered(desk, [1, 1, 1], **days_ago(60))
    same = PersonFactory.create()
    for response in Response.objects.all():
        response.resolution.person = same
        response.resolution.save()
    refresh(now=NOW)

    assert (shown(desk).days.days, shown(desk).status) == (84, "hidden")


def test_a_wider_window_raises_no_flag(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY, **days_ago(60))
    answered(desk, UNHAPPY, **days_ago(70))
    judge_day(TODAY - timedelta(days=TODAY.weekday()), now=NOW)
    refresh(now=NOW)

    row = portfolio_rows(UserFactory.create(role=User.Role.ADMINISTRATOR))[0]

    assert not Gap.objects.exists()
    assert (row.status, row.sla_status, row.badge, row.wider_days) == ("likely_red", "green", None, 84)


def test_gaps_are_judged_by_the_28_days(desk: BusinessService) -> None:
    answered(desk, UNHAPPY, made_sla=False)
    answered(desk, UNHAPPY * 6, **days_ago(60))
    refresh(now=NOW)

    [judged] = judged_live_views(measure_all(as_of=TODAY, now=NOW))

    assert (judged.days.days, judged.n_answered, judged.sla_status) == (28, 8, "red")
    assert judged.pk is None
    assert not judged.is_published


def test_a_standing_watermelon_keeps_its_badge_and_its_rank(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY * 6, made_sla=False, **days_ago(60))
    gap = Gap.objects.create(
        service=desk, kind="watermelon", state="open", lane="early", first_seen_on=TODAY, opened_on=TODAY
    )
    monday = TODAY + timedelta(days=7 - TODAY.weekday())
    judge_day(monday, now=NOW + (monday - TODAY))

    row = portfolio_rows(UserFactory.create(role=User.Role.ADMINISTRATOR))[0]

    gap.refresh_from_db()
    assert (gap.kind, gap.state, gap.affected_people) == ("watermelon", "open", 8)
    assert gap.last_measurement is not None
    assert gap.last_measurement.days.days == 84
    assert row.is_watermelon
    assert row.sla_status == "red"


def test_the_window_is_printed(client: Client, desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    answered(desk, UNHAPPY, **days_ago(60))
    refresh(now=NOW)
    client.force_login(UserFactory.create(role=User.Role.ADMINISTRATOR))

    service = client.get(reverse("service", args=[desk.key])).content.decode()
    portfolio = client.get(reverse("portfolio")).content.decode()
    export = client.get(reverse("portfolio-export", args=["csv"])).content.decode()

    first = TODAY - timedelta(days=83)
    assert "Last 84 days:" in service
    assert "28 days bring too few answers" in service
    assert "last 84 days" in portfolio
    assert f"{first:%Y-%m-%d}" in export


def test_looking_back_takes_the_same_queries_for_many(desk: BusinessService) -> None:
    answered(desk, UNHAPPY)
    refresh(now=NOW)
    with CaptureQueriesContext(connection) as for_one:
        measure_all(as_of=TODAY, now=NOW)
    for _ in range(5):
        answered(BusinessServiceFactory.create(), UNHAPPY)
    refresh(now=NOW)

    with CaptureQueriesContext(connection) as for_six:
        measure_all(as_of=TODAY, now=NOW)

    assert len(for_six) == len(for_one)
