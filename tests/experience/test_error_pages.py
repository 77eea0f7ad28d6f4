"""Pages for what went wrong: they say what to do next, and need nothing that may be what broke."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from surveys.models import BusinessService, User

PASSWORD = "a long password"


@pytest.mark.django_db
def test_an_unknown_page_sends_strangers_to_sign_in_and_users_to_the_portfolio(
    client: Client, viewer: User
) -> None:
    assert "Sign in</a>" in client.get("/no-such-page/").content.decode()

    client.force_login(viewer)

    assert "Go to the portfolio" in client.get("/no-such-page/").content.decode()


def test_the_page_for_our_own_failures_needs_no_request_and_no_built_files() -> None:
    words = render_to_string("500.html")

    assert "Something broke on our side" in words
    assert "interface.css" in words


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_plain_words() -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("sign-in"), {"username": "x", "password": "y"})

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


@pytest.mark.django_db
def test_a_wrong_password_says_so_and_keeps_the_name(client: Client, viewer: User) -> None:
    response = client.post(reverse("sign-in"), {"username": "viewer", "password": "wrong"})

    words = response.content.decode()
    assert "User name and password do not match" in words
    assert 'value="viewer"' in words


@pytest.mark.django_db
def test_signing_out_takes_a_click_and_not_a_link(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    assert client.get(reverse("sign-out")).status_code == 405
    assert client.post(reverse("sign-out")).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["service", "service-answers"])
def test_a_part_of_a_page_is_never_the_sign_in_page(
    client: Client, service: BusinessService, name: str
) -> None:
    address = reverse(name, args=[service.key])

    part = client.get(address, headers={"HX-Request": "true"})

    assert (part.status_code, part.content) == (401, b"")
    assert client.get(address).status_code == 302
