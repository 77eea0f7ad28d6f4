"""What somebody sent and nobody could take: kept on a page with a button that sends it again.

The database was away, the session had ended, or the form was from before a sign-in. What was written stands
on the page alone, nothing is stored. Only forms of our own pages are kept, by the browser's Origin: the
button sends a new token, and another site's form must not get it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from django.views.decorators.debug import sensitive_variables
from django.views.defaults import server_error

from xla_service.databases import AWAY

RETRY_SECONDS = 30
PROGRAM_PATHS = ("/api/", "/metrics")
# Longer texts are shown, so that they can be copied; the rest of a form says little without its labels.
_SHOWN_FROM = 40
_NEVER_KEPT = ("password", "secret")
_NEVER_KEPT_NAMES = {"code", "token"}


@dataclass(frozen=True)
class Unsent:
    """The fields of a form as it was sent: hidden values, texts to show, names of files to choose anew."""

    hidden: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)


@sensitive_variables()
def unsent(request: HttpRequest) -> Unsent | None:
    """Return what one of our own forms sent, None for anything else and for passwords, codes and tokens."""
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if request.method != "POST" or request.headers.get("Origin") not in own:
        return None
    if any(_is_secret(name) for name in request.POST):
        return None
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    given = [(name, value) for name, value in pairs if name != "csrfmiddlewaretoken"]
    texts = [pair for pair in given if len(pair[1]) >= _SHOWN_FROM or "\n" in pair[1]]
    return Unsent(
        hidden=[pair for pair in given if pair not in texts],
        texts=texts,
        files=[(name, file.name) for name, files in request.FILES.lists() for file in files],
    )


def _is_secret(name: str) -> bool:
    return name in _NEVER_KEPT_NAMES or any(part in name for part in _NEVER_KEPT)


def sign_in_again(request: HttpRequest) -> HttpResponse | None:
    """Keep what somebody sent after their session had ended; None where there is nothing to keep."""
    kept = unsent(request)
    if kept is None:
        return None
    heading = _("You were signed out meanwhile")
    words = _(
        "Nothing was saved, and nothing is lost: what you wrote is kept on this page. Sign in in a new tab, "
        "come back here, and send it again."
    )
    return _page(request, kept, heading, words, status=HTTPStatus.UNAUTHORIZED, offers_sign_in=True)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form is from before a sign-in, and keep it when it is ours."""
    kept = unsent(request)
    if kept is None:
        return csrf_failure(request, reason)
    words = _(
        "It is from before you signed in, or the browser refuses cookies. Nothing was saved yet; what you "
        "wrote is kept on this page."
    )
    return _page(request, kept, _("Please send this form once more"), words, status=HTTPStatus.FORBIDDEN)


def something_broke(request: HttpRequest) -> HttpResponse:
    """Answer whoever met an error: programs with the usual envelope, people with a page.

    While the database is away it is 503 with a time to try again, and a form is kept.
    """
    is_away = isinstance(sys.exception(), AWAY)
    if request.path.startswith(PROGRAM_PATHS):
        return _told_to_program(is_away=is_away)
    if not is_away:
        return server_error(request)
    kept = unsent(request)
    heading = _("Nothing can be saved just now") if kept else _("Please try again in a minute")
    words = (
        _("What you sent was not saved; it is kept on this page. Wait a minute, then send it again.")
        if kept
        else _("The database does not answer. The service goes on by itself as soon as it does.")
    )
    response = _page(request, kept, heading, words, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _told_to_program(*, is_away: bool) -> HttpResponse:
    """Return the error envelope of the API."""
    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "error"
    words = "Something broke on our side. Try again; if it happens again, tell the administrator when it did."
    if is_away:
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
        words = "Nothing can be read or stored just now. Send it again in a minute."
    response = JsonResponse({"error": {"code": code, "message": words, "fields": {}}}, status=status)
    if is_away:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _page(
    request: HttpRequest,
    kept: Unsent | None,
    heading: str,
    words: str,
    *,
    status: int,
    offers_sign_in: bool = False,
) -> HttpResponse:
    context = {"kept": kept, "heading": heading, "words": words, "offers_sign_in": offers_sign_in}
    response = render(request, "unsent.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
