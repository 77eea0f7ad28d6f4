"""Three mail scanners and three people in real Chromium: no scanner counts, every person does.

Scanners and people open the links of the mail that the product composes. Time passes by ageing the stored
rows, so that nobody has to wait.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from surveys.models import Invitation, Message, Response, SentAnswer, Visit
from surveys.services.close_invitations import close_invitations
from surveys.services.compose_mail import compose_mail
from surveys.services.settle_answers import settle_answers
from tests.factories import InvitationFactory, MessageFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
PERSONS_BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@pytest.fixture
def mail(settings: Any, live_server: Any) -> Message:
    """An invitation whose mail was delivered just now."""
    settings.PUBLIC_URL = live_server.url
    invitation = InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1))
    return MessageFactory.create(invitation=invitation, state="sent", sent_at=timezone.now())


@pytest.fixture
def program(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of a scanner; it pretends to be an ordinary one."""
    context = browser.new_context(user_agent=PERSONS_BROWSER, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of a person."""
    context = browser.new_context(user_agent=PERSONS_BROWSER, locale="en-GB")
    yield context
    context.close()


def time_passes(minutes: float) -> None:
    span = timedelta(minutes=minutes)
    Visit.objects.update(visited_at=F("visited_at") - span)
    SentAnswer.objects.update(sent_at=F("sent_at") - span)
    Message.objects.filter(sent_at__isnull=False).update(sent_at=F("sent_at") - span)


def links(mail: Message) -> list[str]:
    html = str(compose_mail(mail).alternatives[0][0])
    return list(dict.fromkeys(re.findall(r'href="([^"]+)"', html)))


def link(mail: Message, rating: int) -> str:
    return next(address for address in links(mail) if address.endswith(f"?r={rating}"))


def final_count() -> int:
    """Let the sweep and the closing do their work and return how many answers count."""
    time_passes(1)
    settle_answers(now=timezone.now())
    close_invitations(now=timezone.now() + timedelta(days=7))
    return Response.objects.accepted().count()


def wait_for_answer(count: int) -> None:
    deadline = time.monotonic() + 15
    while SentAnswer.objects.count() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert SentAnswer.objects.count() >= count


# --- scanners


def fetch_every_link(program: BrowserContext, mail: Message) -> None:
    page = program.new_page()
    for address in links(mail):
        page.goto(address)


def render_and_click_everything(program: BrowserContext, mail: Message) -> None:
    for address in links(mail):
        page = program.new_page()
        page.goto(address)
        page.mouse.move(200, 300)
        page.wait_for_timeout(600)
        for choice in page.locator("input[type=radio], input[type=checkbox]").all():
            if choice.is_visible():
                choice.check(force=True)
        for button in page.get_by_role("button").all():
            button.click()
        page.wait_for_load_state("networkidle")  # Chromium may never close a page that is on its way
        page.close()


def post_every_form(program: BrowserContext, mail: Message) -> None:
    for address in links(mail):
        page = program.new_page()
        page.goto(address)
        if page.locator("form").count():
            with page.expect_navigation():
                page.evaluate(
                    """() => {
                        const form = document.forms[0], choice = form.querySelector('[name=rating]');
                        if (choice && !form.querySelector(':checked')) choice.checked = true;
                        HTMLFormElement.prototype.submit.call(form);
                    }"""
                )
        page.close()


SCANNERS = [fetch_every_link, render_and_click_everything, post_every_form]
Scanner = Callable[[BrowserContext, Message], None]


@pytest.mark.parametrize("scan", SCANNERS, ids=lambda scan: scan.__name__)
@pytest.mark.parametrize("minutes", [0, 60], ids=["at delivery", "an hour later"])
def test_no_scanner_counts(program: BrowserContext, mail: Message, scan: Scanner, minutes: float) -> None:
    time_passes(minutes)

    scan(program, mail)

    assert Visit.objects.filter(is_trap=True).exists()
    assert final_count() == 0
    posted = scan is not fetch_every_link
    assert Response.objects.filter(state="set_apart").exists() is posted
    assert SentAnswer.objects.exclude(suspicion="").exists() is posted


def test_a_scanner_that_stays_within_one_link_is_caught_at_delivery(
    program: BrowserContext, mail: Message
) -> None:
    page = program.new_page()
    page.goto(link(mail, 5))
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()

    assert final_count() == 0
    assert Response.objects.get().set_apart_reason == "came within 10 seconds of delivery"


# --- people


def one_click_and_close(person: BrowserContext, mail: Message) -> None:
    page = person.new_page()
    before = SentAnswer.objects.count()
    page.goto(link(mail, 4))
    page.wait_for_timeout(600)
    page.mouse.move(120, 240)
    wait_for_answer(before + 1)
    page.close()


def one_click_then_details(person: BrowserContext, mail: Message) -> None:
    page = person.new_page()
    page.goto(link(mail, 4))
    page.get_by_label("Anything you want to tell us?").fill("Fast and friendly.")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()


def no_script(person: BrowserContext, mail: Message) -> None:
    context = person.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, user_agent=PERSONS_BROWSER, locale="en-GB"
    )
    page = context.new_page()
    page.goto(link(mail, 4))
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    context.close()


PEOPLE = [one_click_and_close, one_click_then_details, no_script]
Person = Callable[[BrowserContext, Message], None]


@pytest.mark.parametrize("answer", PEOPLE, ids=lambda answer: answer.__name__)
def test_every_person_counts(person: BrowserContext, mail: Message, answer: Person) -> None:
    time_passes(5)

    answer(person, mail)

    assert final_count() == 1
    assert Response.objects.get().rating == 4


@pytest.mark.parametrize("answer", PEOPLE, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize("scan", SCANNERS, ids=lambda scan: scan.__name__)
def test_a_person_counts_after_a_scanner_on_the_same_invitation(
    program: BrowserContext, person: BrowserContext, mail: Message, scan: Scanner, answer: Person
) -> None:
    scan(program, mail)
    time_passes(0.25)

    answer(person, mail)

    assert final_count() == 1
    assert Response.objects.get().rating == 4


# --- the script


def test_a_page_that_nobody_sees_records_nothing(person: BrowserContext, mail: Message, page: Page) -> None:
    hidden = person.new_page()
    hidden.add_init_script("Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})")
    hidden.goto(link(mail, 4))
    hidden.wait_for_timeout(2600)

    assert not SentAnswer.objects.exists()


def test_a_moment_on_a_visible_page_is_enough_and_a_new_choice_is_kept(
    person: BrowserContext, mail: Message
) -> None:
    time_passes(5)
    page = person.new_page()
    page.goto(link(mail, 4))
    wait_for_answer(1)
    page.locator("[name=rating][value='2']").check()
    wait_for_answer(2)

    assert list(SentAnswer.objects.order_by("pk").values_list("rating", "is_confirmed")) == [
        (4, False),
        (2, False),
    ]
    response = Response.objects.get()
    assert (response.rating, response.state) == (2, "provisional")
    assert Invitation.objects.get().state == "open"
