"""Django's administration, kept for support: behind the administrator role, whatever flags a user carries."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class SupportSite(AdminSite):
    """The administration for administrators alone."""

    site_header = site_title = "XLA Service: support"

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether the user is an administrator who may also open Django's administration."""
        from xla_service.access import administering  # models are ready only after this site is made

        return super().has_permission(request) and administering(request.user)


class SupportConfig(AdminConfig):
    """Django's administration under our site."""

    default_site = "xla_service.support_site.SupportSite"
