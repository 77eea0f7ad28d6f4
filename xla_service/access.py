"""Who may open which page, by role. Which service somebody sees is asked of `visible_to` in the models."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from surveys.models import User
from xla_service.unsent import sign_in_again

_P = ParamSpec("_P")
Rule = Callable[[User | AnonymousUser], bool]
_View = Callable[Concatenate[HttpRequest, _P], HttpResponseBase]


def everyone(user: User | AnonymousUser) -> bool:
    """Say whether somebody is signed in."""
    return user.is_authenticated


def setting_up(user: User | AnonymousUser) -> bool:
    """Say whether somebody sets up services, surveys, agreements and sources."""
    return isinstance(user, User) and user.is_active and user.sets_up


def administering(user: User | AnonymousUser) -> bool:
    """Say whether somebody invites users, reads the audit log and keeps the installation running."""
    return isinstance(user, User) and user.administers


def open_to(rule: Rule) -> Callable[[_View[_P]], _View[_P]]:
    """Return a decorator for views: others sign in first, or read that their role does not allow it."""

    def decorate(view: _View[_P]) -> _View[_P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return sign_in_again(request) or redirect_to_login(request.get_full_path())
            if not rule(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def signed_in(request: HttpRequest) -> User:
    """Return who asks; for views behind `open_to`, which lets users only through."""
    return cast(User, request.user)


def whole_sign_in_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 401 to whoever was signed out and fetches a part of a page; stands inside htmx's middleware.

    A redirect would put the sign-in page into the place of that part; pages.js says what to do instead.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.htmx and _leads_to_sign_in(response):  # type: ignore[attr-defined]
            return HttpResponse(status=401)
        return response

    return answer


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith(
        resolve_url(settings.LOGIN_URL)
    )
