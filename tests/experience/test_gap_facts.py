"""A gap explains itself from facts, and says nothing about fewer than five people."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import Gap, ParameterSet
from experience.selectors.gap_story import gap_story
from experience.services.judge import judge_day, refresh
from surveys.models import BusinessService, Response, ResponseReason, User
from tests.experience.scenes import agreed, answered, silent
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def printing(service: BusinessService) -> BusinessService:
    from surveys.services.default_survey import create_default_survey

    service.survey = create_default_survey(now=NOW).survey
    service.save()
    agreed(service)
    return service


def mark(responses: list[Response], **facts: object) -> None:
    for response in responses:
        for name, value in facts.items():
            setattr(response.resolution, name, value)
        response.resolution.save()


def explained(printing: BusinessService) -> Gap:
    refresh(now=NOW)
    return Gap.objects.get()


def test_factors_are_share_of_tickets_times_difference(printing: BusinessService) -> None:
    mark(answered(printing, [1] * 10), response_class="010000")
    answered(printing, [3] * 30)
    silent(printing, 60, resolved_at=NOW - timedelta(days=3))

    gap = explained(printing)

    (factor,) = gap.explanation["factors"]
    assert factor["fact"] == "reopened"
    assert factor["pull"] == pytest.approx({"share": 0.1, "difference": 2.0, "pull": 0.2})
    assert "Reopened tickets are 10 % of tickets and are rated 2.0 stars lower; they pull the average" in (
        gap_story(gap).replace("\u00a0", " ")
    )


def test_a_factor_of_four_people_is_not_told(printing: BusinessService) -> None:
    mark(answered(printing, [1] * 4), response_class="010000")
    answered(printing, [2] * 30)

    assert explained(printing).explanation["factors"] == []


def test_the_worst_site_is_named_and_small_ones_are_hidden_with_the_next(printing: BusinessService) -> None:
    mark(answered(printing, [1] * 12), site="Oslo")
    mark(answered(printing, [3] * 14), site="Bergen")
    mark(answered(printing, [1] * 3), site="Narvik")
    mark(answered(printing, [1] * 9), site="Bodo")

    segments = explained(printing).explanation["segments"]["site"]

    assert [(s["name"], s["people"], s["rating"]) for s in segments] == [
        ("Oslo", 12, 1.0),
        ("Bergen", 14, 3.0),
    ]
    assert all(s["low"] <= s["rating"] <= s["high"] for s in segments)


def test_reasons_of_the_unhappy_are_weighed_and_worded(printing: BusinessService) -> None:
    responses = answered(printing, [1] * 12 + [2] * 12)
    for response in responses[:8]:
        ResponseReason.objects.create(response=response, key="slow")
    for response in responses[:4]:
        ResponseReason.objects.create(response=response, key="rude")

    (reason,) = explained(printing).explanation["reasons"]

    assert (reason["key"], reason["people"], round(reason["share"], 3)) == ("slow", 8, 0.333)


def test_drivers_stay_hidden_below_two_hundred_answers(printing: BusinessService) -> None:
    mark(answered(printing, [1] * 20), response_class="010000")
    answered(printing, [3] * 20)

    assert explained(printing).explanation["drivers"] is None


def test_from_two_hundred_answers_on_a_gap_names_the_shares_of_its_drivers(
    printing: BusinessService,
) -> None:
    for day in range(3, 10):
        moment = NOW - timedelta(days=day)
        mark(answered(printing, [1, 1, 1, 2, 2, 2, 1, 3], resolved_at=moment), response_class="010000")
        mark(answered(printing, [2, 3] * 4, resolved_at=moment), response_class="000001")
        answered(printing, [5, 4, 3, 2] * 4, resolved_at=moment)

    drivers = explained(printing).explanation["drivers"]

    assert (drivers["of"], drivers["n"]) == ("own", 224)
    assert drivers["drivers"][0]["name"] == "reopened"
    assert sum(driver["share"] for driver in drivers["drivers"]) == pytest.approx(1)
    assert all(d["low"] <= d["share"] <= d["high"] for d in drivers["drivers"])


def test_severity_uses_the_score_shrunk_into_the_fleet(printing: BusinessService) -> None:
    answered(printing, [1] * 20 + [4] * 20)
    refresh(now=NOW)
    raw = Gap.objects.get().user_points
    fleet = {"mean": 75.0, "between": 20.0, "mean_variance": 2.0, "services": 12}
    for used in ParameterSet.objects.all():
        used.values["fleet"] = fleet
        used.save()
    Gap.objects.update(explanation={})

    judge_day(TODAY, now=NOW)

    assert 0 < Gap.objects.get().user_points < raw


def test_lost_hours_are_those_beyond_the_agreed_time_of_all_tickets(printing: BusinessService) -> None:
    Response.objects.filter(pk__in=[r.pk for r in answered(printing, [1] * 40)]).update(lost_time_minutes=180)
    silent(printing, 20, resolved_at=NOW - timedelta(days=3))

    assert explained(printing).lost_hours == pytest.approx(60 * (180 - 120) / 60)


def test_two_thin_months_leave_a_gap_unverified_and_one_is_counted_once(printing: BusinessService) -> None:
    answered(printing, [1] * 20 + [2] * 20, resolved_at=NOW.replace(month=4, day=28))
    refresh(now=NOW.replace(month=5, day=1))
    gap = Gap.objects.get()

    for day in (date(2026, 6, 8), date(2026, 6, 8), date(2026, 7, 8)):
        judge_day(day, now=datetime.combine(day, time(22), UTC))
        gap.refresh_from_db()
        seen = gap.thin_periods

    assert (gap.state, seen) == ("unverified", 2)
    assert "fewer than 5 answers" in gap.events.last().reason


def test_the_page_says_why_what_could_change_it_and_what_it_costs(
    printing: BusinessService, client: Client, owner: User, settings: object
) -> None:
    settings.COST_PER_LOST_HOUR = 50  # type: ignore[attr-defined]
    mark(answered(printing, [1] * 10), response_class="010000", site="Oslo")
    mark(answered(printing, [3] * 30), site="Bergen")
    Response.objects.update(lost_time_minutes=180)
    silent(printing, 60, resolved_at=NOW - timedelta(days=3))
    refresh(now=NOW)
    client.force_login(owner)

    words = (
        client.get(reverse("service-tab", args=[printing.key, "why"])).content.decode().replace("\u00a0", " ")
    )

    for said in (
        "Why it is below target",
        "Reopened tickets are 10 % of tickets",
        "Site: Oslo",
        "Could the silent 60 % change this?",
        "shows with",
        "EUR 5,000",
        "An association, not proof of cause.",
    ):
        assert said in words, said
