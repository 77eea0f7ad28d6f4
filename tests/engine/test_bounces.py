from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.bounces import failed_deliveries, rests_until

REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

I'm sorry to have to inform you.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Original-Recipient: rfc822;Anna@Example.org
Final-Recipient: rfc822; anna@elsewhere.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <anna@elsewhere.example>:
    Recipient address rejected
--cut
Content-Type: {copy}

{original}
--cut--
"""
ORIGINAL = "From: desk@example.org\nMessage-ID:\n <abc@xla.example.org>\nSubject: How did we do?\n\nText"


def report(
    *, action: str = "failed", status: str = "5.1.1", copy: str = "message/rfc822", original: str = ORIGINAL
) -> bytes:
    return REPORT.format(action=action, status=status, copy=copy, original=original).encode()


@pytest.mark.parametrize("copy", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_mail_recipient_and_reason(copy: str) -> None:
    (failure,) = failed_deliveries(report(copy=copy))

    assert failure.message_id == "<abc@xla.example.org>"
    assert failure.recipient == "anna@example.org"
    assert (failure.status, failure.is_permanent) == ("5.1.1", True)
    assert failure.diagnosis.endswith("<anna@elsewhere.example>: Recipient address rejected")


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [
        ("5.1.1", True),
        ("5.1.10", True),
        ("5.0.0", True),
        ("5.2.1", True),
        ("5.2.2", False),
        ("5.7.1", False),
        ("4.2.2", False),
        ("", False),
    ],
)
def test_only_a_wrong_address_is_permanent(status: str, is_permanent: bool) -> None:
    (failure,) = failed_deliveries(report(status=status))

    assert failure.is_permanent is is_permanent


@pytest.mark.parametrize(
    "content",
    [
        report(action="delayed", status="4.4.1"),
        report(action="delivered", status="2.0.0"),
        report(original="From: desk@example.org\n\nNo Message-ID"),
        b"From: anna@example.org\nSubject: Out of office\n\nBack on Monday.",
        b"",
        b"\xff\xfe not a mail",
    ],
)
def test_a_delay_an_unknown_mail_and_an_out_of_office_tell_nothing(content: bytes) -> None:
    assert failed_deliveries(content) == ()


def test_an_address_rests_longer_each_time() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)

    rests = [rests_until(failures, now=now) - now for failures in (1, 2, 3, 9)]

    assert rests == [timedelta(days=days) for days in (1, 7, 30, 30)]


def test_what_no_database_stores_is_left_out() -> None:
    content = report(status="5.1.1").replace(b"Anna@Example.org", b"An\0na@Example.org")
    content = content.replace(b"Recipient address", b"Recipient\0 address")

    (failure,) = failed_deliveries(content)

    assert failure.recipient == "anna@example.org"
    assert "\0" not in failure.diagnosis


def test_a_message_id_with_a_zero_character_is_none() -> None:
    assert failed_deliveries(report(original=ORIGINAL.replace("abc", "a\0c"))) == ()


def test_headers_with_a_strange_charset_are_read() -> None:
    content = report(
        copy="text/rfc822-headers; charset*=utf-8''x", original=ORIGINAL.replace("did", "d\xefd")
    )

    (failure,) = failed_deliveries(content)

    assert failure.message_id == "<abc@xla.example.org>"


def test_parts_without_end_are_no_report() -> None:
    assert failed_deliveries(b"Content-Type: message/rfc822\n\n" * 3000) == ()
