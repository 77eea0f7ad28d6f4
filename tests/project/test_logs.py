"""What stands in the logs, and what must not."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings
from django.test import Client

from surveys.services.first_administrator import new_code
from tests.factories import InvitationFactory
from xla_service.logs import WithoutTokens

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


def test_the_console_uses_the_filter() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["without_tokens"]
    assert settings.LOGGING["filters"]["without_tokens"] == {"()": "xla_service.logs.WithoutTokens"}
