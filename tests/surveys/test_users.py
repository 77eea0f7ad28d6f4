"""Users are invited by mail, changed by administrators, and every change is written down."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import ConfigurationChange, Message, User
from surveys.services.audit import record_change
from surveys.services.comment_readings import note_readings
from tests.factories import NOW, BusinessServiceFactory, UserFactory

pytestmark = pytest.mark.django_db
ADA = {"username": "ada", "name": "Ada Example", "email": "ada@example.org", "role": "viewer"}


@pytest.fixture
def page(client: Client, administrator: User) -> Client:
    """A browser of the administrator."""
    client.force_login(administrator)
    return client


def test_an_invited_user_chooses_a_password_by_the_link_in_the_mail_once(page: Client) -> None:
    page.post(reverse("users"), ADA)
    mail = Message.objects.get(recipient="ada@example.org")
    link = re.search(r"https?://[^/]+(/welcome/\S+)", mail.text)
    assert link is not None
    assert not User.objects.get(username="ada").has_usable_password()

    guest = Client()
    form = guest.get(link[1], follow=True)
    assert 'Your user name is <b dir="auto">ada</b>.' in form.content.decode()
    password = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}
    guest.post(form.redirect_chain[-1][0], password)

    ada = User.objects.get(username="ada")
    assert (ada.check_password("correct horse battery"), ada.role) == (True, "viewer")
    assert "This link has ended" in Client().get(link[1], follow=True).content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"username": ""}, "Choose a user name."),
        ({"email": "nowhere"}, "Check the address."),
        ({"username": "ADMINISTRATOR"}, "This user name is taken."),
    ],
)
def test_a_faulty_invitation_says_so_and_keeps_what_was_typed(
    page: Client, changes: dict[str, str], says: str
) -> None:
    response = page.post(reverse("users"), ADA | changes)

    assert response.status_code == 422
    assert says in response.content.decode()
    assert "Ada Example" in response.content.decode()
    assert not Message.objects.exists()


def test_a_changed_role_stands_in_the_audit_log(page: Client, administrator: User) -> None:
    ada = UserFactory.create(username="ada")

    page.post(reverse("user-change", args=[ada.pk]), {"role": "administrator", "is_active": "on"})

    ada.refresh_from_db()
    change = ConfigurationChange.objects.get()
    assert (ada.role, change.actor) == ("administrator", administrator)
    assert change.details == [["role", "Service owner", "Administrator"]]
    assert "Service owner → Administrator" in page.get(reverse("audit-log")).content.decode()


def test_the_audit_log_says_in_german_what_an_entry_is_about(page: Client, administrator: User) -> None:
    ada = UserFactory.create(username="ada")
    page.post(reverse("user-change", args=[ada.pk]), {"role": "administrator", "is_active": "on"})
    User.objects.filter(pk=administrator.pk).update(language="de")

    words = page.get(reverse("audit-log")).content.decode()

    assert "Konto ada" in words
    assert "Rolle:" in words


@pytest.mark.parametrize(
    ("path", "code", "english", "german"),
    [
        ("account", "off", "switched off", "ausgeschaltet"),
        ("lifecycle", "retired", "Retired", "Stillgelegt"),
        ("value_stream", "detect_to_correct", "Detect to Correct", "Detect to Correct"),
        (
            "may",
            "read_results, send_people",
            "Read results and why people were asked, Send people",
            "Personen senden",
        ),
        ("kinds", "gap_closed", "A gap is over", "Eine Lücke ist vorbei"),
        ("lasts", "until 2027-01-31", "until 2027-01-31", "bis 2027-01-31"),
        ("lasts", "until revoked", "until revoked", "bis zum Widerruf"),
        (
            "SLA",
            "response P1 95% (2026-01-01)",
            "First response in time P1 95%",
            "Rechtzeitig erstmals reagiert P1 95%",
        ),
        ("name", "off", "off", "off"),
    ],
)
def test_the_audit_log_tells_stored_codes_in_words(
    page: Client, administrator: User, path: str, code: str, english: str, german: str
) -> None:
    record_change("x", "Changed", by=administrator, now=NOW, details=[(path, None, code)])

    assert english in shown_details(page)
    User.objects.filter(pk=administrator.pk).update(language="de")
    assert german in shown_details(page)


def shown_details(page: Client) -> str:
    """Return what the newest entry of the audit log says about its fields."""
    words = page.get(reverse("audit-log")).content.decode()
    return re.findall(r'<span class="under">(.*?)</span></th>', words)[0]


def test_who_is_no_administrator_any_more_keeps_no_flag_that_stands_above_roles(page: Client) -> None:
    other = UserFactory.create(username="second", role="administrator", is_staff=True, is_superuser=True)

    page.post(reverse("user-change", args=[other.pk]), {"role": "viewer", "is_active": "on"})

    their = Client()
    their.force_login(User.objects.get(pk=other.pk))
    assert their.get(reverse("users")).status_code == 403
    assert their.get("/admin/").status_code != 200


def test_who_read_comments_of_which_service_stands_in_the_audit_log(page: Client) -> None:
    service, ada = BusinessServiceFactory.create(name="Printing"), UserFactory.create(username="ada")
    note_readings({service.pk: 7}, by=ada, now=NOW)

    words = page.get(reverse("audit-log") + "?show=readings").content.decode()

    assert '7 comments<span class="under">Printing</span>' in words
    assert "ada</td>" in words
    assert "Printing" not in page.get(reverse("audit-log")).content.decode()


@pytest.mark.parametrize(
    ("show", "says"),
    [
        ("", "Publishing an agreement"),
        ("support", "leaves a line here"),
        ("readings", "Nobody read a comment yet"),
    ],
)
def test_an_empty_log_says_what_will_stand_there(page: Client, show: str, says: str) -> None:
    assert says in page.get(reverse("audit-log"), {"show": show}).content.decode()


def test_an_invited_administrator_opens_djangos_administration(page: Client) -> None:
    page.post(reverse("users"), ADA | {"role": "administrator"})

    signed_in = Client()
    signed_in.force_login(User.objects.get(username="ada"))
    assert signed_in.get(reverse("admin:index")).status_code == 200


def test_nobody_takes_the_last_administrator_away(page: Client, administrator: User) -> None:
    page.post(reverse("user-change", args=[administrator.pk]), {"role": "viewer", "is_active": "on"})
    page.post(reverse("user-change", args=[administrator.pk]), {"role": "administrator"})

    administrator.refresh_from_db()
    assert (administrator.role, administrator.is_active) == ("administrator", True)


def test_an_account_that_is_off_cannot_be_used(page: Client) -> None:
    ada = UserFactory.create(username="ada", last_login=NOW)

    page.post(reverse("user-change", args=[ada.pk]), {"role": ada.role})

    tried = {"username": "ada", "password": "a long password"}
    assert Client().post(reverse("sign-in"), tried).status_code == 200  # the form again, not a redirect


def test_the_log_is_kept_in_english_and_read_in_the_readers_language(
    page: Client, administrator: User
) -> None:
    administrator.language = "de"
    administrator.save()
    ada = UserFactory.create(username="ada")

    page.post(reverse("user-change", args=[ada.pk]), {"role": "administrator", "is_active": "on"})

    assert ConfigurationChange.objects.get().details == [["role", "Service owner", "Administrator"]]
