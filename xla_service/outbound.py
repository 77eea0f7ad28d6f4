"""Calls to other systems over HTTP: nothing is followed elsewhere, and what went wrong is told in a word."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError

REDIRECTS = range(300, 400)
# What a call ends with besides HTTPError: unreachable, too slow, no address, or no HTTP at all.
UNREACHED = (OSError, ValueError, HTTPException)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A call that is led elsewhere was not taken: a sign-in page, for one, answers everything with 200."""

    def redirect_request(self, *args: object) -> None:
        """Follow nothing; the answer of 3xx becomes the error of the call."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def call(request: urllib.request.Request, *, seconds: float) -> HTTPResponse:
    """Make a call and return the open answer. Raises HTTPError for 3xx to 5xx, or one of `UNREACHED`."""
    return cast(HTTPResponse, _OPENER.open(request, timeout=seconds))


def led_to(error: HTTPError) -> str:
    """Return the address that an answer of 3xx leads to."""
    return str(error.headers.get("Location", ""))


def reason_of(error: Exception) -> str:
    """Return in a few words why nothing answered."""
    cause = error.reason if isinstance(error, URLError) else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
