"""The database of an installation: a SQLite file of its own, or the one that DATABASE_URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import InterfaceError, OperationalError

# The database was stopped, starts again, or cannot write (a full disk): what failed may work in a minute.
AWAY = (OperationalError, InterfaceError)
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
# One writer at a time: begin writing transactions at once and wait, instead of failing half way.
_IN_TURN = {
    "ENGINE": "xla_service.sqlite_in_turn",
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
# A connection that the server closed meanwhile is opened again before a request needs it.
_KEPT = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def database(url: str, *, file: Path) -> dict[str, Any]:
    """Return Django's settings for the database at `url`, without one for the SQLite `file`.

    Raises ImproperlyConfigured; its words do not repeat the address, which may hold a password.
    """
    parsed = _parsed(url) if url else {"ENGINE": SQLITE, "NAME": str(file)}
    return {**parsed, **_KEPT, **(_IN_TURN if parsed["ENGINE"] == SQLITE else {})}


def _parsed(url: str) -> dict[str, Any]:
    try:
        parsed = dict(dj_database_url.parse(url))
    except ValueError:
        parsed = {"ENGINE": None}
    if parsed["ENGINE"] in (SQLITE, POSTGRESQL) and parsed["NAME"]:
        return parsed
    raise ImproperlyConfigured(
        "DATABASE_URL is no address of a database. Write postgresql://user:password@host/name, with %40 for "
        "an @ in the password, or sqlite:////folder/file.sqlite3."
    )
