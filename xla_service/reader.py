"""Each reader's language and time zone: those of the account, else those of the browser.

Public survey pages choose their language by the person asked (surveys/public/view.py), untouched by this.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from surveys.engine.zones import named_zone
from surveys.models import User

# Written by static/interface/zone.js, which tells what no request header does.
ZONE_COOKIE = "time_zone"
# Pages of whoever was asked: they know no user, and keep an answer even while no session can be read.
PUBLIC_PATHS = ("/s/", "/feedback/")


def reader_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer in the user's language and zone, after LocaleMiddleware looked at what the browser asks for."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        user = _user(request)
        if user is not None and user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language  # type: ignore[attr-defined]
        with timezone.override(_zone(request, user)):
            return get_response(request)

    return answer


def _user(request: HttpRequest) -> User | None:
    # A request without a session, as those of public pages and sources, costs no look at the session.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(PUBLIC_PATHS):
        return None
    return request.user if isinstance(request.user, User) else None


def _zone(request: HttpRequest, user: User | None) -> ZoneInfo | None:
    """Return the reader's zone, None for the organisation's, in which whatever is written takes place."""
    if user is None or request.method not in ("GET", "HEAD"):
        return None
    return named_zone(user.time_zone) or named_zone(unquote(request.COOKIES.get(ZONE_COOKIE, "")))
