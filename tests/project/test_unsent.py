"""What was sent and could not be taken is kept: the session ended, the form is old, the database is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from experience.models import Gap
from surveys.models import BusinessService, IntakeEvent, IntakeSource, User
from tests.experience.factories import gap
from tests.page_forms import fields_of

pytestmark = pytest.mark.django_db
OWN = {"Origin": "http://testserver"}
REASON = "The supplier changed on Monday; we wait for the first whole week & look again <then>."


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers=OWN, raise_request_exception=False)


def stopped(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


def sent(browser: Client, address: str, **fields: Any) -> Any:
    token = browser.cookies["csrftoken"].value
    return browser.post(address, {"csrfmiddlewaretoken": token, **fields})


def open_page(browser: Client, user: User) -> None:
    browser.force_login(user)
    browser.get(reverse("account"))


def test_what_was_written_survives_the_end_of_the_session(
    browser: Client, owner: User, service: BusinessService
) -> None:
    found = gap(service)
    address = reverse("gap-set-aside", args=[found.pk])
    open_page(browser, owner)
    Session.objects.all().delete()

    refused = sent(browser, address, reason=REASON)
    assert refused.status_code == 401
    assert "You were signed out meanwhile" in refused.content.decode()

    # The sign-in in the other tab gives a new token, so that the old one needs one more press.
    open_page(browser, owner)
    browser.cookies["csrftoken"] = "z" * 32
    once_more = browser.post(address, fields_of(refused))
    assert once_more.status_code == 403
    assert browser.post(address, fields_of(once_more)).status_code == 302
    found.refresh_from_db()
    assert found.state == Gap.State.DISMISSED
    assert found.events.filter(reason=REASON).exists()


def test_a_form_of_another_site_gets_no_token(browser: Client, owner: User, service: BusinessService) -> None:
    address = reverse("gap-set-aside", args=[gap(service).pk])
    open_page(browser, owner)

    forged = browser.post(address, {"reason": REASON}, headers={"Origin": "https://evil.example"})

    assert forged.status_code == 403
    assert "first whole week" not in forged.content.decode()


def test_while_the_database_is_away_a_form_is_kept(
    browser: Client, owner: User, service: BusinessService
) -> None:
    found = gap(service)
    address = reverse("gap-set-aside", args=[found.pk])
    open_page(browser, owner)

    with connection.execute_wrapper(stopped):
        refused = sent(browser, address, reason=REASON)

    assert (refused.status_code, refused["Retry-After"]) == (503, "30")
    assert "was not saved" in refused.content.decode()
    assert browser.post(address, fields_of(refused)).status_code == 302
    found.refresh_from_db()
    assert found.state == Gap.State.DISMISSED


def test_a_page_that_cannot_be_read_says_what_is_wrong(browser: Client, owner: User) -> None:
    open_page(browser, owner)

    with connection.execute_wrapper(stopped):
        page = browser.get(reverse("portfolio"))

    assert page.status_code == 503
    assert "The database does not answer" in page.content.decode()


def test_a_file_has_to_be_chosen_again(browser: Client, administrator: User) -> None:
    open_page(browser, administrator)
    Session.objects.all().delete()

    refused = sent(
        browser, reverse("setup-tickets"), name="desk", file=SimpleUploadedFile("march.csv", b"number\n1\n")
    )

    assert "Choose the file again: march.csv" in refused.content.decode()
    assert 'enctype="multipart/form-data"' in refused.content.decode()


def test_passwords_are_not_kept(browser: Client, owner: User) -> None:
    open_page(browser, owner)

    with connection.execute_wrapper(stopped):
        refused = sent(browser, reverse("password-change"), old_password="the old one, quite long")

    assert refused.status_code == 503
    assert "quite long" not in refused.content.decode()


def test_tokens_are_not_kept(browser: Client, owner: User) -> None:
    open_page(browser, owner)

    with connection.execute_wrapper(stopped):
        refused = sent(browser, reverse("account"), name="queries", token="eyJhbGciOi" * 8)

    assert refused.status_code == 503
    assert "eyJhbGciOi" not in refused.content.decode()


def test_a_field_that_names_a_code_of_something_else_is_kept(browser: Client, owner: User) -> None:
    open_page(browser, owner)

    with connection.execute_wrapper(stopped):
        refused = sent(browser, reverse("account"), **{"map.resolution_code": "close_code"})

    assert fields_of(refused)["map.resolution_code"] == ["close_code"]


def test_a_sender_is_told_to_send_again(browser: Client) -> None:
    IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="s" * 16)
    delivery = {"data": b'{"number": "1"}', "content_type": "application/json"}
    signed = {"Authorization": f"Bearer {'s' * 16}"}

    with connection.execute_wrapper(stopped):
        refused = browser.post("/api/v1/intake/desk/", **delivery, headers=signed)

    assert (refused.status_code, refused["Retry-After"]) == (503, "30")
    assert refused.json()["error"]["code"] == "unavailable"
    assert browser.post("/api/v1/intake/desk/", **delivery, headers=signed).status_code == 202
    assert IntakeEvent.objects.count() == 1
