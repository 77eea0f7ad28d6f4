"""Signatures of inbound requests: an HMAC of the raw body with a secret that both sides know.

Ours is HMAC-SHA256. Jira signs like that under another header; Zammad signs with HMAC-SHA1, which is weak as
a hash but not as a keyed one; GLPI signs the body followed by its own time stamp.
"""

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


def is_signed_as_hub(body: bytes, *, secret: str, signature: str) -> bool:
    """Say whether an `X-Hub-Signature` (sha256=... or sha1=...) was made with this secret."""
    name, _, digest = signature.strip().lower().partition("=")
    if name not in ("sha256", "sha1") or not secret:
        return False
    return hmac.compare_digest(digest.encode(), hmac.new(secret.encode(), body, name).hexdigest().encode())


def is_signed_as_glpi(body: bytes, *, secret: str, signature: str, timestamp: str) -> bool:
    """Say whether an `X-GLPI-signature` over body and `X-GLPI-timestamp` was made with this secret."""
    expected = hmac.new(secret.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(signature.strip().lower().encode(), expected.encode())
