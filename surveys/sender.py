"""What a request tells of whoever sent it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from surveys.engine.networks import client_address
from surveys.engine.scanners import looks_headless
from surveys.links import network_hash
from surveys.row_keys import row_key
from surveys.services.answer import Sender


def address_of(request: HttpRequest) -> str:
    """Return the client's address, read past the proxies of XLA_TRUSTED_PROXIES; "" when there is none."""
    forwarded_for = request.headers.get("X-Forwarded-For", "")
    return client_address(request.META.get("REMOTE_ADDR", ""), forwarded_for, settings.TRUSTED_PROXIES)


def sender_of(request: HttpRequest) -> Sender:
    """Return the sender without their address; a posted `visit` says which opening of the page it was."""
    headers = request.headers
    return Sender(
        network_hash=network_hash(address_of(request)),
        is_headless=looks_headless(headers.get("User-Agent", ""), headers.get("Accept-Language", "")),
        visit_id=row_key(request.POST.get("visit", "")),
    )
