"""Walks the demo as a person would, over HTTP and SMTP alone: `python -m experience.demo.check`.

Runs beside the started processes and finds them by the settings they were started with (XLA_PUBLIC_URL,
XLA_MAILBOX_DIR, REDIS_URL, XLA_DATA_DIR). Prints one line of JSON; the exit status is 0 only if all of it
worked.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import redis

from experience.demo.browser import Browser, Page
from experience.demo.files import CHECKOUT, export_file, report_file
from experience.demo.story import ADMIN, SOURCE

READY_SECONDS = 60
MAIL_SECONDS = 60
SEEN_SECONDS = 2
SWEEP_SECONDS = 60
READING_SECONDS = 11  # an answer within ten seconds of delivery would be taken for a mail scanner's
PAUSE_SECONDS = 0.05
SERVICE_ROW = re.compile(r'class="col-service"><a href="([^"]+)">([^<]+)</a>(.*?)</th>', re.DOTALL)
WATERMELON = re.compile(r">\s*Watermelon\s*<")
ANSWER_COUNT = re.compile(r'id="answer-count">([^<]*)<')
RESULT_COUNT = re.compile(r'id="result-answers">([^<]*)<')
ANSWER_LINK = re.compile(r"\S+/s/[^/\s?]+/(?=\s)")

Found = TypeVar("Found")


class CheckFailedError(Exception):
    """Something a person would expect did not happen; the message says what."""


@dataclass(frozen=True)
class Invited:
    """A mail in the mailbox: what it says and the link to answer."""

    key: str
    text: str
    link: str


@dataclass
class Walk:
    """One walk through the running demo."""

    browser: Browser
    mailbox: Path
    broker: redis.Redis
    environment: Mapping[str, str]
    seconds: dict[str, float] = field(default_factory=dict)

    def through(self) -> None:
        """Do all of it in order. Raises CheckFailedError where it fails."""
        self.timed("sign in", self.sign_in)
        self.timed("see watermelon", self.see_watermelon)
        first = self.timed("mail received", self.newest_mail)
        self.answer(first, rating=5, counted="answer in result")
        second = self.newest_mail(but=first.key)
        emptied = "answer in result, broker emptied"
        self.answer(second, rating=2, counted=emptied, disturb=self.broker.flushall)
        self.timed("import again", self.import_again)

    def timed(self, name: str, step: Callable[[], Found]) -> Found:
        """Do one step and keep the seconds it took; of a step done twice the longer ones."""
        started = time.monotonic()
        done = step()
        self.seconds[name] = max(self.seconds.get(name, 0), round(time.monotonic() - started, 2))
        return done

    def sign_in(self) -> None:
        """Sign in as the administrator, once the pages answer."""
        page = within(READY_SECONDS, "The sign-in page did not come.", self._sign_in_page)
        form = page.form_with("password")
        shown = self.browser.submit(page, form, username=ADMIN.username, password=ADMIN.password)
        expect('name="password"' not in shown.html and shown.status == 200, "Signing in did not work.")

    def services(self) -> dict[str, str]:
        """Return the address of every service on the portfolio, by name."""
        return {name: address for address, name, _ in SERVICE_ROW.findall(self.browser.open("/").html)}

    def watermelons(self) -> list[str]:
        """Return the addresses of the services that the portfolio calls watermelons."""
        rows = SERVICE_ROW.findall(self.browser.open("/").html)
        return [address for address, _, badge in rows if WATERMELON.search(badge)]

    def see_watermelon(self) -> None:
        """Find a watermelon on the portfolio and open its page."""
        found = self.watermelons()
        expect(bool(found), "The portfolio shows no watermelon.")
        page = self.browser.open(found[0])
        expect(page.status == 200 and "Watermelon" in page.html, f"{found[0]} does not show its gap.")

    def newest_mail(self, *, but: str = "") -> Invited:
        """Return the newest invitation in the mailbox, other than that of key `but`."""
        return within(MAIL_SECONDS, "No invitation came by mail.", lambda: self._newest_mail(but))

    def answer(
        self, invited: Invited, *, rating: int, counted: str, disturb: Callable[[], object] | None = None
    ) -> None:
        """Answer as a browser would; see the service page count the answer, and then its result.

        `counted` names the time until the result counts it. `disturb` is done before and after answering.
        """
        disturb = disturb or (lambda: None)
        time.sleep(READING_SECONDS)
        service = self._service_of(invited)
        tickets = f"{service}tickets/"
        answers, results = self._count(ANSWER_COUNT, service), self._count(RESULT_COUNT, tickets)
        page = self.browser.open(invited.link)
        expect(page.status == 200, f"{invited.link} answers {page.status}.")
        form = page.form_with("rating")
        disturb()
        thanks = self.timed(
            "answer", lambda: self.browser.submit(page, form, rating=str(rating), comment="Checked.")
        )
        disturb()
        expect(thanks.address.endswith("/thanks/"), "The answer was not taken.")
        self._see_more("answer on service page", ANSWER_COUNT, service, answers, SEEN_SECONDS)
        self._see_more(counted, RESULT_COUNT, tickets, results, SWEEP_SECONDS)

    def import_again(self) -> None:
        """Import the tickets once more; nothing may change."""
        command = [sys.executable, str(CHECKOUT / "manage.py"), "import_tickets"]
        command += [str(export_file(self.environment)), "--source", SOURCE]
        done = subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, check=False
        )
        expect(done.returncode == 0, f"Importing again failed: {done.stderr.strip()}")
        said = re.search(r"(\d+) tickets created, (\d+) changed", done.stdout)
        expect(said is not None and set(said.groups()) == {"0"}, f"Importing again changed: {done.stdout}")

    def _sign_in_page(self) -> Page | None:
        try:
            page = self.browser.open("/sign-in/")
        except OSError:
            return None
        return page if page.status == 200 else None

    def _newest_mail(self, but: str) -> Invited | None:
        folder = self.mailbox / "new"
        for path in sorted(folder.glob("*.xla"), reverse=True) if folder.is_dir() else ():
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            body = message.get_body(("plain",))
            text = body.get_content() if body else ""
            link = ANSWER_LINK.search(text)
            if link and path.name != but:
                return Invited(path.name, text, link.group())
        return None

    def _service_of(self, invited: Invited) -> str:
        named = [address for name, address in self.services().items() if name in invited.text]
        expect(bool(named), "The mail names no service of the portfolio.")
        return named[0]

    def _count(self, pattern: re.Pattern[str], service: str) -> int:
        found = pattern.search(self.browser.open(service).html)
        expect(found is not None, f"{service} shows no count of answers.")
        assert found is not None
        return int(re.sub(r"\D", "", found.group(1)) or 0)

    def _see_more(
        self, name: str, pattern: re.Pattern[str], service: str, before: int, seconds: float
    ) -> None:
        complaint = f"{service} does not count the answer after {seconds:g} s ({name})."
        self.timed(name, lambda: within(seconds, complaint, lambda: self._count(pattern, service) > before))


def within(seconds: float, complaint: str, look: Callable[[], Found | None]) -> Found:
    """Return the first thing found; raise CheckFailedError with the complaint when time is over."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise CheckFailedError(complaint)
        time.sleep(PAUSE_SECONDS)
    return found


def expect(is_so: bool, complaint: str) -> None:
    """Raise CheckFailedError with the complaint unless it is so."""
    if not is_so:
        raise CheckFailedError(complaint)


def main() -> int:
    """Walk, print the line and return the exit status."""
    environment = os.environ
    walk = Walk(
        browser=Browser(environment["XLA_PUBLIC_URL"]),
        mailbox=Path(environment["XLA_MAILBOX_DIR"]),
        broker=redis.Redis.from_url(environment["REDIS_URL"]),
        environment=environment,
    )
    report = json.loads(report_file(environment).read_text(encoding="utf-8"))
    try:
        walk.through()
    except (CheckFailedError, LookupError, OSError, redis.RedisError) as error:
        report["failed"] = str(error)
    report["seconds"] |= walk.seconds
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if "failed" in report else 0


if __name__ == "__main__":
    sys.exit(main())
