"""Connecting a system in a real browser: choose it, try a body, correct the mapping, name the service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from surveys.models import BusinessService, IntakeSource, ServiceAlias, User
from tests.browser.test_staff_pages import NARROW, PASSWORD, WIDE, complaints, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
__all__ = ["complaints"]  # a fixture
OWN = {"ticket": {"ref": "77", "opened": "2026-05-04T08:00:00Z", "phase": "finished", "product": "Mail!"}}


@pytest.fixture
def admin(agreement_admin: User, service: BusinessService) -> User:
    agreement_admin.set_password(PASSWORD)
    agreement_admin.save()
    return agreement_admin


def sign_in(page: Page, live_server: Any, path: str) -> None:
    page.goto(f"{live_server.url}/sign-in/?next={path}")
    page.get_by_label("User name").fill("agreement-admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def is_fine(page: Page) -> bool:
    assert violations(page) == []
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_system_is_connected_and_its_mapping_tried_as_one_types(
    page: Page, live_server: Any, admin: User, complaints: list[str], scheme: Any, size: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    sign_in(page, live_server, "/data/sources/")
    assert is_fine(page)
    page.get_by_role("link", name="Connect a system").first.click()
    assert is_fine(page)
    page.get_by_text("Another system, or a script").click()
    page.get_by_label("What do you call it?").fill("Own desk")
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("heading", name="The secret")).to_be_visible()
    expect(page.get_by_text("This would be taken, for E-mail.")).to_be_visible()
    assert is_fine(page)

    page.get_by_label("Body as JSON").fill(json.dumps(OWN))
    page.get_by_label("items", exact=True).fill("ticket")
    page.get_by_label("number", exact=True).fill("ref")
    page.get_by_label("opened_at", exact=True).fill("opened")
    page.get_by_label("state", exact=True).fill("phase")
    expect(page.locator("#preview").get_by_text("The state 'finished' is not known.")).to_be_visible()
    page.get_by_label("Own words for states").fill("finished = resolved")
    page.get_by_label("service", exact=True).fill("product")
    expect(page.get_by_text("No service is called “Mail!”")).to_be_visible()
    assert is_fine(page)
    page.get_by_role("button", name="Keep this mapping").click()

    expect(page.get_by_text("The mapping is kept.")).to_be_visible()
    expect(page.get_by_role("heading", name="The secret")).to_have_count(0)
    source = IntakeSource.objects.get()
    assert source.mapping == {
        "items": "ticket", "number": "ref", "opened_at": "opened", "state": "phase", "service": "product",
        "states": {"finished": "resolved"},
    }  # fmt: skip


def test_without_script_a_body_is_tried_by_a_button_and_a_service_named(
    browser: Browser, live_server: Any, admin: User
) -> None:
    IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="s" * 20)
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, "/data/sources/desk/")

    body = {"number": "1", "service": "Mail!", "opened_at": "2026-05-04T08:00:00Z"}
    page.get_by_label("Body as JSON").fill(json.dumps(body))
    page.get_by_role("button", name="Try it").click()
    page.get_by_label("Mail!").select_option("E-mail")
    page.get_by_role("button", name="That is it").click()

    expect(page.get_by_text("Mail! means E-mail from now on.")).to_be_visible()
    assert ServiceAlias.objects.get().source == "desk"
