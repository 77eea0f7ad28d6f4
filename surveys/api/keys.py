"""API keys in requests: `Authorization: Bearer xla_...`, within the scope that each view names.

A view that names no `key_scope` is closed to keys, whatever else it allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from surveys.models import ApiKey, User
from surveys.sender import sender_of
from surveys.services.api_keys import START, usable_key
from surveys.short_memory import count_up

if TYPE_CHECKING:
    # Django REST framework loads this module while it loads its own views.
    from rest_framework.views import APIView

MINUTE = 60
MOST_PER_KEY = 600
MOST_WRONG_KEYS = 30


class ApiKeyAuthentication(BaseAuthentication):
    """Signs a request in as the user of its key; `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return user and key, None for a request without a key of ours.

        Raises AuthenticationFailed for a key that opens nothing, PermissionDenied for one that was not made
        for this address, and Throttled when a network tries too many wrong keys.
        """
        plain = bearer_of(request)
        if not plain.startswith(START):
            return None
        key = usable_key(plain, now=timezone.now())
        if key is None:
            _count_wrong_key(request)
            raise AuthenticationFailed(
                "This API key is unknown, revoked or expired, or its user is switched off. "
                "Ask an administrator for a new one."
            )
        _check_scope(key, request)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Name the way to sign in, as RFC 6750 asks."""
        return 'Bearer realm="XLA Service"'


def bearer_of(request: Request) -> str:
    """Return the token of an `Authorization: Bearer` header, "" without one."""
    scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_scope(key: ApiKey, request: Request) -> None:
    view = (request.parser_context or {}).get("view")
    scope = getattr(view, "key_scope", "")
    if not scope:
        raise PermissionDenied("API keys do not open this address. Sign in to use it.")
    if not key.allows(scope):
        raise PermissionDenied(
            f"This API key may not do that: it lacks {scope!r}. An administrator makes a key that may."
        )


def _count_wrong_key(request: Request) -> None:
    network = sender_of(request._request).network_hash
    if count_up(f"wrong-api-key-{network}", seconds=MINUTE) > MOST_WRONG_KEYS:
        raise Throttled(wait=MINUTE)


class KeyThrottle(BaseThrottle):
    """At most so many requests a minute by one key. Without a cache nobody counts, and nobody is refused."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether this request is still within the limit."""
        if not isinstance(request.auth, ApiKey):
            return True
        return count_up(f"api-key-{request.auth.pk}", seconds=MINUTE) <= MOST_PER_KEY

    def wait(self) -> float:
        """Return the seconds after which it is worth trying again."""
        return MINUTE
