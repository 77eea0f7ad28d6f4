"""The folder in which the local mail server keeps what it takes: a Maildir, which mail programs can open too.

A key is the name of a file: the microsecond of arrival first, so that names sort by time.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path

KEY = re.compile(r"(?P<microseconds>\d{16})\.\d+_\d+\.xla", re.ASCII)
_numbers = itertools.count()


@dataclass(frozen=True)
class Heading:
    """What a list of mails shows of one."""

    key: str
    received_at: datetime
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True)
class Mail:
    """What a page shows of one mail; a body it does not have is ""."""

    text: str
    html: str
    headers: str


def store(folder: Path, content: bytes) -> str:
    """Keep one mail and return its key; it appears whole or not at all."""
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    key = f"{time.time_ns() // 1000:016d}.{os.getpid()}_{next(_numbers)}.xla"
    half_written = folder / "tmp" / key
    half_written.write_bytes(content)
    half_written.rename(folder / "new" / key)
    return key


def keys(folder: Path) -> list[str]:
    """Return the keys of all mails, newest first."""
    try:
        names = os.listdir(folder / "new")
    except FileNotFoundError:
        return []
    return sorted((name for name in names if KEY.fullmatch(name)), reverse=True)


def read(folder: Path, key: str) -> bytes:
    """Return one mail as it came; raise KeyError when there is none of this key."""
    if not KEY.fullmatch(key):
        raise KeyError(key)
    try:
        return (folder / "new" / key).read_bytes()
    except FileNotFoundError as error:
        raise KeyError(key) from error


def heading(folder: Path, key: str) -> Heading:
    """Return what a list shows of one mail; raise KeyError when there is none of this key."""
    headers = BytesHeaderParser(policy=policy.default).parsebytes(read(folder, key))
    return Heading(
        key=key,
        received_at=received_at(key),
        sender=header(headers, "From"),
        recipient=header(headers, "To"),
        subject=header(headers, "Subject"),
    )


def received_at(key: str) -> datetime:
    """Return when the mail of this key came."""
    return datetime.fromtimestamp(int(key.partition(".")[0]) / 1_000_000, UTC)


def parse(content: bytes) -> Mail:
    """Return a mail's bodies and headers; what cannot be decoded is shown as it came."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return Mail(
        text=_body(message, "plain"), html=_body(message, "html"), headers=head.decode("utf-8", "replace")
    )


def header(message: Message, name: str) -> str:
    """Return a header decoded, as it came when that fails, and "" when it is missing."""
    try:
        return str(message[name] or "")
    except (LookupError, ValueError, AttributeError):  # what the parser raises on malformed headers
        return next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:  # an unknown character set
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
