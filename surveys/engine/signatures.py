"""Signatures of inbound requests: HMAC-SHA256 of the raw body with a secret that both sides know."""

from __future__ import annotations

import hashlib
import hmac

PREFIX = "sha256="


def sign(body: bytes, secret: str) -> str:
    """Return the value of the signature header for a body."""
    return PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, *, secret: str, signature: str) -> bool:
    """Say, in constant time, whether the signature was made with this secret. Without a secret nothing is."""
    expected = sign(body, secret)
    return bool(secret) and hmac.compare_digest(signature.strip().lower().encode(), expected.encode())
