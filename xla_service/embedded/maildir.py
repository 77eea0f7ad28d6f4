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
from email.message import EmailMessage
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


def parse(content: bytes) -> EmailMessage:
    """Return a mail's parts."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def heading(folder: Path, key: str) -> Heading:
    """Return what a list shows of one mail; raise KeyError when there is none of this key."""
    found = KEY.fullmatch(key)
    if found is None:
        raise KeyError(key)
    headers = BytesHeaderParser(policy=policy.default).parsebytes(read(folder, key))
    return Heading(
        key=key,
        received_at=datetime.fromtimestamp(int(found["microseconds"]) / 1_000_000, UTC),
        sender=str(headers["From"] or ""),
        recipient=str(headers["To"] or ""),
        subject=str(headers["Subject"] or ""),
    )
