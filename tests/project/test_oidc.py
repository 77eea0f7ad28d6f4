"""Signing in through an identity provider, against a real server that checks PKCE and signs its tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from surveys.models import ConfigurationChange, User
from tests.factories import UserFactory
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider, shared_secret
from xla_service.checks import check_identity_provider
from xla_service.env import Environment
from xla_service.oidc.provider import _registered

pytestmark = pytest.mark.django_db
ADA = {"email": "Ada@example.org", "email_verified": True, "name": "Ada Example"}


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(server: Provider, settings: Any) -> Provider:
    fresh = Provider(issuer=server.issuer, claims=dict(ADA), key=server.key)
    server.__dict__.update(fresh.__dict__)
    _registered.cache_clear()
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = server.issuer, CLIENT_ID
    settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
    return server


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada", email="ada@example.org")


def go_there(client: Client, **query: str) -> str:
    """Follow the button to the provider and return the address that it sends the browser back to."""
    there = client.get(reverse("oidc-begin"), query)
    assert there.status_code == 302
    return requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: Client, **query: str) -> Any:
    return come_back(client, go_there(client, **query))


def is_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def is_refused(client: Client, response: Any, words: str) -> bool:
    page = response.content.decode()
    return response.status_code == 403 and words in page and "Back to sign-in" in page and not is_in(client)


# --- the way in ---------------------------------------------------------------------------------------------


def test_somebody_known_by_a_verified_address_is_signed_in(
    client: Client, provider: Provider, ada: User
) -> None:
    assert "Sign in with IT Service Desk" in client.get(reverse("sign-in")).content.decode()

    response = sign_in(client, next="/comments/")

    assert response["Location"] == "/comments/"
    assert is_in(client)
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_the_way_there_carries_state_nonce_and_a_code_challenge(client: Client, provider: Provider) -> None:
    query = parse_qs(urlsplit(client.get(reverse("oidc-begin"))["Location"]).query)

    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(query)
    assert query["redirect_uri"] == ["http://127.0.0.1:8000/sign-in/oidc/callback/"]


def test_a_foreign_page_is_no_aim(client: Client, provider: Provider, ada: User) -> None:
    assert sign_in(client, next="https://evil.example.org/")["Location"] == reverse("portfolio")


def test_the_provider_answers_for_the_second_factor(
    client: Client, provider: Provider, ada: User, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = ["owner"]

    sign_in(client)

    assert client.get(reverse("portfolio")).status_code == 200


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"aud": "somebody else"},
        {"aud": ["somebody else"], "azp": CLIENT_ID},
        {"iss": "https://evil.example.org"},
        {"exp": 1_000_000_000},
        {"nonce": None},
        {"exp": None},
        {"aud": None},
    ],
    ids=lambda wrong: "-".join(f"{name}={value}" for name, value in wrong.items())[:40],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: Client, provider: Provider, ada: User, wrong: dict[str, Any]
) -> None:
    def change(claims: dict[str, Any]) -> None:
        for name, value in wrong.items():
            claims.pop(name) if value is None else claims.update({name: value})

    provider.change_token = change

    assert is_refused(client, sign_in(client), "cannot be trusted or is too old")


def test_a_token_signed_by_another_key_is_refused(client: Client, provider: Provider, ada: User) -> None:
    provider.signing_key = Provider().key

    assert is_refused(client, sign_in(client), "cannot be trusted")


def test_a_token_signed_with_the_shared_secret_is_refused(
    client: Client, provider: Provider, ada: User
) -> None:
    provider.signing_key, provider.algorithm = shared_secret(), "HS256"

    assert is_refused(client, sign_in(client), "cannot be trusted")


def test_an_answer_to_somebody_elses_sign_in_is_refused(
    client: Client, provider: Provider, ada: User
) -> None:
    foreign = go_there(Client())
    go_there(client)

    assert is_refused(client, come_back(client, foreign), "cannot be trusted")


def test_an_answer_is_good_once(client: Client, provider: Provider, ada: User) -> None:
    address = go_there(client)
    come_back(client, address)
    client.logout()

    assert is_refused(client, come_back(client, address), "cannot be trusted")


def test_the_provider_gets_the_code_verifier_and_refuses_a_wrong_one(
    client: Client, provider: Provider, ada: User
) -> None:
    address = go_there(client)
    (asked,) = provider.codes.values()
    asked["code_challenge"] = "another"

    assert is_refused(client, come_back(client, address), "cannot be trusted")
    assert len(provider.token_requests[0]["code_verifier"]) >= 43


def test_somebody_who_declined_at_the_provider_is_told_so_plainly(client: Client, provider: Provider) -> None:
    response = client.get(reverse("oidc-callback"), {"error": "access_denied", "state": "x"})

    assert is_refused(client, response, "You are not signed in")


def test_an_answer_writes_no_line_of_its_own_into_the_log(
    client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    answer = {"error": "access_denied", "error_description": "No.\n2026 INFO All is well", "state": "x"}

    client.get(reverse("oidc-callback"), answer)

    assert "All is well" in caplog.text
    assert "\n2026 INFO" not in caplog.text


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_address_that_was_not_verified_is_refused(
    client: Client, provider: Provider, ada: User, claims: dict[str, Any]
) -> None:
    provider.claims |= claims

    assert is_refused(client, sign_in(client), "does not say that your mail address was verified")


def test_an_installation_may_trust_the_addresses_of_its_provider(
    client: Client, provider: Provider, ada: User, settings: Any
) -> None:
    settings.OIDC_TRUST_EMAIL = True
    del provider.claims["email_verified"]

    sign_in(client)

    assert is_in(client)


def test_an_account_that_is_off_stays_out(client: Client, provider: Provider, ada: User) -> None:
    User.objects.update(is_active=False)

    assert is_refused(client, sign_in(client), "Your account is switched off.")


def test_an_address_of_two_accounts_is_refused(client: Client, provider: Provider, ada: User) -> None:
    UserFactory.create(email="ADA@example.org")

    assert is_refused(client, sign_in(client), "Two accounts have your address.")


# --- accounts and roles -------------------------------------------------------------------------------------


def test_somebody_unknown_gets_an_account_only_where_that_is_allowed(
    client: Client, provider: Provider, settings: Any
) -> None:
    assert is_refused(client, sign_in(client), "There is no account with your address.")
    assert not User.objects.exists()

    settings.OIDC_CREATE_USERS = True
    sign_in(client)

    made = User.objects.get()
    assert (made.username, made.role, made.get_full_name()) == ("ada@example.org", "owner", "Ada Example")
    assert not made.has_usable_password()
    assert ConfigurationChange.objects.get().what == "Made by identity provider as Service owner"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff", "xla-desk"], "owner"),
        (["xla-desk", "xla-admins"], "administrator"),
        ("xla-admins", "administrator"),
    ],
)
def test_the_highest_role_of_the_groups_counts(
    client: Client, provider: Provider, ada: User, settings: Any, groups: Any, role: str
) -> None:
    settings.OIDC_ROLE_CLAIM, settings.OIDC_ROLES = (
        "groups",
        {"xla-admins": "administrator", "xla-desk": "owner"},
    )
    provider.claims["groups"] = groups

    sign_in(client)

    ada.refresh_from_db()
    assert ada.role == role
    assert ConfigurationChange.objects.exists() == (role == "administrator")


def test_the_role_of_the_groups_takes_djangos_flag_away(
    client: Client, provider: Provider, ada: User, settings: Any
) -> None:
    User.objects.update(is_superuser=True)
    settings.OIDC_ROLE_CLAIM, settings.OIDC_ROLES = "groups", {"xla-desk": "owner"}
    provider.claims["groups"] = ["xla-desk"]

    sign_in(client)

    assert is_in(client)
    assert client.get(reverse("users")).status_code == 403


def test_an_address_that_is_somebody_elses_user_name_makes_no_account(
    client: Client, provider: Provider, settings: Any
) -> None:
    settings.OIDC_CREATE_USERS = True
    UserFactory.create(username="ada@example.org", email="ada.other@example.org")

    assert is_refused(client, sign_in(client), "Your address is the user name of another account.")


def test_without_a_mapped_group_nobody_comes_in(
    client: Client, provider: Provider, ada: User, settings: Any
) -> None:
    settings.OIDC_ROLE_CLAIM, settings.OIDC_ROLES = "groups", {"xla-admins": "administrator"}

    assert is_refused(client, sign_in(client), "gave you no role here")


# --- settings -----------------------------------------------------------------------------------------------


def test_without_a_provider_there_is_no_button_and_no_page(client: Client) -> None:
    assert "Sign in with" not in client.get(reverse("sign-in")).content.decode()
    assert client.get(reverse("oidc-begin")).status_code == 404
    assert client.get(reverse("oidc-callback")).status_code == 404


def test_a_provider_that_does_not_answer_leaves_the_password(client: Client, settings: Any) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
        "http://127.0.0.1:9",
        "x",
        "y",
    )
    started = time.monotonic()

    response = client.get(reverse("oidc-begin"))

    assert response.status_code == 503
    assert "does not answer" in response.content.decode()
    assert time.monotonic() - started < 10


def test_a_provider_under_another_name_is_not_used(client: Client, provider: Provider, settings: Any) -> None:
    settings.OIDC_ISSUER = provider.issuer + "/"

    assert client.get(reverse("oidc-begin")).status_code == 503


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"OIDC_CLIENT_SECRET": ""}, ["xla.E004"]),
        ({"OIDC_ROLES": {"a": "boss"}, "OIDC_ROLE_CLAIM": "groups"}, ["xla.E005"]),
        ({"OIDC_ROLES": {"a": "owner"}}, ["xla.E005"]),
    ],
)
def test_settings_that_nobody_could_sign_in_with_stop_the_start(
    provider: Provider, settings: Any, values: dict[str, Any], ids: list[str]
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)

    assert [error.id for error in check_identity_provider(None)] == ids


def test_pairs_are_read_and_faulty_ones_refused() -> None:
    read = Environment({"A": "x=1, cn=y=2", "B": "x"})

    assert read.pairs("A", "", help="") == {"x": "1", "cn=y": "2"}
    with pytest.raises(ImproperlyConfigured, match="is no pair"):
        read.pairs("B", "", help="")
