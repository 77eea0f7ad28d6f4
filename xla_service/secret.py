"""Keys that an installation makes for itself once and keeps in its data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def read_or_create_secret(path: Path) -> str:
    """Return the key kept at `path`; make a random one, readable by this user alone, when there is none.

    Two processes that start together agree on one key: each writes its own file, and the first to give it the
    name wins. A folder that is made for it is closed to other users. Raises ImproperlyConfigured.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _offer(path, secrets.token_urlsafe(50))
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The key {path} can be neither read nor made ({error.strerror}). Let the user of this process "
            "read and write the folder, or name another one with XLA_DATA_DIR."
        ) from error
    if not key:
        raise ImproperlyConfigured(f"The key {path} is empty. Put it back from a backup.")
    return key


def _offer(path: Path, key: str) -> None:
    own = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(own, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink(missing_ok=True)
