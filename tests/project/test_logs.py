"""What stands in the logs, and what must not."""

from __future__ import annotations

import logging
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.test import Client

from surveys.services.first_administrator import new_code
from tests.factories import InvitationFactory
from xla_service.logs import WithoutRows, WithoutTokens

pytestmark = pytest.mark.django_db


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the console's handler writes of the caught records."""
    written = [record for record in caplog.records if WithoutTokens().filter(record)]
    return "\n".join(record.getMessage() for record in written)


def test_the_link_of_the_first_administrator_stays_out_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    code = new_code()

    with caplog.at_level(logging.WARNING):
        client.post(f"/first-sign-in/{code}/", {"username": ""})

    assert "/first-sign-in/.../" in logged(caplog)
    assert code not in logged(caplog)


def test_the_token_of_an_invitation_stays_out_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    token = InvitationFactory.create().token

    with caplog.at_level(logging.WARNING):
        client.put(f"/s/{token}/")

    assert "/s/.../" in logged(caplog)
    assert token not in logged(caplog)


def test_a_token_with_a_letter_beyond_ascii_stays_out_too(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    token = "c5xq0s-4e1b7c_d1f4f7b0"

    with caplog.at_level(logging.WARNING):
        client.put(f"/s/{token}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}")

    assert caplog.records
    assert token not in logged(caplog)


@pytest.mark.parametrize(
    "address", ["/x/{token}/", "//x//{token}", "/S/{token}/%3E", "/welcome/MQ/{token}/%3E"]
)
def test_an_address_that_leads_nowhere_puts_no_token_into_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    token = "c5xq0s-4e1b7c_d1f4f7b0"

    with caplog.at_level(logging.WARNING):
        client.get(address.format(token=token))

    assert "Not Found: /" in logged(caplog)
    assert token not in logged(caplog)


def test_the_console_uses_the_filter() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["without_tokens"]
    assert settings.LOGGING["filters"]["without_tokens"] == {"()": "xla_service.logs.WithoutTokens"}


def test_the_console_leaves_out_the_rows_that_a_database_quotes() -> None:
    assert settings.LOGGING["formatters"]["line"]["()"] == "xla_service.logs.WithoutRows"
    error = IntegrityError("duplicate key\nDETAIL:  Key (email)=(ada@example.org) already exists.")
    record = logging.LogRecord("celery", logging.ERROR, "", 0, "Task raised %r", (error,), None)
    try:
        raise error
    except IntegrityError:
        record.exc_info = sys.exc_info()

    text = WithoutRows("%(message)s").format(record)

    assert "ada" not in text
    assert text.count("duplicate key") == 2
