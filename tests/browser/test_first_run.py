"""The first run in a real browser, from no users at all to a portfolio; and a survey that is designed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from experience.services.judge import refresh
from experience.tasks import run_jobs
from surveys.models import BusinessService, Message, User
from surveys.services.first_administrator import new_code
from tests.factories import default_survey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PASSWORD = "three words together"
NARROW = {"width": 375, "height": 800}


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console complained about: blocked styles, scripts, failed requests."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found]


def assert_good(page: Page) -> None:
    """Nothing that axe finds, in light and dark, and nothing wider than a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert violations(page) == []
    wide = page.viewport_size
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert wide is not None
    page.set_viewport_size(wide)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A ticket file of this month that names two services."""
    today = timezone.now().date().replace(day=1).isoformat()
    header = "number,state,opened_at,resolved_at,business_service,caller_id,short_description\n"
    rows = (
        f"INC{n},Resolved,{today} 00:00,{today} 00:{n:02d},{('E-mail', 'Printing')[n % 2]},Ada {n},Broken\n"
        for n in range(1, 21)
    )
    path = tmp_path / "export.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    return path


def test_an_empty_installation_is_led_to_its_first_results(
    page: Page, live_server: Any, export: Path, complaints: list[str]
) -> None:
    page.goto(live_server.url + reverse("first-sign-in", args=[new_code()]))
    assert_good(page)
    page.get_by_label("Your name").fill("Ada Example")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome. Let us get to the first result.")
    assert_good(page)
    page.get_by_role("link", name="Begin with the services").click()
    page.get_by_label("Names, one per line").fill("Printing\nLaptops")
    page.get_by_role("button", name="Create them").click()
    expect(page.get_by_text("2 services are created.")).to_be_visible()
    assert_good(page)

    page.get_by_role("link", name="Next: Tickets").click()
    page.get_by_label("Export of tickets, CSV").set_input_files(export)
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_text("begins in a few seconds")).to_be_visible()
    run_jobs()
    # The page watches the job and reads itself anew once it is over.
    expect(page.get_by_text("20 tickets created")).to_be_visible()
    assert_good(page)

    page.get_by_role("link", name="Next: Survey").click()
    page.get_by_role("button", name="Ask about these").click()
    expect(page.get_by_text("3 services are asked about")).to_be_visible()
    assert_good(page)

    page.get_by_role("link", name="Next: Agreement").click()
    page.get_by_role("radio", name="Device fleet").check()
    page.locator(".card", has_text="Device fleet").get_by_text("Indicators, targets and why").click()
    expect(page.get_by_text("long enough to hand over another device")).to_be_visible()
    assert_good(page)
    page.get_by_label("Your SLA today").fill("90")
    page.get_by_role("button", name="Publish it").click()

    refresh(now=timezone.now())
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It works")
    assert_good(page)
    page.get_by_role("link", name="Open the portfolio").click()
    expect(page.get_by_role("link", name="Printing")).to_be_visible()
    assert BusinessService.objects.count() == 3
    name_who_answers(page, live_server.url)


def name_who_answers(page: Page, address: str) -> None:
    """Give a service its owner, and name who hears of unsolved tickets."""
    page.goto(address + reverse("catalogue"))
    expect(page.get_by_text("at least 90 %")).to_have_count(3)
    assert_good(page)
    page.get_by_role("link", name="Printing").click()
    page.get_by_label("Owner", exact=True).select_option(label="Ada Example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Printing is changed.")).to_be_visible()
    assert_good(page)

    page.goto(address + reverse("follow-ups"))
    page.get_by_role("textbox", name="Who hears").fill("the Service Desk")
    page.get_by_role("textbox", name="Mail address").fill("desk@example.org")
    page.get_by_role("button", name="Let them hear").click()
    expect(page.get_by_text("the Service Desk hears from now on.")).to_be_visible()
    assert_good(page)


def test_the_guide_can_be_left_and_taken_up_anywhere(
    page: Page, live_server: Any, agreement_admin: User
) -> None:
    sign_in(page, live_server, agreement_admin)
    page.goto(live_server.url + reverse("setup-services"))

    page.get_by_role("link", name="Skip to: Tickets").click()
    page.get_by_role("link", name="Skip to: Survey").click()
    page.get_by_role("link", name="Create services").click()
    page.get_by_label("Names, one per line").fill("Printing")
    page.get_by_role("button", name="Create them").click()
    page.get_by_role("link", name="Set-up guide").first.click()

    expect(page.get_by_role("link", name="Go on with: Tickets")).to_be_visible()


def sign_in(page: Page, live_server: Any, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(\?.*)?$"))


def test_a_survey_is_designed_with_its_preview_beside_it(
    page: Page, live_server: Any, agreement_admin: User, complaints: list[str]
) -> None:
    survey = default_survey()
    sign_in(page, live_server, agreement_admin)
    page.goto(live_server.url + reverse("survey-design", args=[survey.key]))
    shown = page.frame_locator("#preview iframe")
    expect(shown.get_by_role("heading", name="How did we do with Printer on floor 3?")).to_be_visible()

    page.locator("#text-rating").fill("Well, how was {ticket}?")
    page.locator("#text-rating").press("Tab")
    expect(shown.get_by_role("heading", name="Well, how was Printer on floor 3?")).to_be_visible()
    expect(page.get_by_text("1 change against version 1")).to_be_visible()

    page.get_by_label("Mail", exact=True).check()
    page.get_by_label("Dark", exact=True).check()
    expect(shown.get_by_text("Well, how was")).to_be_visible()
    dark = "rgb(16, 21, 28)"
    expect(shown.locator("body")).to_have_css("background-color", dark)
    page.get_by_label("Page", exact=True).check()
    expect(shown.locator("body")).to_have_css("background-color", dark)

    move = page.get_by_role("button", name="Move “Comment” up")
    move.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#up-comment$"))
    expect(page.get_by_role("button", name="Move “Comment” up")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert_good(page)

    page.get_by_role("button", name="Send a test to me").click()
    expect(page.get_by_text(f"A test goes to {agreement_admin.email}")).to_be_visible()
    assert Message.objects.get().subject.startswith("[Test]")
    page.get_by_label("Note for those who read the versions later").fill("Our own words")
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_text("Version 2 is published")).to_be_visible()

    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_text("Our own words")).to_be_visible()
    assert_good(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert (survey.published_version().number, survey.draft().number) == (1, 2)
