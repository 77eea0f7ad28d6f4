"""Keys that an installation makes for itself once and keeps in its data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def read_or_create_secret(path: Path) -> str:
    """Return the key kept at `path`; make a random one, readable by this user alone, when there is none.

    Two processes that start together agree on one key: each writes its own file, and the first to give it the
    name wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _offer(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii").strip()


def _offer(path: Path, key: str) -> None:
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.touch(mode=0o600)
    own.write_text(key, encoding="ascii")
    with contextlib.suppress(FileExistsError):
        os.link(own, path)
    own.unlink()
