"""The first administrator: made once, by whoever can read the link that the launcher prints."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from surveys.models import ConfigurationChange, User
from surveys.services.first_administrator import is_good_code, make_first_administrator, new_code
from tests.factories import NOW
from xla_service.embedded.address import note_address

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Ada Example",
    "username": "ada",
    "email": "ada@example.org",
    "password": "three words together",
}


def link() -> str:
    said = StringIO()
    call_command("first_administrator", stdout=said)
    return "/" + said.getvalue().split()[-1].split("/", 3)[3]


def test_the_link_leads_to_where_up_serves_unless_an_address_is_set(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("XLA_PUBLIC_URL", raising=False)
    (tmp_path / "run").mkdir()
    note_address(tmp_path, "http://127.0.0.1:9000")
    beside_up = StringIO()
    call_command("first_administrator", stdout=beside_up)
    monkeypatch.setenv("XLA_PUBLIC_URL", settings.PUBLIC_URL)
    configured = StringIO()
    call_command("first_administrator", stdout=configured)

    assert "http://127.0.0.1:9000/" in beside_up.getvalue()
    assert f"{settings.PUBLIC_URL}/" in configured.getvalue()


def test_the_printed_link_makes_an_administrator_signs_them_in_and_leads_to_the_guide(client: Client) -> None:
    address = link()

    assert client.get(address).status_code == 200
    response = client.post(address, TYPED)

    user = User.objects.get()
    assert (user.username, user.role, user.get_full_name()) == ("ada", "administrator", "Ada Example")
    assert user.check_password("three words together")
    assert response.headers["Location"] == reverse("setup")
    assert client.get(reverse("setup")).status_code == 200
    assert ConfigurationChange.objects.get().subject == "user ada"


def test_the_link_ends_with_the_first_user(client: Client) -> None:
    address = link()
    User.objects.create_user("somebody")

    assert client.get(address).status_code == 404
    assert client.post(address, TYPED).status_code == 404
    assert User.objects.count() == 1


def test_the_link_ends_after_a_day(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        code = new_code()
        assert is_good_code(code)
        clock.shift(86_401)
        assert not is_good_code(code)
        response = client.post(reverse("first-sign-in", args=[code]), TYPED)

    assert response.status_code == 403
    assert "first_administrator" in response.content.decode()
    assert not User.objects.exists()


def test_a_guessed_link_makes_nobody(client: Client) -> None:
    response = client.post(reverse("first-sign-in", args=["ImZpcnN0Ig:1:guessed"]), TYPED)

    assert response.status_code == 403
    assert not User.objects.exists()


def test_a_weak_password_is_refused_and_what_was_typed_is_kept(client: Client) -> None:
    response = client.post(link(), TYPED | {"password": "short"})

    assert response.status_code == 422
    assert "too short" in response.content.decode()
    assert "ada@example.org" in response.content.decode()
    assert not User.objects.exists()


def test_of_two_who_come_at_once_one_becomes_administrator() -> None:
    assert make_first_administrator(**TYPED, now=NOW) is not None
    assert make_first_administrator(**TYPED | {"username": "eve"}, now=NOW) is None
    assert User.objects.get().username == "ada"


def test_the_command_prints_no_link_where_there_are_users(administrator: User) -> None:
    said, quiet = StringIO(), StringIO()

    call_command("first_administrator", stdout=said)
    call_command("first_administrator", "--quiet", stdout=quiet)

    assert "There are users already" in said.getvalue()
    assert quiet.getvalue() == ""


def test_the_sign_in_page_says_where_the_link_is_while_nobody_has_an_account(client: Client) -> None:
    assert "Nobody has an account yet" in client.get("/sign-in/").content.decode()

    User.objects.create_user("somebody")

    assert "Nobody has an account yet" not in client.get("/sign-in/").content.decode()
