"""Whether `manage.py prepare` would find anything to do: what makes the second start a quick one.

Known for the SQLite file of the data folder alone; a database elsewhere may have changed unseen.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

WATCHED = ("requirements.txt", "xla_service/*.py", "*/migrations/*.py", "*/static/**/*")
MANIFEST = "static/staticfiles.json"
# The embedded mailbox takes a free one where its usual port is taken, so it may differ at every start.
MAILBOX_PORT = "XLA_SMTP_PORT"


def fingerprint(checkout: Path, data_folder: Path, environment: Mapping[str, str]) -> str | None:
    """Return a digest of all that `prepare` looks at, or None when there is nothing prepared to compare with.

    It covers migrations and static files, those migrations that the database has, and the settings.
    """
    database = data_folder / "xla.sqlite3"
    is_elsewhere = bool(environment.get("DATABASE_URL") or environment.get("DATABASE_URL_FILE"))
    if is_elsewhere or not database.exists() or not (data_folder / MANIFEST).exists():
        return None
    parts = [*_files(checkout), *_applied_migrations(database), *_settings(environment)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _files(checkout: Path) -> Iterator[str]:
    for pattern in WATCHED:
        for path in sorted(checkout.glob(pattern)):
            about = path.stat()
            yield f"{path.relative_to(checkout)} {about.st_size} {about.st_mtime_ns}"


def _applied_migrations(database: Path) -> list[str]:
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        return [
            " ".join(row) for row in connection.execute("SELECT app, name FROM django_migrations ORDER BY id")
        ]
    except sqlite3.OperationalError:  # no such table, or not to be read: `prepare` will say
        return []
    finally:
        connection.close()


def _settings(environment: Mapping[str, str]) -> list[str]:
    named = {name: value for name, value in environment.items() if name.startswith("XLA_")}
    return sorted(f"{name}={value}" for name, value in named.items() if name != MAILBOX_PORT)
