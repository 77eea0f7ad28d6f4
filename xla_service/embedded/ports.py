"""Ports on this machine's own address."""

from __future__ import annotations

import socket

from xla_service.embedded.errors import PortTakenError

LOOPBACK = "127.0.0.1"
BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on this address from now on; raise PortTakenError when it cannot."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except OSError as error:
        raise PortTakenError(
            f"Port {port} of {host} cannot be used ({error.strerror}). "
            "End what uses it, or name another with --port."
        ) from error


def listen_nearby(host: str, preferred: int) -> socket.socket:
    """Return a socket that listens on the preferred port or, when that is taken, on one the system picks."""
    try:
        return listen(host, preferred)
    except PortTakenError:
        return listen(host, 0)


def free_port(preferred: int = 0) -> int:
    """Return `preferred` when it is free, otherwise a port that the system picks."""
    with listen_nearby(LOOPBACK, preferred) as server:
        return port_of(server)


def port_of(server: socket.socket) -> int:
    """Return the port a socket listens on."""
    return int(server.getsockname()[1])


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Say whether something listens on this port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
