"""Handing mail to the SMTP server, many over one connection."""

from __future__ import annotations

import logging
import re
import smtplib
from types import TracebackType
from typing import Self

from django.core.mail import EmailMessage, get_connection

from surveys.engine.addresses import is_address

logger = logging.getLogger(__name__)

# Enhanced status 5.1.x (RFC 3463): the address is wrong. Other refusals may be about us or the content.
BAD_ADDRESS = re.compile(rb"\b5\.1\.\d")
PERMANENT = range(500, 600)


class DeliveryError(Exception):
    """A mail was not taken. A permanent refusal is not worth another attempt.

    `is_bad_address` says that the address is to blame.
    """

    def __init__(self, message: str, *, permanent: bool, is_bad_address: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.is_bad_address = is_bad_address


class MailConnection:
    """One SMTP connection for many mails; opened with the first, opened anew after an error."""

    def __init__(self) -> None:
        self._backend = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, mail: EmailMessage) -> None:
        """Hand one mail over; returns once the server has confirmed it. Raises DeliveryError."""
        _check_recipients(mail)
        try:
            self._backend.open()
            self._backend.send_messages([mail])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._close()
            raise delivery_error(error) from error

    def _close(self) -> None:
        try:
            self._backend.close()
        except (smtplib.SMTPException, OSError) as error:
            # The mails sent on it are confirmed; a connection that cannot say goodbye is gone all the same.
            logger.info("The SMTP connection closed with %s.", type(error).__name__)


def _check_recipients(mail: EmailMessage) -> None:
    """Raise DeliveryError for an address that Python's mail parser stumbles over, each in another way."""
    wrong = [address for address in mail.recipients() if not is_address(address)]
    if wrong:
        raise DeliveryError("No mail can be written to this address.", permanent=True, is_bad_address=True)


def delivery_error(error: Exception) -> DeliveryError:
    """Return what an error of smtplib or of the network means for the mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code, reply = next(iter(error.recipients.values()))
        return DeliveryError(
            f"Recipient refused: {code} {_text(reply)}",
            permanent=code in PERMANENT,
            is_bad_address=code in PERMANENT and BAD_ADDRESS.search(reply) is not None,
        )
    if isinstance(error, smtplib.SMTPDataError):
        return DeliveryError(
            f"Mail refused: {error.smtp_code} {_text(error.smtp_error)}",
            permanent=error.smtp_code in PERMANENT,
        )
    # Wrong sender, sign-in, name, header or network: the same mail may pass once that is put right.
    return DeliveryError(f"{type(error).__name__}: {error}", permanent=False)


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
