"""The portfolio page and the rows behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from experience.models import Gap
from experience.selectors.portfolio import portfolio_rows, weekly_ratings
from experience.selectors.portfolio_order import Choice, chosen, read_choice
from surveys.models import BusinessService, CommentReading, SurveyVersion, User
from tests.experience.factories import TODAY, answer, gap, measured, results, starter, weekly
from tests.factories import BusinessServiceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, viewer: User) -> Client:
    """A browser in which the viewer, who sees every service, is signed in."""
    client.force_login(viewer)
    return client


def shown(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(reverse("portfolio") + query, headers=headers)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


def healthy(service: BusinessService, **columns: object) -> None:
    measured(service, status="likely_green", rating=4.5, rating_low=4.4, rating_high=4.6, **columns)


# --- who sees what ------------------------------------------------------------------------------------------


def test_nobody_sees_a_row_without_signing_in(client: Client, service: BusinessService) -> None:
    measured(service)

    response = client.get(reverse("portfolio"))

    assert response.status_code == 302
    assert portfolio_rows(AnonymousUser()) == []


def test_owner_and_team_see_their_service_and_a_stranger_sees_none(
    service: BusinessService, owner: User, teammate: User, stranger: User, viewer: User
) -> None:
    BusinessServiceFactory.create(name="Somebody else's")

    assert [row.name for row in portfolio_rows(owner)] == ["E-mail"]
    assert [row.name for row in portfolio_rows(teammate)] == ["E-mail"]
    assert portfolio_rows(stranger) == []
    assert len(portfolio_rows(viewer)) == 2


def test_services_that_are_not_live_are_left_out(viewer: User) -> None:
    BusinessServiceFactory.create(lifecycle="pipeline")
    BusinessServiceFactory.create(lifecycle="retired")

    assert portfolio_rows(viewer) == []


# --- states of a portfolio ----------------------------------------------------------------------------------


def test_an_empty_installation_says_what_to_do_first(page: Client) -> None:
    words = shown(page)

    assert "There are no services yet" in words
    assert "An agreement admin is setting this up" in words
    assert 'id="services"' not in words


def test_a_service_owner_without_a_service_is_told_whom_to_ask(client: Client, stranger: User) -> None:
    client.force_login(stranger)

    assert "No service names you yet" in shown(client)


def test_a_service_without_a_result_is_listed_as_unanswered(page: Client, service: BusinessService) -> None:
    words = shown(page)

    assert "for services that an agreement covers" in words
    assert "No ticket closed" not in words  # nobody looked
    assert "Open the set-up guide" not in words  # the viewer sets nothing up
    assert "No answers yet" in words
    assert '<svg class="quadrant' not in words


def test_a_watermelon_stands_out_in_words_chart_and_table(page: Client, service: BusinessService) -> None:
    measured(service)
    gap(service)

    words = shown(page)

    assert "1 of 1 services is a watermelon" in words
    assert words.count('class="slice-flesh"') == 2  # the wide and the narrow drawing
    assert "3.7 of 5 · 0.5 below target" in words
    assert "interval 3.5–3.9, agreed 4.2" in words
    assert "93 % of tickets met the SLA (target 80 %). Users rate it 3.7 of 5 (3.5–3.9); agreed 4.2." in words


def test_sample_data_is_said_to_be_sample_data(page: Client, service: BusinessService) -> None:
    assert "names invented; answers simulated" not in shown(page)

    BusinessService.objects.update(is_sample=True)

    assert "names invented; answers simulated" in shown(page)


def test_sample_data_beside_real_services_is_told_apart_and_only_to_those_who_see_it(
    page: Client, service: BusinessService, owner: User
) -> None:
    BusinessService.objects.create(key="sample-x", name="Sample: X", is_sample=True)

    assert "All others are your own" in shown(page)
    page.force_login(owner)
    assert "sample data" not in shown(page)


def test_figures_of_fewer_than_five_people_are_not_on_the_page(
    page: Client, service: BusinessService
) -> None:
    measured(service, status="hidden", answered=3, rating=2.7, rating_target=4.2)

    words = shown(page)

    assert "Fewer than 5 people answered" in words
    assert "2.7" not in words
    assert [row.experience for row in portfolio_rows(User.objects.get(username="viewer"))] == [None]


def test_a_larger_least_number_of_people_is_the_one_that_the_pages_name(
    page: Client, service: BusinessService, settings: Any
) -> None:
    settings.PRIVACY_MINIMUM = 10
    measured(service, answered=6, rating=2.7)

    tickets = page.get(reverse("service-tab", args=[service.key, "tickets"])).content.decode()
    overview = page.get(reverse("service", args=[service.key])).content.decode()

    assert "Fewer than 10 people answered" in shown(page)
    assert "Fewer than 10 people answered." in tickets
    assert "Fewer than 10 people answered, so no figure" in overview


def test_a_result_of_fewer_people_than_the_least_shows_no_score(
    page: Client, service: BusinessService, settings: Any
) -> None:
    measured(service, answered=14)
    address = reverse("service", args=[service.key])
    assert "70 is on target" in page.get(address).content.decode()

    settings.PRIVACY_MINIMUM = 20

    assert "70 is on target" not in page.get(address).content.decode()


def test_too_few_answers_to_judge_show_no_rating_and_no_place_in_the_chart(
    page: Client, service: BusinessService
) -> None:
    measured(service, status="collecting", answered=7, rating=3.3, rating_low=None, rating_high=None)

    words = shown(page)

    assert "10 answers needed to judge" in words
    assert "3.3 of 5" not in words
    assert "quadrant__dot" not in words


# --- which badge --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "live_gap", "badge"),
    [
        ({}, {"kind": "watermelon"}, "watermelon"),
        (
            {},
            {"kind": "watermelon", "state": "suspected", "lane": "", "opened_on": None},
            "possible_watermelon",
        ),
        ({}, None, "possible_watermelon"),
        ({"sla_status": "red"}, {"kind": "red_on_both", "lane": ""}, "red_on_both"),
        ({"sla_status": "none", "sla_target": None}, {"kind": "blind_spot"}, "blind_spot"),
        ({"sla_status": "red", "status": "likely_green"}, {"kind": "over_strict", "lane": ""}, "over_strict"),
        ({"status": "likely_green"}, {"kind": "red_on_both", "lane": ""}, None),
        ({}, {"kind": "watermelon", "state": "dismissed"}, None),
        ({"status": "lean_red"}, None, None),
        ({"status": "likely_green"}, None, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_badge_follows_the_confirmed_gap_and_else_the_figures(
    service: BusinessService,
    owner: User,
    columns: dict[str, object],
    live_gap: dict[str, object] | None,
    badge: str | None,
) -> None:
    measured(service, **columns)
    if live_gap is not None:
        gap(service, **live_gap)

    (row,) = portfolio_rows(owner)

    assert (row.badge.key if row.badge else None) == badge


def test_a_gap_that_is_over_gives_no_badge(service: BusinessService, owner: User) -> None:
    healthy(service)
    gap(service, state=Gap.State.CLOSED, closed_on=TODAY)

    assert portfolio_rows(owner)[0].badge is None


# --- the newest result --------------------------------------------------------------------------------------


def test_the_row_shows_the_newest_current_rolling_result(service: BusinessService, owner: User) -> None:
    version = starter()
    days = {"starts_on": TODAY - timedelta(days=28), "ends_on": TODAY - timedelta(days=1)}
    measured(service, agreement_version=version, rating=2.0, rating_low=1.8, rating_high=2.2, **days)
    measured(
        service, agreement_version=version, is_current=False, rating=2.5, rating_low=2.4, rating_high=2.6
    )
    measured(service, agreement_version=version)
    weekly(service, [1.5], rating_low=1.4, rating_high=1.6)

    (row,) = portfolio_rows(owner)

    assert (row.rating, row.ends_on) == (3.7, TODAY)


def test_results_of_agreements_that_are_not_primary_stay_out(service: BusinessService, owner: User) -> None:
    made = measured(service)
    made.agreement_version.agreement.is_primary = False
    made.agreement_version.agreement.save()

    assert portfolio_rows(owner)[0].status == "missing"


def test_the_trend_has_complete_weeks_alone_and_hides_thin_ones(service: BusinessService) -> None:
    weekly(service, [4.4, 4.2, 3.9])
    weeks = service.measurements.order_by("starts_on")
    weeks.filter(pk=weeks[1].pk).update(n_people=4)
    running = TODAY - timedelta(days=TODAY.weekday())
    measured(
        service, agreement_version=starter(), period="week", starts_on=running,
        ends_on=running + timedelta(days=6), rating=1.0, rating_low=None, rating_high=None,
    )  # fmt: skip

    points = weekly_ratings([service.pk], until=TODAY)[service.pk]

    assert [point.rating for point in points] == [4.4, None, 3.9]


# --- order and filter ---------------------------------------------------------------------------------------


@pytest.fixture
def four(viewer: User) -> list[BusinessService]:
    """A healthy service, a watermelon, a service below target without a gap, and one without a result."""
    made = [
        BusinessServiceFactory.create(name=name, key=name.lower(), supplier=supplier)
        for name, supplier in [("Archive", ""), ("Meetings", "Fjord"), ("Devices", "Fjord"), ("Travel", "")]
    ]
    version = starter()
    best = results(4.6, repeat_share=0.02, experience=85.0)
    measured(
        made[0], agreement_version=version, status="likely_green", rating=4.6, sla_share=0.81, results=best
    )
    measured(made[1], agreement_version=version, sla_share=0.95)
    measured(
        made[2], agreement_version=version, status="lean_red", sla_share=0.85,
        results=results(4.0, repeat_share=0.12, experience=64.0),
    )  # fmt: skip
    gap(made[1])
    return made


def names(viewer: User, **parameters: str) -> list[str]:
    return [row.name for row in chosen(portfolio_rows(viewer), read_choice(parameters))]


def test_watermelons_come_first_then_the_worst_experience(four: object, viewer: User) -> None:
    assert names(viewer) == ["Meetings", "Devices", "Archive", "Travel"]


@pytest.mark.parametrize(
    ("sort", "order", "expected"),
    [
        ("service", "", ["Archive", "Devices", "Meetings", "Travel"]),
        ("service", "down", ["Travel", "Meetings", "Devices", "Archive"]),
        ("experience", "", ["Meetings", "Devices", "Archive", "Travel"]),
        ("experience", "down", ["Archive", "Devices", "Meetings", "Travel"]),
        ("sla", "", ["Archive", "Devices", "Meetings", "Travel"]),
        ("repeat", "", ["Meetings", "Devices", "Archive", "Travel"]),
        ("nonsense", "", ["Meetings", "Devices", "Archive", "Travel"]),
    ],
)
def test_a_column_sorts_both_ways_and_the_unknown_stay_last(
    four: object, viewer: User, sort: str, order: str, expected: list[str]
) -> None:
    assert names(viewer, sort=sort, order=order) == expected


def test_text_finds_services_and_suppliers(four: object, viewer: User) -> None:
    assert names(viewer, q="meet") == ["Meetings"]
    assert names(viewer, q=" FJORD ") == ["Meetings", "Devices"]
    assert names(viewer, q="nothing like it") == []


def test_a_badge_filters_and_an_unknown_badge_does_not(four: object, viewer: User) -> None:
    assert names(viewer, show="watermelon") == ["Meetings"]
    assert names(viewer, show="none") == ["Devices", "Archive", "Travel"]
    assert names(viewer, show="nonsense") == names(viewer)


def test_a_fruitless_search_says_so_and_leads_back(page: Client, four: object) -> None:
    words = shown(page, "?q=nothing+like+it")

    assert "No service matches “nothing like it”" in words
    assert "Show all services" in words


def test_a_search_text_is_never_markup(page: Client, four: object) -> None:
    assert "<script>alert" not in shown(page, "?q=<script>alert(1)</script>")


def test_the_sorted_column_is_announced_and_turns_on_the_next_click(page: Client, four: object) -> None:
    words = shown(page, "?sort=sla&order=up")

    assert 'aria-sort="ascending"' in words
    assert "sort=sla&amp;order=down" in words


@pytest.mark.parametrize(("rating", "is_told"), [(3.9, True), (4.2, False)])
def test_a_low_rating_of_a_service_on_target_is_explained(
    page: Client, service: BusinessService, rating: float, is_told: bool
) -> None:
    measured(service, status="lean_green", rating=rating)

    assert ("other answers make up for it" in shown(page, "")) is is_told


def test_htmx_gets_the_table_alone_but_the_whole_page_when_it_goes_back(page: Client, four: object) -> None:
    part = shown(page, "", **{"HX-Request": "true"})
    whole = shown(page, "", **{"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert part.lstrip().startswith('<section class="panel" id="services"')
    assert "<html" in whole


@pytest.mark.parametrize("change", ["month=2026-04", "supplier=Aster", "group=Network"])
def test_other_days_or_services_bring_their_charts_along(page: Client, four: object, change: str) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?sort=sla"}

    whole = shown(page, f"?sort=sla&{change}", **here)
    part = shown(page, f"?{change}", **(here | {"HX-Current-URL": f"http://testserver/?{change}&q=x"}))

    assert 'id="overview"' in whole
    assert 'id="overview"' not in part


def test_choices_leave_no_default_in_the_address() -> None:
    assert read_choice({}) == Choice()


# --- size ---------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_services(
    page: Client, django_assert_max_num_queries: object
) -> None:
    version = starter()
    for number in range(60):
        service = BusinessServiceFactory.create(name=f"Service {number:02d}")
        measured(service, agreement_version=version)
        gap(service)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        words = shown(page)

    assert "1–50 of 60" in words
    assert "51–60 of 60" in shown(page, "?page=2")


def test_the_page_needs_no_inline_style_or_script(page: Client, four: object) -> None:
    words = shown(page)

    assert " style=" not in words
    assert "<script>" not in words
    assert " onclick=" not in words


# --- latest unhappy answers ---------------------------------------------------------------------------------


def test_the_owner_finds_the_latest_unhappy_answers_with_their_ticket(
    client: Client, service: BusinessService, owner: User
) -> None:
    client.force_login(owner)
    unhappy = answer(service, rating=1, comment="Nobody reads the history")
    answer(service, rating=5, comment="Splendid")

    words = shown(client)

    assert "Latest unhappy answers" in words
    assert "Nobody reads the history" in words
    assert unhappy.resolution.ticket.number in words
    assert "Splendid" not in words
    assert CommentReading.objects.get().user == owner


@pytest.mark.parametrize("mode", [SurveyVersion.Mode.CONFIDENTIAL, SurveyVersion.Mode.ANONYMOUS])
def test_only_answers_of_named_surveys_are_listed(
    client: Client, service: BusinessService, owner: User, mode: str
) -> None:
    client.force_login(owner)
    for number in range(9):
        answer(service, mode=mode, rating=1, comment=f"In confidence {number}")

    assert "In confidence" not in shown(client)


def test_who_looks_after_nothing_finds_no_answers_on_the_portfolio(
    page: Client, service: BusinessService
) -> None:
    answer(service, rating=1, comment="Nobody reads the history")

    assert "Nobody reads the history" not in shown(page)


def test_an_owner_s_portfolio_stays_within_few_queries(
    client: Client, service: BusinessService, owner: User, django_assert_max_num_queries: Any
) -> None:
    client.force_login(owner)
    measured(service)
    for number in range(9):
        answer(service, rating=1, comment=f"Nobody came, {number}")

    with django_assert_max_num_queries(13):  # three of them note that comments were read
        shown(client)
