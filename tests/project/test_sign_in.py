"""Signing in: password, code, lock-out, roles that need a second factor, and a lost password."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from surveys.models import ConfigurationChange, Message, User
from surveys.services.second_factor import confirm_setup, new_secret
from tests.factories import NOW, UserFactory
from xla_service.checks import check_second_factor_roles
from xla_service.tasks import forget_old_data

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada", email="ada@example.org")


def code_of(secret: str, at: datetime) -> str:
    generator = TOTP(bytes.fromhex(secret))
    generator.time = at.timestamp()
    return f"{generator.token():06d}"


def with_factor(user: User) -> tuple[str, list[str]]:
    """Turn the second factor of a user on; return its secret and the recovery codes."""
    secret = new_secret()
    codes = confirm_setup(user, secret=secret, code=code_of(secret, NOW), now=NOW)
    assert codes is not None
    return secret, codes


def give_password(client: Client, name: str = "ada", **extra: str) -> Any:
    return client.post(reverse("sign-in"), {"username": name, "password": PASSWORD} | extra)


def give_code(client: Client, code: str) -> Any:
    return client.post(reverse("sign-in-code"), {"code": code})


def is_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


# --- the code -----------------------------------------------------------------------------------------------


def test_without_a_second_factor_the_password_signs_in(client: Client, ada: User) -> None:
    assert give_password(client)["Location"] == reverse("portfolio")
    assert is_in(client)


def test_with_a_second_factor_the_password_alone_opens_nothing(client: Client, ada: User) -> None:
    with_factor(ada)

    assert give_password(client)["Location"] == reverse("sign-in-code")
    assert not is_in(client)
    assert client.get(reverse("api-results")).status_code == 401


def test_password_and_code_sign_in_and_lead_to_the_page_asked_for(
    client: Client, ada: User, clock: Any
) -> None:
    secret, _ = with_factor(ada)
    clock.move_to(LATER)

    give_password(client, next="/comments/")
    response = give_code(client, code_of(secret, LATER))

    assert response["Location"] == "/comments/"
    assert is_in(client)


def test_a_code_works_once(client: Client, ada: User, clock: Any) -> None:
    secret, _ = with_factor(ada)
    clock.move_to(LATER)
    give_password(client)
    give_code(client, code_of(secret, LATER))

    other = Client()
    give_password(other)

    assert give_code(other, code_of(secret, LATER)).status_code == 422
    assert not is_in(other)


def test_the_code_of_setting_up_does_not_sign_in(client: Client, ada: User) -> None:
    secret, _ = with_factor(ada)
    give_password(client)

    assert give_code(client, code_of(secret, NOW)).status_code == 422


def test_a_recovery_code_signs_in_once_and_says_how_many_are_left(
    client: Client, ada: User, clock: Any
) -> None:
    _, codes = with_factor(ada)
    give_password(client)
    give_code(client, codes[0].upper().replace("-", " "))

    other = Client()
    give_password(other)

    assert "9 are left" in client.get(reverse("account")).content.decode()
    assert give_code(other, codes[0]).status_code == 422


def test_recovery_codes_are_not_readable_in_the_database(ada: User) -> None:
    _, codes = with_factor(ada)

    kept = set(StaticToken.objects.values_list("token", flat=True))

    assert len(kept) == 10
    assert kept.isdisjoint({code.replace("-", "") for code in codes} | set(codes))


def test_wrong_codes_make_a_pause_in_which_the_right_one_does_not_work(
    client: Client, ada: User, clock: Any
) -> None:
    secret, _ = with_factor(ada)
    clock.move_to(LATER)
    give_password(client)

    assert "is not right" in give_code(client, "000000").content.decode()
    assert "Try again in 1 second." in give_code(client, code_of(secret, LATER)).content.decode()

    clock.move_to(LATER + timedelta(seconds=2))
    assert give_code(client, code_of(secret, LATER)).status_code == 302


def test_ten_wrong_codes_lock_the_name_out_from_this_address(client: Client, ada: User, clock: Any) -> None:
    secret, _ = with_factor(ada)
    give_password(client)

    codes = [give_code(client, "000000").status_code for _ in range(10)]
    give_password(client)

    assert codes == [422] * 9 + [429]
    assert "Too many wrong attempts" in give_code(client, code_of(secret, NOW)).content.decode()


def test_behind_a_proxy_wrong_passwords_lock_out_the_one_who_gives_them_alone(
    client: Client, ada: User, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    wrong = {"username": "ada", "password": "wrong"}

    for _ in range(10):
        refused = client.post(reverse("sign-in"), wrong, headers={"X-Forwarded-For": "192.0.2.7"})

    assert refused.status_code == 429
    elsewhere = Client(headers={"X-Forwarded-For": "198.51.100.1"})
    assert give_password(elsewhere).status_code == 302


@pytest.mark.parametrize("what", ["too late", "password changed", "switched off"])
def test_the_password_is_asked_again_when_the_code_comes(
    client: Client, ada: User, clock: Any, what: str
) -> None:
    secret, _ = with_factor(ada)
    give_password(client)
    if what == "password changed":
        ada.set_password("another password")
        ada.save()
    elif what == "switched off":
        User.objects.update(is_active=False)
    clock.move_to(NOW + timedelta(minutes=6 if what == "too late" else 1))

    response = give_code(client, code_of(secret, NOW + timedelta(minutes=1)))

    assert response["Location"] == reverse("sign-in")
    assert not is_in(client)


def test_nobody_reaches_the_page_of_the_code_without_a_password(client: Client, ada: User) -> None:
    with_factor(ada)

    assert client.get(reverse("sign-in-code"))["Location"] == reverse("sign-in")


def test_the_administration_of_django_has_no_door_of_its_own(client: Client, administrator: User) -> None:
    tried = {"username": administrator.username, "password": PASSWORD}

    response = client.post(reverse("admin:login"), tried)

    assert response["Location"] == "/sign-in/?next=/admin/"


# --- setting up ---------------------------------------------------------------------------------------------


def test_setting_up_shows_a_code_to_scan_and_the_recovery_codes_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get(reverse("second-factor")).content.decode()
    secret = client.session["second_factor_secret"]
    assert re.search(r'<svg [^>]*class="qr"', page)
    assert "style=" not in page

    wrong = client.post(reverse("second-factor"), {"code": "12345x"})
    done = client.post(reverse("second-factor"), {"code": code_of(secret, NOW)})

    assert wrong.status_code == 422
    assert len(re.findall(r"<code>[a-z2-7]{4}-[a-z2-7]{4}</code>", done.content.decode())) == 10
    assert "second_factor_secret" not in client.session
    assert TOTPDevice.objects.get().user == ada
    assert ConfigurationChange.objects.get().what == "Second factor turned on"


def test_a_second_factor_that_is_on_is_not_set_up_again(client: Client, ada: User) -> None:
    secret, _ = with_factor(ada)
    client.force_login(ada)

    assert client.get(reverse("second-factor"))["Location"] == reverse("account")
    assert TOTPDevice.objects.get().key == secret


@pytest.mark.parametrize("step", ["off", "codes"])
def test_weakening_it_takes_the_password(client: Client, ada: User, step: str) -> None:
    _, codes = with_factor(ada)
    client.force_login(ada)
    address = reverse("second-factor-change")

    refused = client.post(address, {step: "1", "password": "wrong"})
    assert (refused.status_code, StaticToken.objects.count()) == (422, 10)
    assert "This is not your password." in refused.content.decode()

    client.post(address, {step: "1", "password": PASSWORD})
    assert TOTPDevice.objects.exists() == (step == "codes")
    assert StaticToken.objects.count() == (10 if step == "codes" else 0)
    give_password(other := Client())
    assert give_code(other, codes[0]).status_code in (422, 302)
    assert is_in(other) == (step == "off")


def test_an_administrator_resets_the_second_factor_of_somebody_else(
    client: Client, administrator: User, ada: User
) -> None:
    with_factor(ada)
    client.force_login(administrator)
    assert "Reset the second factor" in client.get(reverse("users")).content.decode()

    client.post(reverse("user-change", args=[ada.pk]), {"reset": "1"})

    change = ConfigurationChange.objects.first()
    assert change is not None
    assert (change.subject, change.what, change.actor) == ("user ada", "Second factor reset", administrator)
    assert give_password(Client())["Location"] == reverse("portfolio")


# --- roles that need one ------------------------------------------------------------------------------------


def test_a_role_that_needs_a_second_factor_sets_it_up_before_anything_else(
    client: Client, ada: User, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = ["owner"]
    give_password(client)

    for name in ("portfolio", "account", "gaps"):
        assert client.get(reverse(name))["Location"] == reverse("second-factor")
    refused = client.get(reverse("api-results"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_missing")

    client.get(reverse("second-factor"))
    client.post(reverse("second-factor"), {"code": code_of(client.session["second_factor_secret"], NOW)})
    assert client.get(reverse("portfolio")).status_code == 200
    client.post(reverse("second-factor-change"), {"off": "1", "password": PASSWORD})
    assert TOTPDevice.objects.exists()


def test_other_roles_and_those_who_gave_a_code_go_on(
    client: Client, ada: User, viewer: User, settings: Any, clock: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = ["owner"]
    secret, _ = with_factor(ada)
    clock.move_to(LATER)
    give_password(client)
    give_code(client, code_of(secret, LATER))
    other = Client()
    other.force_login(viewer)

    assert client.get(reverse("portfolio")).status_code == 200
    assert other.get(reverse("portfolio")).status_code == 200


def test_a_role_that_does_not_exist_stops_the_start(settings: Any) -> None:
    assert check_second_factor_roles(None) == []
    settings.REQUIRE_SECOND_FACTOR = ["admin"]

    (error,) = check_second_factor_roles(None)

    assert "'admin'" in error.msg


# --- what signing in leaves behind -----------------------------------------------------------------------


def test_old_sessions_and_old_sign_ins_are_forgotten(client: Client, ada: User, clock: Any) -> None:
    give_password(client)
    clock.move_to(NOW + timedelta(days=89))
    give_password(Client())

    clock.move_to(NOW + timedelta(days=91))
    forget_old_data()

    assert Session.objects.count() == 1
    assert list(AccessLog.objects.values_list("attempt_time", flat=True)) == [NOW + timedelta(days=89)]


# --- passwords ----------------------------------------------------------------------------------------------


def lose_password(address: str) -> str:
    return Client().post(reverse("lost-password"), {"email": address}).content.decode()


def test_a_lost_password_is_replaced_by_the_link_in_the_mail(ada: User) -> None:
    lose_password("ADA@example.org")
    mail = Message.objects.get(recipient="ada@example.org")
    link = re.search(r"https?://[^/]+(/welcome/\S+)", mail.text)
    assert link is not None

    guest = Client()
    form = guest.get(link[1], follow=True)
    new = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}
    saved = guest.post(form.redirect_chain[-1][0], new, follow=True)

    assert "Your password is saved. Sign in with it." in saved.content.decode()
    ada.refresh_from_db()
    assert ada.check_password("correct horse battery")


def test_what_is_said_does_not_tell_whether_there_is_an_account(ada: User) -> None:
    UserFactory.create(email="off@example.org", is_active=False)
    unused = UserFactory.create(email="unused@example.org")
    unused.set_unusable_password()
    unused.save()

    said = {lose_password(f"{name}@example.org") for name in ("ada", "nobody", "off", "unused")}

    assert len(said) == 1
    assert list(Message.objects.values_list("recipient", flat=True)) == ["ada@example.org"]


def test_a_network_cannot_have_many_links_mailed(clock: Any) -> None:
    for number in range(12):
        UserFactory.create(email=f"u{number}@example.org")
        lose_password(f"u{number}@example.org")

    assert Message.objects.count() == 10


def test_the_own_password_is_changed_and_this_browser_stays_signed_in(client: Client, ada: User) -> None:
    give_password(client)
    new = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}

    assert client.post(reverse("password-change"), new | {"old_password": "wrong"}).status_code == 422
    client.post(reverse("password-change"), new | {"old_password": PASSWORD})

    ada.refresh_from_db()
    assert ada.check_password("correct horse battery")
    assert is_in(client)
