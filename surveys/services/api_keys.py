"""Keys of the API: made, looked up, revoked. Only the SHA-256 of a key is stored.

A fast hash is right here: a key holds 256 random bits, which nobody can try out, and every request needs it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from surveys.models import ApiKey, User
from surveys.services.audit import record_change

START = "xla_"
_PREFIX_LENGTH = len(START) + 8
# How exactly the time of last use is known; every request writing it would make readers wait for writers.
_LAST_USE = timedelta(minutes=1)


@transaction.atomic
def create_key(
    *, name: str, scopes: Iterable[str], user: User, expires_at: datetime | None, by: User, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key for a program that acts on behalf of `user`; return it with the key itself, once."""
    plain = START + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=plain[:_PREFIX_LENGTH],
        digest=_digest(plain),
        scopes=sorted(scopes),
        user=user,
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    lasts = f"until {expires_at:%Y-%m-%d}" if expires_at else "until revoked"
    details = [("may", None, ", ".join(key.scopes)), ("as", None, user.username), ("lasts", None, lasts)]
    record_change(_subject(key), gettext_noop("Created"), by=by, now=now, details=details)
    return key, plain


@transaction.atomic
def revoke_key(key: ApiKey, *, by: User, now: datetime) -> bool:
    """End a key for good; return False when it was revoked before."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    if revoked:
        record_change(_subject(key), gettext_noop("Revoked"), by=by, now=now)
    return bool(revoked)


def usable_key(plain: str, *, now: datetime) -> ApiKey | None:
    """Return the key that somebody sent, with its user; None when it opens nothing (any more)."""
    found = ApiKey.objects.usable(now).select_related("user").filter(prefix=plain[:_PREFIX_LENGTH]).first()
    if found is None or not hmac.compare_digest(found.digest, _digest(plain)):
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _LAST_USE)
    if found.last_used_at is None or found.last_used_at < now - _LAST_USE:
        ApiKey.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return found


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def _subject(key: ApiKey) -> str:
    return f"API key {key.name} ({key.prefix}…)"
