"""Reading delivery status notifications (RFC 3464) with the standard library's mail parser.

Bias and limits: only machine-readable reports count; a mail server that bounces in prose is not understood.
A report is believed for a mail that we sent, found by the original Message-ID, never for an address alone:
anybody can write to the mailbox of bounces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message

from surveys.engine.values import storable

# The mailbox or its domain does not exist or is switched off (RFC 3463). Other permanent codes, such as a
# full mailbox or a refused content, say nothing about the address.
WRONG_ADDRESS = re.compile(r"5\.(?:1\.\d+|0\.0|2\.1|4\.4)")
MESSAGE_ID = re.compile(r"<[^<>\s\x00]+>")
DIAGNOSIS_LENGTH = 300
# How long an address rests after its first, second, ... failure that may pass.
RESTS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))


@dataclass(frozen=True)
class FailedDelivery:
    """One recipient that a mail did not reach. `status` is the enhanced code, or nothing."""

    message_id: str
    recipient: str
    status: str
    diagnosis: str

    @property
    def is_permanent(self) -> bool:
        """Whether the address is wrong: trying again would be of no use."""
        return WRONG_ADDRESS.fullmatch(self.status) is not None


def failed_deliveries(content: bytes) -> tuple[FailedDelivery, ...]:
    """Return the failures that a mail reports; none for a mail that is no report, or only of a delay."""
    try:
        return _failures(message_from_bytes(content, policy=policy.compat32))
    except RecursionError:  # parts in parts in parts: no mail server reports like that
        return ()


def _failures(mail: Message) -> tuple[FailedDelivery, ...]:
    blocks = [
        block for part in mail.walk() if _is(part, "message/delivery-status") for block in _blocks(part)
    ]
    message_id = _original_message_id(mail)
    if not message_id:
        return ()
    return tuple(
        FailedDelivery(message_id, _address(block), _status(block), _diagnosis(block))
        for block in blocks
        if str(block.get("Action", "")).strip().lower() == "failed"
    )


def rests_until(failures: int, *, now: datetime) -> datetime:
    """Return until when an address rests after this many failures that may pass, at least one."""
    return now + RESTS[min(failures, len(RESTS)) - 1]


def _is(part: Message, kind: str) -> bool:
    return part.get_content_type() == kind


def _blocks(part: Message) -> Iterable[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _original_message_id(mail: Message) -> str:
    """Return the Message-ID of the mail that bounced: from the copy in the report, else from its thread."""
    for part in mail.walk():
        if _is(part, "text/rfc822-headers"):
            found = MESSAGE_ID.search(_message_id_in(_text(part)))
            if found:
                return found.group()
        if _is(part, "message/rfc822"):
            for original in _blocks(part):
                found = MESSAGE_ID.search(str(original.get("Message-ID", "")))
                if found:
                    return found.group()
    thread = MESSAGE_ID.search(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}")
    return thread.group() if thread else ""


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("ascii", "replace") if isinstance(content, bytes) else ""


def _message_id_in(headers: str) -> str:
    match = re.search(r"^message-id:(.*(?:\n[ \t].*)*)", headers, re.IGNORECASE | re.MULTILINE)
    return match.group(1) if match else ""


def _address(block: Message) -> str:
    """Return "a@b" of "rfc822; a@b"; the address we wrote to before the one it was forwarded to."""
    written = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    return storable(written.rpartition(";")[2]).lower()[:254]


def _status(block: Message) -> str:
    match = re.search(r"\d\.\d{1,3}\.\d{1,3}", str(block.get("Status", "")))
    return match.group() if match else ""


def _diagnosis(block: Message) -> str:
    text = str(block.get("Diagnostic-Code") or block.get("Status") or "")
    return " ".join(storable(text).split())[:DIAGNOSIS_LENGTH]
