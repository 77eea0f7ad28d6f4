"""The public pages in a real browser: accessible, narrow or wide, dark or light, with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, Request, expect

from surveys.engine.wording import HIGH_REASONS, LOW_REASONS
from surveys.models import FollowUpReceiver, Invitation, Question, Response, ServiceNotice, SurveyVersion
from surveys.selectors.asked import reason_order
from surveys.services.answer import Answer, record_answer
from surveys.services.compose_mail import compose_mail
from surveys.services.default_survey import create_default_survey
from tests.factories import InvitationFactory, MessageFactory, default_survey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # The plugin that brings `page` still defines a fixture the way pytest 10 will not take.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
WIDTHS = (320, 375, 1280)


@pytest.fixture
def invitation() -> Invitation:
    return open_invitation()


def open_invitation(**facts: Any) -> Invitation:
    return InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1), **facts)


@pytest.fixture(autouse=True)
def complaints(page: Page, live_server: Any) -> Iterator[list[str]]:
    """What the console complained about, and requests that went elsewhere; a 4xx page is no complaint."""
    found: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:")):
            found.append(request.url)

    page.on("request", note)
    page.on(
        "console",
        lambda message: (
            found.append(message.text)
            if message.type == "error" and "status of 4" not in message.text
            else None
        ),
    )
    yield found
    assert found == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def shown(page: Page, name: str) -> bool:
    return page.get_by_role("checkbox", name=name).is_visible()


def told_and_thanked(language: str) -> Invitation:
    """Return an invitation whose person was not helped, hears from the desk, and reads what was improved."""
    FollowUpReceiver.objects.create(name="the Service Desk", email="desk@example.org")
    invitation = open_invitation(language=language)
    record_answer(invitation.pk, Answer(1, is_solved=False), now=timezone.now())
    ServiceNotice.objects.create(
        service=invitation.service, wording={"en": "We replaced the printers."}, shown_from=date(2020, 1, 1)
    )
    return invitation


def asked_anonymously(language: str) -> Invitation:
    """Return an invitation of an anonymous survey that was answered."""
    published = default_survey().versions.get()
    version = SurveyVersion.objects.create(survey=published.survey, number=99, mode="anonymous")
    Question.objects.create(version=version, position=1, kind="rating", scale="satisfaction")
    invitation = open_invitation(language=language, survey_version=version)
    record_answer(invitation.pk, Answer(4), now=timezone.now())
    return invitation


def asked_again(language: str) -> Invitation:
    """Return an invitation whose person rated well and complained."""
    invitation = open_invitation(language=language)
    complaint = Answer(5, comment="Still not working, nobody called back. Terrible.")
    record_answer(invitation.pk, complaint, now=timezone.now(), language="en")
    return invitation


@pytest.mark.parametrize("language", ["en", "ar", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_public_page_is_accessible_and_fits(
    page: Page, live_server: Any, language: str, scheme: Any
) -> None:
    long_title = "Donaudampfschifffahrtsgesellschaftskapitänspatentsverlängerungsformular druckt nicht"
    invitation = open_invitation(language=language, resolution__ticket__short_description=long_title)
    answered = open_invitation(language=language)
    record_answer(answered.pk, Answer(2, frozenset({"slow"}), 90, "Three calls."), now=timezone.now())
    closed = InvitationFactory.create(language=language, state="closed")
    withdrawn = InvitationFactory.create(language=language, state="withdrawn")
    unsolved = told_and_thanked(language)
    anonymous = asked_anonymously(language)
    open_page = f"/s/{invitation.token}/"
    addresses = [
        open_page,
        f"{open_page}?r=3",
        f"{open_page}unsubscribe/",
        f"/s/{answered.token}/",
        f"/s/{answered.token}/thanks/",
        f"/s/{closed.token}/",
        f"/s/{withdrawn.token}/",
        "/s/unknown/",
        f"/feedback/{unsolved.service.key}/?lang={language}",
        f"/s/{unsolved.token}/thanks/",
        f"/s/{anonymous.token}/thanks/",
        f"/s/{anonymous.token}/contact/",
        f"/s/{asked_again(language).token}/thanks/",
    ]
    page.emulate_media(color_scheme=scheme)

    for address in addresses:
        page.goto(live_server.url + address)
        assert violations(page) == [], address
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert fits(page), (address, width)


def test_a_page_with_mistakes_is_accessible_and_leads_to_them(
    page: Page, live_server: Any, invitation: Invitation
) -> None:
    page.goto(f"{live_server.url}/s/{invitation.token}/")
    page.get_by_role("textbox", name="hours").fill("two")
    page.get_by_role("button", name="Send answer").click()

    assert violations(page) == []
    expect(page.get_by_role("alert")).to_contain_text("Choose a number from 1 to 5.")
    page.get_by_role("link", name="Write the lost time").click()
    expect(page.get_by_role("textbox", name="hours")).to_be_focused()


@pytest.mark.parametrize("scale", ["happiness", "effort"])
def test_the_other_scales_fit_too(page: Page, live_server: Any, scale: str) -> None:
    version = create_default_survey(now=timezone.now())
    Question.objects.filter(version=version, kind="rating").update(scale=scale)
    invitation = open_invitation()

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{live_server.url}/s/{invitation.token}/?r=7")
        assert fits(page)
        assert violations(page) == []
    expect(page.get_by_role("radio", checked=True).first).to_have_value("7")


def test_right_to_left_turns_the_page_around(page: Page, live_server: Any, invitation: Invitation) -> None:
    page.goto(f"{live_server.url}/s/{invitation.token}/")
    page.evaluate("document.documentElement.dir = 'rtl'")

    worst, best = page.locator(".point").first, page.locator(".point").last
    assert worst.bounding_box()["x"] > best.bounding_box()["x"]
    assert fits(page)


def test_reasons_follow_the_rating(page: Page, live_server: Any, invitation: Invitation) -> None:
    page.goto(f"{live_server.url}/s/{invitation.token}/")
    seen = {}
    for rating in range(1, 6):
        page.locator(f"[name=rating][value='{rating}']").check()
        seen[rating] = (shown(page, "It took too long"), shown(page, "Fast"))

    assert seen == {
        1: (True, False),
        2: (True, False),
        3: (True, True),
        4: (False, True),
        5: (False, True),
    }


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_answers_from_the_mail_with_the_keyboard_alone(
    browser: Browser, live_server: Any, settings: Any, invitation: Invitation, script: bool
) -> None:
    settings.PUBLIC_URL = live_server.url
    mail = compose_mail(MessageFactory.create(invitation=invitation))
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.set_content(str(mail.alternatives[0][0]))

    page.get_by_role("link", name="2 bad").click()
    page.get_by_role("radio", name="2 bad").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_label("Anything you want to tell us?").fill("Three calls.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    answer = Response.objects.get()
    assert (answer.rating, answer.comment) == (2, "Three calls.")
    first = reason_order(list(LOW_REASONS) + list(HIGH_REASONS), invitation)
    ticked = next(key for key in first if key in LOW_REASONS)
    assert [reason.key for reason in answer.reasons.all()] == [ticked]
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_slip_of_the_finger_is_mended_with_the_keyboard_alone(
    browser: Browser, live_server: Any, script: bool
) -> None:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{live_server.url}/s/{asked_again('en').token}/thanks/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="1 very bad")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("You chose 1 of 5.")).to_be_visible()
    expect(page.get_by_text("Did you mean")).to_have_count(0)
    assert Response.objects.get().rating == 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_is_accessible_and_fits(page: Page, scheme: Any, invitation: Invitation) -> None:
    mail = compose_mail(MessageFactory.create(invitation=invitation))
    page.emulate_media(color_scheme=scheme)

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.set_content(str(mail.alternatives[0][0]))
        assert fits(page)
        # A mail has no landmarks, and mail programs bring their own page around it.
        assert [found for found in violations(page) if not found.startswith(("region", "landmark"))] == []
    assert default_survey().versions.count() == 1
