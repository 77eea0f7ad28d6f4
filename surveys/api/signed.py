"""Requests signed with the shared secret of an intake source; these addresses know no other sign-in."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request

from surveys.engine.signatures import is_signed
from surveys.models import IntakeSource

SIGNATURE_HEADER = "X-XLA-Signature"


class NotSigned(APIException):
    """The signature is missing or was made with another secret or over another body."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_code = "not_signed"
    default_detail = (
        f"Send the header {SIGNATURE_HEADER}: sha256=<hex>, the HMAC-SHA256 of the raw body with the secret "
        "of this source. The secret is on the page of the source in the admin."
    )


class BodyTooLarge(APIException):
    """The body is longer than this address takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"


def signed_body(request: Request, source_key: str, *, most_bytes: int) -> tuple[IntakeSource, bytes]:
    """Return the source of this key and the raw body, signed by it.

    Raises NotFound for a source that is unknown or switched off, BodyTooLarge before reading what is too
    long, and NotSigned.
    """
    source = IntakeSource.objects.filter(key=source_key, is_active=True).first()
    if source is None:
        raise NotFound(f"There is no active source {source_key!r}. Create or activate it in the admin.")
    body = _body(request, most_bytes)
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not is_signed(body, secret=source.secret, signature=signature):
        raise NotSigned
    return source, body


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
