"""Every header and part of an invitation, as a mail server received it."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from surveys.models import OptOut
from surveys.services.send_messages import send_messages
from tests.factories import NOW, InvitationFactory, MessageFactory, PersonFactory
from tests.servers import ReceivedMail, SmtpPeer

pytestmark = pytest.mark.django_db
HEADERS = {
    "From": "IT Service Desk <desk@example.org>",
    "To": "anna@example.org",
    "Reply-To": "help@example.org",
    "Subject": "How did we do with Printer on floor 3?",
    "Message-ID": "<one@xla.example.org>",
    "Auto-Submitted": "auto-generated",
    "Content-Language": "en",
    "List-Unsubscribe": "<https://xla.example.org/s/token-of-anna/unsubscribe/>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "MIME-Version": "1.0",
}


@pytest.fixture
def received(smtp: SmtpPeer, settings: Any) -> ReceivedMail:
    settings.PUBLIC_URL = "https://xla.example.org"
    settings.ALLOWED_HOSTS = ["xla.example.org"]
    settings.REPLY_TO = "help@example.org"
    settings.DEFAULT_FROM_EMAIL = "IT Service Desk <desk@example.org>"
    anna = PersonFactory.create(email="anna@example.org")
    invitation = InvitationFactory.create(token="token-of-anna", resolution__requester=anna)
    MessageFactory.create(invitation=invitation, message_id="<one@xla.example.org>")
    send_messages(now=NOW)
    return smtp.received[0]


@pytest.fixture
def mail(received: ReceivedMail) -> EmailMessage:
    return received.message


@pytest.mark.parametrize(("name", "value"), HEADERS.items(), ids=HEADERS)
def test_the_header_is_there_once(mail: EmailMessage, name: str, value: str) -> None:
    assert mail.get_all(name) == [value]


def test_there_is_no_other_header(mail: EmailMessage) -> None:
    added_on_the_way = {"X-Peer", "X-MailFrom", "X-RcptTo", "Received"}

    assert set(mail.keys()) - added_on_the_way == {*HEADERS, "Content-Type", "Date"}


def test_the_envelope_names_sender_and_recipient_alone(received: ReceivedMail) -> None:
    assert (received.sender, received.recipients) == ("desk@example.org", ("anna@example.org",))


def test_the_date_is_that_of_the_sending_in_utc(mail: EmailMessage) -> None:
    sent_at = parsedate_to_datetime(mail["Date"]).replace(tzinfo=UTC)

    assert abs(sent_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert mail["Date"].endswith(" -0000")


def test_no_line_is_longer_than_mail_servers_take(received: ReceivedMail) -> None:
    assert max(map(len, received.content.split(b"\r\n"))) <= 998


def test_text_comes_before_html(mail: EmailMessage) -> None:
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in mail.iter_parts()} == {"utf-8"}


def test_the_link_fits_on_a_line_and_leads_to_us_alone(mail: EmailMessage) -> None:
    text = mail.get_body(preferencelist=("plain",)).get_content()  # type: ignore[union-attr]

    links = re.findall(r"https?://\S+", text)
    assert {urlsplit(link).netloc for link in links} == {"xla.example.org"}
    assert max(map(len, links)) < 76


def test_one_post_to_the_header_unsubscribes_without_cookie_or_sign_in(mail: EmailMessage) -> None:
    """As RFC 8058 has it: the body is the value of List-Unsubscribe-Post, the answer no redirect."""
    url = urlsplit(mail["List-Unsubscribe"].strip("<>"))
    client = Client(enforce_csrf_checks=True, headers={"host": url.netloc})

    assert client.get(url.path).status_code == 200
    assert not OptOut.objects.exists()
    answer = client.post(
        url.path, mail["List-Unsubscribe-Post"], content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 200
    assert OptOut.objects.get().person.email == "anna@example.org"
    assert not answer.cookies
