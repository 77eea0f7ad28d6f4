"""The journeys of people who sign in, in a real browser: notice, act, agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from experience.models import AgreementVersion, BusinessGoal, Gap, Improvement, SuccessFactor
from experience.services.agreements import publish, write_draft
from experience.services.parameters import parameter_set_for
from experience.services.starter import starter_terms
from surveys.models import BusinessService, FollowUpReceiver, User
from tests.browser.test_staff_pages import NARROW, PASSWORD, WIDE, complaints, violations
from tests.experience.factories import answer, gap, measured, starter, weekly
from tests.factories import NOW, BusinessServiceFactory, ResolutionFactory, default_survey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
__all__ = ["complaints"]  # a fixture


@pytest.fixture
def house(owner: User, agreement_admin: User, administrator: User, service: BusinessService) -> Gap:
    """A watermelon with a past, an answer and an action, beside a healthy service; everybody can sign in."""
    for user in (owner, agreement_admin, administrator):
        user.set_password(PASSWORD)
        user.save()
    parameter_set_for(NOW.date(), now=NOW)  # an estimated one, which a rehearsal can replay with
    version = starter()
    neighbour = BusinessServiceFactory.create(key="archive", name="Archive", owner=owner, supplier="Aster")
    measured(neighbour, agreement_version=version, status="likely_green", rating=4.5)
    newest = measured(service, agreement_version=version)
    weekly(service, [4.3, 4.2, 4.0, 3.9, 3.7])
    answer(service, rating=1, comment="Nobody reads the history")
    return gap(service, last_measurement=newest)


def sign_in(page: Page, live_server: Any, name: str) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Portfolio")).to_be_visible()


def test_notice_from_the_portfolio_to_the_reason(
    page: Page, live_server: Any, house: Gap, complaints: list[str]
) -> None:
    sign_in(page, live_server, "owner")
    expect(page.get_by_text("1 of 2 services is a watermelon")).to_be_visible()

    page.get_by_role("rowheader").get_by_role("link").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Archive", exact=True).last).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.get_by_text("SLA met, users unhappy.")).to_be_visible()
    expect(page.get_by_text("Nobody reads the history")).to_be_visible()
    page.get_by_role("link", name="Over time").click()
    expect(page).to_have_url(f"{live_server.url}/services/e-mail/time/")
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.locator("summary", has_text="The same as a table").click()
    expect(page.get_by_role("region", name="Results by week").get_by_role("row")).to_have_count(6)


def test_act_on_a_gap_without_leaving_the_inbox_and_take_it_back(
    page: Page, live_server: Any, house: Gap, complaints: list[str]
) -> None:
    sign_in(page, live_server, "owner")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Gaps").click()
    page.evaluate("window.sameDocument = true")

    page.get_by_role("button", name="Take it in hand").click()
    expect(page.get_by_text("is in your hands")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Take it in hand")).to_be_visible()

    assert page.evaluate("window.sameDocument")
    house.refresh_from_db()
    assert (house.state, house.assignee) == (Gap.State.OPEN, None)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_action_is_started_and_done(browser: Browser, live_server: Any, house: Gap, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    sign_in(page, live_server, "owner")
    page.goto(f"{live_server.url}/gaps/")
    page.get_by_role("link", name="Start an action").click()

    page.get_by_label("What will be done?").fill("Replace the queue")
    page.get_by_role("button", name="Start the action").click()
    page.get_by_role("button", name="It is done").click()

    expect(page.get_by_text("Its effect is judged on")).to_be_visible()
    assert Improvement.objects.get().state == Improvement.State.DONE
    context.close()


def test_agree_from_the_draft_over_the_rehearsal_to_the_undo(
    page: Page, live_server: Any, house: Gap, complaints: list[str]
) -> None:
    terms = replace(starter_terms(NOW.date()), key="mail", name="Mail", is_primary=False)
    publish(
        write_draft(replace(terms, covers_rest=False, services=(house.service.key,)), by=None),
        by=None,
        now=NOW,
    )
    sign_in(page, live_server, "agreement-admin")
    page.goto(f"{live_server.url}/agreements/mail/")
    page.get_by_role("link", name="Draft the next version").click()

    page.get_by_label("Target: Satisfaction", exact=True).fill("4.4")
    page.get_by_label("Target: Satisfaction", exact=True).press("Tab")
    expect(page.locator("#rehearsal").get_by_text("Satisfaction: at least 4.4 of 5.")).to_be_visible()
    assert not AgreementVersion.objects.drafts().exists()

    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("until it is used, you can undo it")).to_be_visible()
    page.get_by_role("button", name="Undo the publication").click()
    expect(page.get_by_role("heading", name="Draft: Mail")).to_be_visible()
    expect(page.get_by_label("Target: Satisfaction", exact=True)).to_have_value("4.4")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_accessible_fits_and_obeys_the_policy(
    page: Page, live_server: Any, house: Gap, complaints: list[str], scheme: Any, size: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    goal = BusinessGoal.objects.create(name="People trust IT")
    quick = SuccessFactor.objects.create(goal=goal, value_stream="detect_to_correct", name="Quick repair")
    ada = ResolutionFactory.create(on_service=house.service).ticket.requester
    hook = {"webhook_url": "https://itsm.example/hook", "webhook_secret": "s" * 16}
    FollowUpReceiver.objects.create(name="Desk", email="desk@example.org", **hook)
    default_survey()
    sign_in(page, live_server, "administrator")

    for path in (
        f"/gaps/{house.pk}/", "/gaps/", "/actions/", "/agreements/", "/agreements/starter/",
        "/agreements/starter/edit/", "/agreements/new/", "/executive/", "/reviews/",
        "/services/e-mail/review/2026-05/", "/health/", "/data/inbound/", "/users/", "/audit-log/",
        "/api-keys/", "/design-system/", "/kpi-tree/", "/kpi-tree/goals/new/",
        f"/kpi-tree/factors/{quick.pk}/", "/webhooks/", "/data/prometheus/", "/catalogue/",
        "/catalogue/e-mail/", "/account/",
        f"/asking/people/{ada.pk}/history/", "/asking/surveys/", "/data/sources/",
    ):  # fmt: skip
        page.goto(live_server.url + path)
        page.locator("main details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_menu_of_a_phone_opens_without_script(browser: Browser, live_server: Any, house: Gap) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=NARROW)
    page = context.new_page()
    sign_in(page, live_server, "owner")

    page.locator("summary", has_text="Menu").click()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Inbox").click()

    expect(page.get_by_role("heading", name="Gaps")).to_be_visible()
    context.close()
