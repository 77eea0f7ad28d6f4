"""Take a picture of every page of a running demo, for the documentation. Called by bin/screenshots.

The pages of the bar are found in its menu; DETAILS leads to those below them. One survey of the mailbox is
answered on the way. A gallery of all pictures is written beside them.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from experience.demo.story import ADMIN, GREEN_TWIN, WATERMELON
from tests.servers import chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu"]
WIDTHS = (1280, 375)
SCHEMES = ("light", "dark")
QUALITY = 60
TALLEST = 16_000  # pixels; a WebP picture holds 16,383
SERVICE = f"/services/{WATERMELON.key}/"
TABS = ("why", "time", "people", "comments", "tickets")
PUBLIC = {"sign-in": "/sign-in/", "lost-password": "/sign-in/lost-password/"}
FIXED = {
    "account": "/account/",
    "second-factor": "/account/second-factor/",
    "service": SERVICE,
    **{f"service-{tab}": f"{SERVICE}{tab}/" for tab in TABS},
    "service-compare": f"{SERVICE}compare/?with=service&service={GREEN_TWIN.key}",
    "agreement": "/agreements/starter/",
    "agreement-results": "/agreements/starter/results/",
    "agreement-editor": "/agreements/starter/edit/",
    "agreement-new": "/agreements/new/",
    "source-new": "/data/sources/new/",
    "catalogue-service": f"/catalogue/{WATERMELON.key}/",
    "kpi-goal-new": "/kpi-tree/goals/new/",
    "survey-designer": "/asking/surveys/after-resolution/",
    "setup-services": "/setup/services/",
    "setup-tickets": "/setup/tickets/",
    "setup-survey": "/setup/survey/",
    "setup-agreement": "/setup/agreement/",
    "setup-results": "/setup/results/",
}
IN_GERMAN = {"portfolio-german": "/", "service-german": SERVICE, "gaps-german": "/gaps/"}
# Name, the page that leads there, and the link on it.
DETAILS = {
    "gap": ("/gaps/", "main a[href^='/gaps/']"),
    "kpi-goal": ("/kpi-tree/", "main a[href^='/kpi-tree/goals/']:not([href$='new/'])"),
    "kpi-factor": ("/kpi-tree/", "main a[href^='/kpi-tree/factors/']"),
    "service-silent": (SERVICE, "main a[href*='/silent/']"),
    "review": ("/reviews/", "main a[href*='/review/']"),
    "sending-rule": ("/asking/rules/", "main a[href^='/asking/rules/']"),
    "translation": ("/asking/translations/", "main a[href^='/asking/translations/']"),
}


def main(address: str) -> None:
    """Write docs/screenshots/<page>-<width>-<scheme>.webp for each page, width and colour scheme."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        pages = dict(_find_pages(browser, address))
        for width in WIDTHS:
            for scheme in SCHEMES:
                _take_all(browser, address, pages, width, scheme)
                _take_in_german(browser, address, width, scheme)
        browser.close()
    _write_gallery([*PUBLIC, *pages, *IN_GERMAN])


def _find_pages(browser: Browser, address: str) -> Iterator[tuple[str, str]]:
    """Yield the name and path of every page that needs no further step."""
    page = browser.new_page()
    _sign_in(page, address)
    for path in _links(page, ".menu__sheet a[href^='/']"):
        yield path.strip("/").replace("/", "-") or "portfolio", path
    yield from FIXED.items()
    for name, (start, link) in DETAILS.items():
        page.goto(address + start)
        yield name, _links(page, link)[0]
    yield from _survey_pages(page, address)
    page.close()


def _survey_pages(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Answer the survey of the oldest mail that takes an answer; yield a mail, a survey and the thanks."""
    page.goto(f"{address}/mailbox/")
    mails = _links(page, "main a[href^='/mailbox/']")
    yield "mail", mails[0]
    surveys = [found[0] for found in (_survey_of(page, address, mail) for mail in mails) if found]
    yield "survey", surveys[0]
    page.goto(f"{address}{surveys[-1]}?r=4&lang=en")
    page.get_by_role("button", name="Send").click()
    yield "survey-thanks", f"{surveys[-1]}thanks/"


def _survey_of(page: Page, address: str, mail: str) -> re.Match[str] | None:
    page.goto(address + mail)
    return re.search(r"/s/[\w-]+/", page.content())


def _links(page: Page, selector: str) -> list[str]:
    found = page.locator(selector).evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return list(dict.fromkeys(path for path in found if path))


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.locator("[name=username]").fill(ADMIN.username)
    page.locator("[name=password]").fill(ADMIN.password)
    page.locator("main button[type=submit]").click()
    page.get_by_role("heading", name="Portfolio").wait_for()


def _take_all(browser: Browser, address: str, pages: dict[str, str], width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    for name, path in PUBLIC.items():
        _take(page, address + path, f"{name}-{width}-{scheme}")
    _sign_in(page, address)
    for name, path in pages.items():
        _take(page, address + path, f"{name}-{width}-{scheme}")
    page.close()


def _take_in_german(browser: Browser, address: str, width: int, scheme: str) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="de-DE",
    )
    _sign_in(page, address)
    for name, path in IN_GERMAN.items():
        _take(page, address + path, f"{name}-{width}-{scheme}")
    page.close()


def _take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)  # charts draw themselves in the next frames
    devtools = page.context.new_cdp_session(page)
    size = devtools.send("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], TALLEST), "scale": 1}
    picture = devtools.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(picture["data"]))
    devtools.detach()


def _write_gallery(names: list[str]) -> None:
    """Write the page that shows all pictures, light and dark side by side, wide and narrow."""
    lines = ["# Every page in pictures", "", "Taken from the demo by `bin/screenshots`; do not edit.", ""]
    for name in names:
        lines += [f"## {name}", ""]
        for width in WIDTHS:
            shown = (f"![{name}, {width} wide, {one}]({name}-{width}-{one}.webp)" for one in SCHEMES)
            lines += [" ".join(shown), ""]
    (FOLDER / "README.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
