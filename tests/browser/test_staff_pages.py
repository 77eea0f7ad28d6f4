"""The staff pages in a real browser: strict policy, no accessibility violation, and life without a reload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from experience.models import BusinessGoal
from surveys.models import BusinessService, User
from tests.experience.factories import answer, gap, measured, sentiment, starter, weekly
from tests.factories import BusinessServiceFactory, default_survey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PASSWORD = "a long password"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 800}


@pytest.fixture
def portfolio(owner: User, service: BusinessService) -> BusinessService:
    """A watermelon with a history, an answer and a healthy neighbour; its owner can sign in."""
    owner.set_password(PASSWORD)
    owner.save()
    version = starter()
    neighbour = BusinessServiceFactory.create(key="archive", name="Archive", owner=owner)
    measured(neighbour, agreement_version=version, status="likely_green", rating=4.5)
    measured(service, agreement_version=version)
    weekly(service, [4.3, 4.2, 4.0, 3.9, 3.7])
    gap(service)
    cue = {"kind": "word", "text": "Nobody", "start": 0, "end": 6, "lean": -0.8}
    sentiment(answer(service, rating=1, comment="Nobody reads the history"), "negative", [cue])
    return service


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console complained about: blocked styles, scripts, failed requests."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def sign_in(page: Page, live_server: Any) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Portfolio")).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_staff_page_is_accessible_fits_and_obeys_the_policy(
    page: Page,
    live_server: Any,
    portfolio: BusinessService,
    complaints: list[str],
    scheme: Any,
    size: Any,
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.goto(f"{live_server.url}/sign-in/")
    assert violations(page) == []
    sign_in(page, live_server)

    tabs = [f"/services/{portfolio.key}/{tab}/" for tab in ("why", "time", "people", "tickets", "compare")]
    for path in (
        "/",
        f"/services/{portfolio.key}/",
        *tabs,
        "/services/archive/",
        "/comments/",
        "/executive/",
    ):
        page.goto(live_server.url + path)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


ASKING_PAGES = (
    "/asking/",
    "/asking/rules/",
    "/asking/rules/after-resolution/",
    "/asking/translations/",
    "/asking/translations/after-resolution/ar/",
    "/asking/people/",
    "/asking/failed-mail/",
    "/asking/not-solved/",
    "/asking/feedback/",
    "/asking/feedback/e-mail/card/?lang=ar",
    "/asking/notices/",
    "/asking/scanners/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_asking_section_is_accessible_and_fits(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str], scheme: Any
) -> None:
    User.objects.update(role="agreement_admin")
    default_survey()
    page.emulate_media(color_scheme=scheme)
    sign_in(page, live_server)

    for path in ASKING_PAGES:
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            page.goto(live_server.url + path)
            assert violations(page) == [], (path, size)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, size)


def test_an_unknown_page_is_accessible_too(page: Page, live_server: Any, portfolio: BusinessService) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/no-such-service/")

    expect(page.get_by_role("heading", name="There is no such page here")).to_be_visible()
    assert violations(page) == []


def test_from_the_portfolio_one_click_leads_to_the_watermelon(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)

    page.locator(".quadrant--wide a").last.click()

    expect(page.get_by_role("heading", name=portfolio.name, exact=True)).to_be_visible()
    expect(page.get_by_text("SLA met, users unhappy.")).to_be_visible()


def test_typing_filters_the_table_in_place(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)
    page.evaluate("window.sameDocument = true")

    page.get_by_role("searchbox").press_sequentially("arch")

    expect(page.get_by_role("rowheader")).to_have_text(["Archive"])
    expect(page).to_have_url(f"{live_server.url}/?q=arch")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.evaluate("window.sameDocument")


def test_another_month_changes_charts_and_words_too(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("heading", name="SLA beside experience")).to_be_visible()

    page.get_by_label("Period").select_option(index=24)

    expect(page.get_by_role("heading", name="SLA beside experience")).to_have_count(0)
    expect(page.get_by_text("Nothing was measured in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="SLA beside experience")).to_be_visible()


def test_the_keyboard_sorts_and_stays_where_it_was(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("rowheader").first).to_contain_text(portfolio.name)

    page.get_by_role("columnheader", name="Service").get_by_role("link").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("rowheader").first).to_contain_text("Archive")
    expect(page.get_by_role("columnheader", name="Service")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("columnheader", name="Service").get_by_role("link")).to_be_focused()


def test_an_answer_appears_on_the_open_page_without_a_reload(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/{portfolio.key}/")
    expect(page.locator("#answer-count")).to_have_text("1")

    answer(portfolio, rating=5, comment="Works again, thank you")

    expect(page.locator("#answer-count")).to_have_text("2", timeout=4000)
    expect(page.get_by_text("Works again, thank you")).to_be_visible()


def test_everything_works_without_javascript(
    browser: Browser, live_server: Any, portfolio: BusinessService
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server)

    page.get_by_role("searchbox").fill("mail")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("columnheader", name="SLA").get_by_role("link").click()
    page.get_by_role("rowheader").get_by_role("link").click()
    expect(page.get_by_text("Nobody reads the history")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


# --- keys ---------------------------------------------------------------------------------------------------


def test_letters_walk_through_the_services_and_enter_opens_one(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()  # the script has run

    page.keyboard.press("j")
    expect(page.get_by_role("rowheader").get_by_role("link").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("rowheader").get_by_role("link").last).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{live_server.url}/services/{portfolio.key}/")


def test_a_slash_leads_to_the_search_and_typing_there_is_typing(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()  # the script has run

    page.keyboard.press("/")
    page.keyboard.type("jk?/")

    expect(page.get_by_role("searchbox")).to_have_value("jk?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keys_are_shown_and_letters_can_be_switched_off(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert violations(page) == []

    page.get_by_label("Use single letters as keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    page.keyboard.press("j")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("rowheader").get_by_role("link").first).not_to_be_focused()


def test_one_sheet_is_open_at_a_time_and_escape_closes_it(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    export, name = page.get_by_text("CSV, for scripts"), page.get_by_label("Name of the view")

    page.get_by_text("Export", exact=True).click()
    expect(export).to_be_visible()
    page.get_by_text("Save this view").click()
    expect(export).not_to_be_visible()
    name.fill("Mine")
    page.keyboard.press("Escape")

    expect(name).not_to_be_visible()
    expect(page.locator("summary", has_text="Save this view")).to_be_focused()
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("heading", name="Portfolio").click()
    expect(export).not_to_be_visible()


def test_arrows_walk_through_the_tabs_which_open_without_a_reload(
    page: Page, live_server: Any, portfolio: BusinessService, complaints: list[str]
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/{portfolio.key}/")
    page.evaluate("window.isSamePage = true")

    page.get_by_role("link", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{live_server.url}/services/{portfolio.key}/time/")
    expect(page.get_by_role("link", name="Over time")).to_be_focused()
    expect(page.locator(".chart canvas").first).to_be_visible()
    assert page.evaluate("window.isSamePage")
    page.go_back()
    expect(page.get_by_role("heading", name="Latest answers")).to_be_visible()


def test_the_filter_goes_along_without_a_reload(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    BusinessService.objects.filter(pk=portfolio.pk).update(supplier="Aster")
    sign_in(page, live_server)

    page.get_by_label("Supplier", exact=True).select_option("Aster")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Gaps").click()

    expect(page).to_have_url(f"{live_server.url}/gaps/?supplier=Aster")


# --- trouble ------------------------------------------------------------------------------------------------


def test_a_part_that_cannot_be_fetched_says_so_and_can_be_tried_again(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/{portfolio.key}/")
    page.route("**/why/", lambda route: route.fulfill(status=500, body="broken"))

    page.get_by_role("link", name="Why").click()

    expect(page.get_by_role("alert")).to_contain_text("could not be fetched")
    page.unroute("**/why/")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Indicators")).to_be_visible()


def test_without_a_connection_the_page_says_so(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)

    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.context.set_offline(False)

    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_was_asked_for_without_a_connection_comes_when_it_is_back(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("link", name="Archive", exact=True)).to_be_visible()

    page.context.set_offline(True)
    page.get_by_role("searchbox").fill(portfolio.name)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.context.set_offline(False)

    expect(page.get_by_role("link", name="Archive", exact=True)).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value(portfolio.name)


def test_who_was_signed_out_elsewhere_is_told_and_keeps_the_page(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/{portfolio.key}/")

    page.context.clear_cookies()
    expect(page.get_by_role("alert")).to_contain_text("you were signed out")  # by the answers, which ask on
    expect(page.get_by_role("heading", name="Latest answers")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/sign-in/?next=/services/{portfolio.key}/")


def test_a_double_click_sends_a_form_once(
    page: Page, live_server: Any, portfolio: BusinessService, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(role=User.Role.AGREEMENT_ADMIN)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/kpi-tree/goals/new/")
    page.locator("[name=name]").fill("Nobody waits")

    page.locator("main form button[type=submit]").dblclick()

    expect(page.get_by_role("heading", name="Nobody waits")).to_be_visible()
    assert BusinessGoal.objects.count() == 1


def test_back_after_signing_out_shows_nothing_from_memory(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    sign_in(page, live_server)
    shown_from_memory = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    page.evaluate(shown_from_memory)
    expect(page.get_by_role("heading", name="Portfolio")).to_be_visible()

    other = page.context.new_page()
    other.goto(f"{live_server.url}/account/")
    other.locator(".bar__user button").click()
    expect(other.get_by_label("Password")).to_be_visible()
    page.evaluate(shown_from_memory)

    expect(page.get_by_label("Password")).to_be_visible()


def test_the_portfolio_prints_its_picture_on_one_sheet_and_its_table_on_the_next(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    for number in range(14):
        measured(BusinessServiceFactory.create(key=f"s-{number}", owner=portfolio.owner), rating=4.4)
    sign_in(page, live_server)

    assert sheets(page) == 2


def test_a_long_panel_begins_on_the_sheet_where_it_stands(
    page: Page, live_server: Any, portfolio: BusinessService
) -> None:
    for number in range(20):
        answer(portfolio, rating=2, comment=f"It took {number} calls until somebody read what I had written")
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/services/{portfolio.key}/")
    page.emulate_media(media="print")

    assert page.locator(".panel").first.evaluate("panel => getComputedStyle(panel).breakInside") == "auto"
    expect(page.locator("details:not([open])").first).not_to_be_visible()


def sheets(page: Page) -> int:
    """Return on how many sheets of paper a page prints."""
    return len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True)))
