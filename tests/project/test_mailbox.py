"""The mailbox pages: whose they are, what they show, and that a mail cannot do harm there."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import User
from xla_service.embedded import maildir

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILBOX_DIR = str(tmp_path)
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    return tmp_path


def mail(*, subject: str = "How did we do?", text: str = "Hello", html: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", "Ann <ann@example.org>", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_an_installation_without_a_local_mail_server_has_no_mailbox(client: Client, settings: Any) -> None:
    settings.MAILBOX_DIR = ""

    assert client.get(reverse("mailbox")).status_code == 404


def test_an_empty_mailbox_says_so(client: Client, folder: Path) -> None:
    assert "No mail yet" in client.get(reverse("mailbox")).text


def test_the_newest_mails_come_first_fifty_to_a_page(client: Client, folder: Path) -> None:
    for number in range(120):
        maildir.store(folder, f"Subject: Mail number {number:05d}.\n\nText".encode())

    first, last = client.get(reverse("mailbox")), client.get(reverse("mailbox"), {"page": "3"})

    assert first.text.count("Mail number") == 50
    assert first.text.index("Mail number 00119.") < first.text.index("Mail number 00070.")
    assert last.text.count("Mail number") == 20
    assert "Mail number 00000." in last.text


def test_a_page_reads_no_more_mails_than_it_shows(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [maildir.store(folder, mail()) for _ in range(60)]
    opened: list[str] = []
    read = maildir.read
    monkeypatch.setattr(maildir, "read", lambda folder, key: (opened.append(key), read(folder, key))[1])

    client.get(reverse("mailbox"))

    assert opened == keys[:9:-1]


def test_links_in_the_text_can_be_clicked(client: Client, folder: Path) -> None:
    key = maildir.store(folder, mail(text="Answer here:\nhttps://xla.example.org/s/abc/?rating=4&x=1\n"))

    page = client.get(reverse("mail", args=[key])).text

    assert '<a href="https://xla.example.org/s/abc/?rating=4&amp;x=1"' in page


def test_the_page_itself_never_contains_markup_of_the_mail(client: Client, folder: Path) -> None:
    evil = "<script>alert(1)</script>"
    key = maildir.store(folder, mail(subject=evil, text=evil, html=f"<p>Hi</p>{evil}"))

    for address in (reverse("mailbox"), reverse("mail", args=[key])):
        assert evil not in client.get(address).text


def test_the_html_of_a_mail_is_framed_without_scripts_requests_or_forms(client: Client, folder: Path) -> None:
    key = maildir.store(folder, mail(html="<p>Hi</p>"))

    response = client.get(reverse("mail-html", args=[key]))

    assert "<p>Hi</p>" in response.text
    rules = response.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in rules
    assert "form-action 'none'" in rules
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in rules
    assert "frame-ancestors 'self'" in rules
    assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize("key", ["nothing", "..", "1000000000000000.1_1.xla"])
def test_an_unknown_mail_is_not_found(client: Client, folder: Path, key: str) -> None:
    assert client.get(f"/mailbox/{key}/").status_code == 404
    assert client.get(f"/mailbox/{key}/html/").status_code == 404


def test_a_mail_without_html_has_no_frame(client: Client, folder: Path) -> None:
    key = maildir.store(folder, mail())

    assert "<iframe" not in client.get(reverse("mail", args=[key])).text
    assert client.get(reverse("mail-html", args=[key])).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"Subject: =?nowhere?b?xx?=\nTo: =?utf-8?q?=\n\nText", id="broken encoded words"),
        pytest.param(b"To: a@b <, :;@\nSubject: \xff\n\n", id="broken addresses"),
        pytest.param(b"Content-Type: text/plain; charset=nowhere\n\nText", id="unknown character set"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=x\n\n--x", id="unfinished parts"),
    ],
)
def test_a_broken_mail_breaks_no_page(client: Client, folder: Path, content: bytes) -> None:
    key = maildir.store(folder, content)

    assert client.get(reverse("mailbox")).status_code == 200
    assert client.get(reverse("mail", args=[key])).status_code == 200


def test_away_from_this_machine_one_has_to_sign_in(client: Client, folder: Path) -> None:
    response = client.get(reverse("mailbox"), REMOTE_ADDR="192.0.2.7")

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize(
    ("public_url", "headers"),
    [("https://xla.example.org", {}), ("http://127.0.0.1:8000", {"X-Forwarded-For": "192.0.2.7"})],
    ids=["an address others reach", "behind a proxy"],
)
def test_others_may_reach_it_so_only_administrators_read_it(
    client: Client,
    folder: Path,
    settings: Any,
    viewer: User,
    administrator: User,
    public_url: str,
    headers: dict[str, str],
) -> None:
    settings.PUBLIC_URL = public_url

    seen = []
    for user in (None, viewer, administrator):
        if user:
            client.force_login(user)
        seen.append(client.get(reverse("mailbox"), headers=headers).status_code)

    assert seen == [302, 403, 200]
