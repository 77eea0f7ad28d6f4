"""The health check of a container tells pages from anything else that listens."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from xla_service.embedded.health import shows_pages
from xla_service.embedded.ports import LOOPBACK, free_port


class OnlyByName(http.server.BaseHTTPRequestHandler):
    """A server that knows one name and one page."""

    def do_GET(self) -> None:
        known = self.headers["Host"] == "xla.example.org" and self.path == "/sign-in/"
        self.send_response(200 if known else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer((LOOPBACK, 0), OnlyByName) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_pages_that_come_back_are_healthy(port: int) -> None:
    assert shows_pages(LOOPBACK, port, name="xla.example.org")


def test_a_refused_name_is_not_healthy(port: int) -> None:
    assert not shows_pages(LOOPBACK, port, name="127.0.0.1")


def test_nobody_there_is_not_healthy() -> None:
    assert not shows_pages(LOOPBACK, free_port(), name="xla.example.org")
