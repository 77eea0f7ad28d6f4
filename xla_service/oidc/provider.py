"""Talking to the identity provider: discovery, the way there with state, nonce and PKCE, and the way back.

The flow and the checks of the ID token are Authlib's; what is required of a token stands here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from joserfc.errors import JoseError
from requests import RequestException

from surveys.services.provider_users import Identity

SCOPES = "openid email profile"
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
# Only signatures that the provider alone can make: a shared secret or none at all prove nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class ProviderError(Exception):
    """The provider cannot be used, or what it sent is not to be trusted; the words are for the log."""


class NotVerifiedError(Exception):
    """The provider does not say that the address of this person was verified."""


def way_to_provider(request: HttpRequest, *, back_to: str) -> HttpResponseBase:
    """Return the redirect to the provider; state, nonce and code verifier wait in the session.

    Raises ProviderError when the provider cannot be reached or is another one than configured.
    """
    try:
        redirect: HttpResponseBase = _client().authorize_redirect(request, back_to)
    except (OAuthError, RequestException, RuntimeError, ValueError) as error:
        raise ProviderError(str(error)) from error
    return redirect


def identity_of(request: HttpRequest) -> Identity:
    """Return who comes back from the provider.

    Raises ProviderError for a wrong state, signature, issuer, audience, nonce or time, and NotVerifiedError.
    """
    try:
        client = _client()
        claims = client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": settings.OIDC_ISSUER},
                "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
            },
            leeway=LEEWAY_SECONDS,
        ).get("userinfo")
    except (OAuthError, JoseError, RequestException, RuntimeError, ValueError) as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error
    if not claims:
        raise ProviderError("The answer holds no ID token.")
    return _identity(claims)


def _identity(claims: Any) -> Identity:
    is_verified = settings.OIDC_TRUST_EMAIL or claims.get("email_verified") in (True, "true")
    email = claims.get("email")
    if not is_verified or not isinstance(email, str) or "@" not in email:
        raise NotVerifiedError
    groups = claims.get(settings.OIDC_ROLE_CLAIM) if settings.OIDC_ROLE_CLAIM else ()
    names = [groups] if isinstance(groups, str) else groups or ()
    name = claims.get("name")
    return Identity(email, name if isinstance(name, str) else "", frozenset(map(str, names)))


def _client() -> Any:
    """Return the client with the provider's own description of itself, read once."""
    client = _registered(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    metadata = client.load_server_metadata()
    if metadata.get("issuer") != settings.OIDC_ISSUER:
        raise ProviderError(
            f"XLA_OIDC_ISSUER is {settings.OIDC_ISSUER!r}, the provider says {metadata.get('issuer')!r}."
        )
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in ALGORITHMS]
    return client


@lru_cache(maxsize=4)
def _registered(issuer: str, client_id: str, secret: str) -> Any:
    return OAuth().register(
        "xla",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPES,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )
