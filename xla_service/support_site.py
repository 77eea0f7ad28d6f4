"""Django's administration, kept for support: behind the administrator role, whatever flags a user carries."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse


class SupportSite(AdminSite):
    """The administration for administrators alone."""

    site_header = site_title = "XLA Service: support"

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether the user is an administrator."""
        from xla_service.access import administering  # models are ready only after this site is made

        return administering(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Lead to the one sign-in page, which also asks for the second factor."""
        from django.contrib.auth.views import redirect_to_login  # models again

        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


class SupportConfig(AdminConfig):
    """Django's administration under our site."""

    default_site = "xla_service.support_site.SupportSite"
