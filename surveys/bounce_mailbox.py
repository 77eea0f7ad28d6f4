"""The mailbox that bounces come to: IMAP or a Maildir, by its address.

imaps://user:password@imap.example.org/INBOX
maildir:/var/mail/bounces
"""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

Take = Callable[[bytes], None]
MOST_AT_ONCE = 200
FLAGS = ":2,"  # what follows it in the name of a Maildir's file are its flags; S is seen
TIMEOUT_SECONDS = 30


class MailboxError(Exception):
    """The mailbox cannot be read; the text says what to correct."""


def is_mailbox(address: str) -> bool:
    """Say whether an address is of a kind that can be read."""
    parts = urlsplit(address)
    return parts.scheme == "maildir" or (parts.scheme in ("imap", "imaps") and bool(parts.hostname))


def read_new_mail(address: str, take: Take) -> int:
    """Give each mail that was not read before to `take`, at most 200, and return how many there were.

    A mail is marked as read after `take` returned; one that fails is read again next time. Raises
    MailboxError.
    """
    if not is_mailbox(address):
        raise MailboxError(
            "XLA_BOUNCE_MAILBOX is neither imaps://user:password@host/INBOX nor maildir:/path. Correct it."
        )
    parts = urlsplit(address)
    return _read_maildir(Path(parts.path), take) if parts.scheme == "maildir" else _read_imap(address, take)


def _read_maildir(folder: Path, take: Take) -> int:
    if not all((folder / name).is_dir() for name in ("new", "cur")):
        raise MailboxError(f"{folder} is no Maildir with `new` and `cur`. Correct XLA_BOUNCE_MAILBOX.")
    unread = sorted(path for path in _mails(folder) if "S" not in _flags(path))[:MOST_AT_ONCE]
    for path in unread:
        take(path.read_bytes())
        name, flags = path.name.partition(FLAGS)[0], sorted({*_flags(path), "S"})
        path.rename(folder / "cur" / f"{name}{FLAGS}{''.join(flags)}")
    return len(unread)


def _mails(folder: Path) -> Iterator[Path]:
    """Yield the files of a Maildir by name alone: `mailbox.Maildir` would parse every mail that ever came."""
    for each in (folder / "new", folder / "cur"):
        yield from (path for path in each.iterdir() if not path.name.startswith("."))


def _flags(path: Path) -> str:
    return path.name.partition(FLAGS)[2]


def _read_imap(address: str, take: Take) -> int:
    parts = urlsplit(address)
    try:
        with _signed_in(address) as server:
            folder = unquote(parts.path.lstrip("/")) or "INBOX"
            _expect(server.select(_quoted(folder)), f"There is no folder {folder!r}.")
            keys = _expect(server.uid("SEARCH", "UNSEEN"), "The search failed.")[0].split()[:MOST_AT_ONCE]
            for content, key in ((_fetched(server, key), key) for key in keys):
                take(content)
                server.uid("STORE", key, "+FLAGS", r"(\Seen)")
            return len(keys)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(
            f"The mailbox of bounces cannot be read: {error}. Check XLA_BOUNCE_MAILBOX."
        ) from error


@contextmanager
def _signed_in(address: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(address)
    host, user, password = str(parts.hostname), unquote(parts.username or ""), unquote(parts.password or "")
    server: imaplib.IMAP4
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        server = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS)
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
    with server:
        if f"{user}{password}".isascii():
            server.login(user, password)
        else:  # LOGIN carries no other letters, PLAIN does (RFC 4616)
            server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        yield server


def _fetched(server: imaplib.IMAP4, key: bytes) -> bytes:
    found = _expect(server.uid("FETCH", key.decode(), "(BODY.PEEK[])"), "A mail could not be read.")
    return next(bytes(part[1]) for part in found if isinstance(part, tuple))


def _expect(answer: tuple[str, list[bytes]], complaint: str) -> list[bytes]:
    state, found = answer
    if state != "OK":
        raise MailboxError(f"{complaint} Check XLA_BOUNCE_MAILBOX.")
    return found


def _quoted(folder: str) -> str:
    escaped = _modified_utf7(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _modified_utf7(folder: str) -> str:
    """Return the name of a folder as IMAP writes it: letters beyond ASCII in base64 (RFC 3501, 5.1.3)."""

    def shifted(letters: re.Match[str]) -> str:
        packed = b64encode(letters[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{packed.replace('/', ',')}-"

    return re.sub(r"[^\x20-\x7e]+", shifted, folder.replace("&", "&-"))
