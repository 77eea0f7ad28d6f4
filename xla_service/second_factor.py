"""Roles that need a second factor get to the page that sets it up, and nowhere else before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from surveys.models import User
from surveys.services.second_factor import must_have_second_factor
from xla_service.sign_in import PASSED

_OPEN = ("second-factor", "sign-out")


class SecondFactorMiddleware:
    """Leads those who sign in without a second factor, though their role requires one, to setting it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on; what has to be decided is decided when the view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return the way to the set-up page, or None for those who may go on."""
        if not settings.REQUIRE_SECOND_FACTOR:
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        user = request.user
        if name in _OPEN or not isinstance(user, User) or not must_have_second_factor(user):
            return None
        if PASSED in request.session:
            return None
        if request.path.startswith("/api/"):
            words = _("Your role needs a second factor. Set it up under Your account.")
            error = {"code": "second_factor_missing", "message": words, "fields": {}}
            return JsonResponse({"error": error}, status=403)
        return redirect("second-factor")
