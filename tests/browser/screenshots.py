"""Take a picture of every page of a running demo, for the documentation. Called by bin/screenshots."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from experience.demo.story import ADMIN, WATERMELON
from tests.servers import chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu"]
WIDTHS = (1280, 375)
SCHEMES = ("light", "dark")
PAGES = {
    "portfolio": "/",
    "comments": "/comments/",
    "executive": "/executive/",
    "service": f"/services/{WATERMELON.key}/",
    **{
        f"service-{tab}": f"/services/{WATERMELON.key}/{tab}/"
        for tab in ("why", "time", "people", "comments", "tickets")
    },
    "service-compare": f"/services/{WATERMELON.key}/compare/?with=room-booking",
    "kpi-tree": "/kpi-tree/",
    "gaps": "/gaps/",
    "actions": "/actions/",
    "agreements": "/agreements/",
    "agreement": "/agreements/starter/",
    "agreement-editor": "/agreements/starter/edit/",
    "reviews": "/reviews/",
    "inbound": "/data/inbound/",
    "sources": "/data/sources/",
    "source-new": "/data/sources/new/",
    "health": "/health/",
    "users": "/users/",
    "audit-log": "/audit-log/",
    "api-keys": "/api-keys/",
    "account": "/account/",
    "second-factor": "/account/second-factor/",
    "design-system": "/design-system/",
    "setup": "/setup/",
    "setup-tickets": "/setup/tickets/",
    "setup-agreement": "/setup/agreement/",
    "surveys": "/asking/surveys/",
    "survey-designer": "/asking/surveys/after-resolution/",
    "sending-rule": "/asking/rules/after-resolution/",
    "mailbox": "/mailbox/",
}


def main(address: str) -> None:
    """Write docs/screenshots/<page>-<width>-<scheme>.png for each page, width and colour scheme."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                _take_all(browser, address, width, scheme)
        browser.close()


def _take_all(browser: Browser, address: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{address}/sign-in/")
    _take(page, f"sign-in-{width}-{scheme}")
    page.get_by_label("User name").fill(ADMIN.username)
    page.get_by_label("Password").fill(ADMIN.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Portfolio").wait_for()
    for name, path in PAGES.items():
        page.goto(address + path)
        _take(page, f"{name}-{width}-{scheme}")
    page.close()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True, animations="disabled")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
