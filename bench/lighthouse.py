"""Lighthouse's view of the pages of a running demo: performance, accessibility, best practices, of 100 each.

python -m bench.lighthouse [ADDRESS]   prints the table: staff pages as on a desktop, public ones on a phone
python -m bench.lighthouse --write     also writes the section "Lighthouse" of docs/interface.md

Start bin/demo first. Lighthouse comes through npx and runs Chromium; both have to be there. The survey is
taken from the demo's mailbox, or named with --survey.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.documents import write_section
from bench.portfolio import DOCUMENT
from experience.demo.story import ADMIN, WATERMELON
from tests.servers import chromium

HEADING = "## Lighthouse"
LEAST = 95
VERSION = "lighthouse@12"
CATEGORIES = ("performance", "accessibility", "best-practices")
SERVICE = f"/services/{WATERMELON.key}/"
STAFF = {
    "portfolio": "/",
    "service, overview": SERVICE,
    **{f"service, {tab}": f"{SERVICE}{tab}/" for tab in ("why", "time", "people", "comments", "tickets")},
    "service, compare": f"{SERVICE}compare/?with=room-booking",
    "gap inbox": "/gaps/",
    "actions": "/actions/",
    "comments": "/comments/",
    "executive": "/executive/",
    "reviews": "/reviews/",
    "agreements": "/agreements/",
    "agreement editor": "/agreements/starter/edit/",
    "jobs and health": "/health/",
}
_TRIES = 3
_SURVEY = re.compile(r"/s/[\w-]+/")


@dataclass(frozen=True, slots=True)
class Scores:
    """What Lighthouse says of one page, in the order of CATEGORIES."""

    name: str
    view: str
    values: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Say whether every score is high enough."""
        return min(self.values) >= LEAST


def main() -> int:
    """Measure and print the table; 1 when a page falls short."""
    arguments = _arguments()
    cookie, survey = _signed_in(arguments.address, arguments.survey)
    scores = [_scores(name, arguments.address + path, "desktop", cookie) for name, path in STAFF.items()]
    scores += [_scores("sign-in", f"{arguments.address}/sign-in/", "phone", "")]
    scores += [_scores("survey", survey, "phone", "")]
    text = _document(scores)
    print(text)
    if arguments.write:
        write_section(DOCUMENT, HEADING, text)
    return 0 if all(page.holds for page in scores) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--survey", default="", help="An open survey; else the newest of the mailbox.")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _signed_in(address: str, survey: str) -> tuple[str, str]:
    """Return the session of the demo's administrator, and the address of an open survey."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB")
        page.goto(f"{address}/sign-in/")
        page.get_by_label("User name").fill(ADMIN.username)
        page.get_by_label("Password").fill(ADMIN.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Portfolio").wait_for()
        session = next(c["value"] for c in page.context.cookies() if c["name"] == "sessionid")
        found = survey or address + _newest_survey(page, address)
        browser.close()
    return session, found


def _newest_survey(page: Page, address: str) -> str:
    page.goto(f"{address}/mailbox/")
    page.locator("main a").first.click()
    found = _SURVEY.search(page.content())
    if found is None:
        raise SystemExit("The newest mail of the mailbox holds no survey. Name one with --survey.")
    return found.group()


def _scores(name: str, address: str, view: str, session: str) -> Scores:
    npx = shutil.which("npx")
    if npx is None:
        raise SystemExit("npx is not installed. Install Node.js; it brings npx.")
    with tempfile.TemporaryDirectory(prefix="xla-lighthouse-") as folder:
        report = Path(folder) / "report.json"
        command = [npx, "--yes", VERSION, address, "--quiet", "--output=json", f"--output-path={report}"]
        command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
        command += [f"--only-categories={','.join(CATEGORIES)}"]
        command += ["--preset=desktop"] if view == "desktop" else []
        if session:
            command += ["--extra-headers", json.dumps({"Cookie": f"sessionid={session}"})]
        environment = {**os.environ, "CHROME_PATH": chromium()}
        _run(command, folder, environment)
        found = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return Scores(name, view, tuple(round(100 * found[category]["score"]) for category in CATEGORIES))


def _run(command: list[str], folder: str, environment: dict[str, str]) -> None:
    """Run Lighthouse; on a busy machine Chromium loses a recording now and then, so up to three times."""
    for _ in range(_TRIES - 1):
        if subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0:
            return
    subprocess.run(command, cwd=folder, env=environment, check=True)


def _document(scores: list[Scores]) -> str:
    """Return the section in Markdown."""
    lines = [
        HEADING,
        "",
        f"Scores of 100, at least {LEAST} each; staff pages with the desktop preset, public ones on a phone."
        f" A demo on a machine with {os.cpu_count()} cores and a load of {os.getloadavg()[0]:.1f}. Written by"
        " `python -m bench.lighthouse --write`; do not edit.",
        "",
        "| page | as on a | performance | accessibility | best practices |",
        "|---|---|---|---|---|",
    ]
    rows = (
        f"| {page.name}{'' if page.holds else ' **(short)**'} | {page.view} |"
        f" {' | '.join(str(value) for value in page.values)} |"
        for page in scores
    )
    return "\n".join([*lines, *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
