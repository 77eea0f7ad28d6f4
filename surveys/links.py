"""Tokens of invitations and the public addresses made from them."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

TOKEN_BYTES = 16


def new_token() -> str:
    """Return a token that cannot be guessed, made of characters that need no escaping in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def answer_url(token: str) -> str:
    """Return the public address of the answer page."""
    return settings.PUBLIC_URL + reverse("answer", args=[token])


def again_url(token: str) -> str:
    """Return the public address on which somebody drawn among those who did not answer is asked again."""
    return settings.PUBLIC_URL + reverse("answer-again", args=[token])


def trap_url(token: str) -> str:
    """Return the address of the link that people do not see and mail scanners open."""
    return settings.PUBLIC_URL + reverse("answer-more", args=[token])


def unsubscribe_url(token: str) -> str:
    """Return the public address that takes a one-click unsubscribe (RFC 8058)."""
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[token])


def new_message_id() -> str:
    """Return a Message-ID (RFC 5322) under our own host. It holds no token: mail servers log it."""
    return f"<{secrets.token_hex(TOKEN_BYTES)}@{_host()}>"


def reminder_message_id(message_id: str) -> str:
    """Return the Message-ID of the reminder of a mail: always the same for the same mail."""
    return f"<reminder-{message_id.removeprefix('<')}"


def notice_message_id(key: str) -> str:
    """Return the Message-ID of a notice under our own host: the same key gives the same one."""
    return f"<notice-{key}@{_host()}>"


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def nullifier(token: str) -> str:
    """Return what stands for an invitation beside its anonymous answer.

    Made with the key of anonymous surveys, which is not in the database: who has only the database cannot
    tell whose it is.
    """
    key = settings.ANONYMITY_KEY.encode()[:64]
    return blake2b(f"nullifier|{token}".encode(), key=key, digest_size=32).hexdigest()


def network_hash(address: str) -> str:
    """Return a keyed hash of the network of an address (/24, for IPv6 /48), or nothing for no address.

    Visits of one network look alike, and without the key nobody can tell which network it is.
    """
    if not address:
        return ""
    ip = ip_address(address)
    network = ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False)
    key = settings.ANONYMITY_KEY.encode()[:64]
    return blake2b(str(network).encode(), key=key, digest_size=16).hexdigest()
