"""Requests of an intake source: signed with its secret, carrying it as a bearer token, or with an API key.

Systems that cannot sign a body send the secret itself (`Authorization: Bearer <secret>`, or as the password
of a basic one). An API key that may send takes the place of both, when its user sets up sources.
"""

from __future__ import annotations

import hmac
from base64 import b64decode

from django.core.exceptions import RequestDataTooBig
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from surveys.api.keys import ApiKeyAuthentication, bearer_of
from surveys.engine.signatures import is_signed, is_signed_as_glpi, is_signed_as_hub
from surveys.models import ApiKey, IntakeSource
from xla_service.access import setting_up

SIGNATURE_HEADER = "X-XLA-Signature"


class NotSigned(APIException):
    """The signature is missing or was made with another secret or over another body."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_code = "not_signed"
    default_detail = (
        f"Send the header {SIGNATURE_HEADER}: sha256=<hex>, the HMAC-SHA256 of the raw body with the secret "
        "of this source, or the secret itself as Authorization: Bearer <secret>. Who lost the secret makes a "
        "new one under Data > Sources."
    )


class SignedView(APIView):
    """A view that sources send to: with an API key or, without one, with their secret (`signed_body`)."""

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = ()


class BodyTooLarge(APIException):
    """The body is longer than this address takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"


def signed_body(request: Request, source_key: str, *, most_bytes: int) -> tuple[IntakeSource, bytes]:
    """Return the source of this key and the raw body, which comes from it.

    Raises NotFound for a source that is unknown or switched off, BodyTooLarge before reading what is too
    long, NotSigned, and PermissionDenied for an API key whose user sets nothing up.
    """
    source = IntakeSource.objects.filter(key=source_key, is_active=True).first()
    if source is None:
        raise NotFound(
            f"There is no active source {source_key!r}. Create or switch it on under Data > Sources."
        )
    body = _body(request, most_bytes)
    if isinstance(request.auth, ApiKey):
        if not setting_up(request.user):
            raise PermissionDenied(
                "The user of this API key may not send data: that takes an agreement admin."
            )
    elif not _comes_from(source, body, request):
        raise NotSigned
    return source, body


def _comes_from(source: IntakeSource, body: bytes, request: Request) -> bool:
    """Say whether a request was signed in one of the known ways, or carries the secret itself."""
    secret, given = source.secret, request.headers
    return (
        is_signed(body, secret=secret, signature=given.get(SIGNATURE_HEADER, ""))
        or is_signed_as_hub(body, secret=secret, signature=given.get("X-Hub-Signature", ""))
        or is_signed_as_glpi(
            body,
            secret=secret,
            signature=given.get("X-GLPI-signature", ""),
            timestamp=given.get("X-GLPI-timestamp", ""),
        )
        or (bool(secret) and hmac.compare_digest(_carried_secret(request).encode(), secret.encode()))
    )


def _carried_secret(request: Request) -> str:
    """Return the token of a bearer header, or the password of a basic one, whatever the user name."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return bearer_of(request)
    try:
        return b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _body(request: Request, most_bytes: int) -> bytes:
    too_large = BodyTooLarge(f"The body is longer than {most_bytes} bytes. Send fewer at a time.")
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > most_bytes:
        raise too_large
    try:
        body: bytes = request._request.body
    except RequestDataTooBig as error:
        raise too_large from error
    if len(body) > most_bytes:
        raise too_large
    return body
