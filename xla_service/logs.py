"""What the logs leave out: a token or code in an address lets whoever reads it act for somebody else, and the
rows that a database quotes may be about people.
"""

from __future__ import annotations

import logging
import re

SECRET_PARTS = ("code", "token", "uidb64")
LEFT_OUT = "..."
# An address that leads nowhere may hold a token: of a link that a mail program cut or lengthened.
_LONG_PART = re.compile(r"(?<=/)[^\s/]{16,}")
# PostgreSQL: DETAIL:  Key (email)=(ada@example.org) already exists.
_QUOTED_ROW = re.compile(r"(?<=DETAIL: ).*")


class WithoutTokens(logging.Filter):
    """Writes `...` for the secret part of a request's address, whatever logs it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its words changed where they hold such a part."""
        request = getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        if request is not None and match is None:
            record.msg, record.args = _LONG_PART.sub(LEFT_OUT, record.getMessage()), ()
            return True
        secrets = [match.kwargs[name] for name in SECRET_PARTS if match.kwargs.get(name)] if match else []
        if secrets:
            words = record.getMessage()
            for secret in map(str, secrets):
                for written in (secret, secret.encode("unicode_escape").decode("ascii")):
                    words = words.replace(written, LEFT_OUT)
            record.msg, record.args = words, ()
        return True


class WithoutRows(logging.Formatter):
    """Writes `...` for the values that PostgreSQL adds to an error, in the words and in the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return _QUOTED_ROW.sub(f" {LEFT_OUT}", super().format(record))
