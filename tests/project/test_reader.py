"""Each reader's language and time zone, and moments written in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from surveys.models import User
from xla_service import moments


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=2), "30 May"),
        (timedelta(days=300), "5 August 2025"),
    ],
)
def test_a_moment_is_said_as_passed_time_and_then_as_a_date(passed: timedelta, words: str) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    assert moments.ago(now - passed, now) == words


def test_a_moment_shows_its_exact_time_in_the_zone_of_the_reader() -> None:
    template = engines["django"].from_string("{% load moments %}{% moment when %}")

    with timezone.override(ZoneInfo("Europe/Berlin")):
        written = template.render({"when": datetime(2024, 6, 1, 12, tzinfo=UTC)})

    assert written == (
        '<time datetime="2024-06-01T14:00:00+02:00" title="1 June 2024, 14:00:00 CEST">1 June 2024</time>'
    )


def test_a_moment_that_never_was_is_a_dash() -> None:
    template = engines["django"].from_string("{% load moments %}{% moment when %}")

    assert template.render({"when": None}) == "–"


def test_a_day_of_the_organisation_is_not_one_of_the_reader() -> None:
    now = timezone.now()
    with timezone.override(ZoneInfo("Pacific/Kiritimati")):
        ahead = moments.organisation_day()
    with timezone.override(ZoneInfo("Pacific/Niue")):
        behind = moments.organisation_day()

    assert ahead == behind
    assert abs((ahead - now.date()).days) <= 1


@pytest.mark.django_db
class TestLanguage:
    """Which language a page speaks."""

    def _language(self, client: Client, browser: str = "") -> str:
        headers = {"Accept-Language": browser} if browser else {}
        page = client.get(reverse("account"), headers=headers).content.decode()
        return page.split('<html lang="')[1].split('"')[0]

    def test_the_browser_decides_while_nothing_is_chosen(self, client: Client, viewer: User) -> None:
        client.force_login(viewer)

        assert self._language(client) == "en"
        assert self._language(client, "de-AT,de;q=0.9,en;q=0.5") == "de"
        assert self._language(client, "fr") == "en"

    def test_the_account_goes_before_the_browser(self, client: Client, viewer: User) -> None:
        client.force_login(viewer)

        answer = client.post(reverse("account"), {"language": "de", "time_zone": "Asia/Tokyo"})

        assert answer.status_code == 302
        assert self._language(client, "en") == "de"
        viewer.refresh_from_db()
        assert (viewer.language, viewer.time_zone) == ("de", "Asia/Tokyo")

    def test_a_language_that_pages_do_not_speak_is_refused(self, client: Client, viewer: User) -> None:
        client.force_login(viewer)

        answer = client.post(reverse("account"), {"language": "xx", "time_zone": "Mars/Olympus"})

        assert answer.status_code == 200
        assert len(answer.context["form"].errors) == 2

    def test_the_sign_in_page_speaks_the_language_of_the_browser(self, client: Client) -> None:
        page = client.get(reverse("sign-in"), headers={"Accept-Language": "de"})

        assert b'<html lang="de">' in page.content


@pytest.mark.django_db
class TestZone:
    """Whose clock a page shows."""

    @pytest.mark.parametrize(
        ("own", "cookie", "shown"),
        [
            ("Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"),
            ("", "Europe%2FBerlin", "Europe/Berlin"),
            ("", "no such zone", "UTC"),
            ("", "", "UTC"),
        ],
    )
    def test_the_account_goes_before_the_cookie_of_the_browser(
        self, client: Client, viewer: User, own: str, cookie: str, shown: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        viewer.time_zone = own
        viewer.save()
        client.force_login(viewer)
        client.cookies["time_zone"] = cookie
        seen = []
        monkeypatch.setattr(
            "xla_service.account.render",
            lambda *args: seen.append(timezone.get_current_timezone_name()) or HttpResponse(),
        )

        client.get(reverse("account"))

        assert seen == [shown]

    def test_what_is_written_takes_place_in_the_zone_of_the_organisation(
        self, client: Client, viewer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        viewer.time_zone = "Asia/Tokyo"
        viewer.save()
        client.force_login(viewer)
        seen = []
        monkeypatch.setattr(
            "xla_service.account.redirect",
            lambda *args: seen.append(timezone.get_current_timezone_name()) or HttpResponse(),
        )

        client.post(reverse("account"), {"language": "", "time_zone": "Asia/Tokyo"})

        assert seen == ["UTC"]


def test_words_of_passed_time_are_german_on_german_pages() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    with translation.override("de"):
        assert moments.ago(now - timedelta(hours=5), now) == "vor 5 Stunden"
