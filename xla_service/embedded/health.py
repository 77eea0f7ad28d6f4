"""Whether the pages answer, for a container's health check: python -m xla_service.embedded.health"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

from xla_service.embedded.ports import LOOPBACK
from xla_service.env import given

READY_PATH = "/sign-in/"
TIMEOUT_SECONDS = 2
WEB_PORT = 8000


def shows_pages(host: str, port: int, *, name: str) -> bool:
    """Say whether the sign-in page comes back from a server that answers to `name`."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", READY_PATH, headers={"Host": name})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Ask the server of this machine, by the name that its settings give it; return the exit status."""
    name = urlsplit(given(os.environ, "XLA_PUBLIC_URL") or "").netloc or f"{LOOPBACK}:{WEB_PORT}"
    return 0 if shows_pages(LOOPBACK, WEB_PORT, name=name) else 1


if __name__ == "__main__":
    sys.exit(main())
