"""Signing in with a second factor, from setting it up to the lost phone, in a real browser."""

from __future__ import annotations

import time
from base64 import b32decode
from typing import Any

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from surveys.models import User
from tests.browser.test_staff_pages import NARROW, PASSWORD, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


def shown_by_the_app(secret: str) -> str:
    generator = TOTP(b32decode(secret.replace(" ", "")))
    generator.time = time.time()
    return f"{generator.token():06d}"


def give_password(page: Page, live_server: Any) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def fits_and_is_accessible(page: Page) -> bool:
    assert violations(page) == []
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_second_factor_from_the_set_up_to_the_lost_phone(
    page: Page, live_server: Any, owner: User, settings: Any, scheme: Any
) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    settings.REQUIRE_SECOND_FACTOR = ["owner"]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(NARROW)

    give_password(page, live_server)
    expect(page.get_by_role("heading", name="Set up the second factor")).to_be_visible()
    assert fits_and_is_accessible(page)
    page.locator("summary", has_text="It cannot scan?").click()
    secret = page.locator(".secret code").inner_text()
    page.get_by_label("Six digits").fill(shown_by_the_app(secret))
    page.get_by_role("button", name="Turn it on").click()

    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()
    assert fits_and_is_accessible(page)
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.goto(f"{live_server.url}/account/")
    assert fits_and_is_accessible(page)
    page.context.clear_cookies()

    give_password(page, live_server)
    expect(page.get_by_role("heading", name="The code from your app")).to_be_visible()
    page.get_by_label("Six digits").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("9 are left")).to_be_visible()


def test_the_pages_before_signing_in_are_accessible(page: Page, live_server: Any, db: None) -> None:
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_role("link", name="Forgot your password?").click()
    assert fits_and_is_accessible(page)

    page.get_by_label("Mail address of your account").fill("nobody@example.org")
    page.get_by_role("button", name="Mail me a link").click()

    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert fits_and_is_accessible(page)
