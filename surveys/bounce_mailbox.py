"""The mailbox that bounces come to: IMAP or a Maildir, by its address.

imaps://user:password@imap.example.org/INBOX
maildir:/var/mail/bounces
"""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

Take = Callable[[bytes], None]
MOST_AT_ONCE = 200
TIMEOUT_SECONDS = 30


class MailboxError(Exception):
    """The mailbox cannot be read; the text says what to correct."""


def read_new_mail(address: str, take: Take) -> int:
    """Give each mail that was not read before to `take`, at most 200, and return how many there were.

    A mail is marked as read after `take` returned; one that fails is read again next time. Raises
    MailboxError.
    """
    parts = urlsplit(address)
    if parts.scheme == "maildir":
        return _read_maildir(Path(parts.path), take)
    if parts.scheme in ("imap", "imaps") and parts.hostname:
        return _read_imap(address, take)
    raise MailboxError(
        "XLA_BOUNCE_MAILBOX is neither imaps://user:password@host/INBOX nor maildir:/path. Correct it."
    )


def _read_maildir(folder: Path, take: Take) -> int:
    if not (folder / "new").is_dir():
        raise MailboxError(f"{folder} is no Maildir: it has no folder `new`. Correct XLA_BOUNCE_MAILBOX.")
    box = mailbox.Maildir(folder, create=False)
    unread = [key for key, mail in box.iteritems() if "S" not in mail.get_flags()][:MOST_AT_ONCE]
    for key in unread:
        take(box.get_bytes(key))
        mail = box[key]
        mail.set_subdir("cur")
        mail.add_flag("S")
        box[key] = mail
    return len(unread)


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
        server.login(user, password)
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
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
