"""System checks: what would go wrong later, said at the start with what to do about it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def check_second_factor_roles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse roles that do not exist: nobody would notice that nobody needs a second factor."""
    from surveys.models import User

    unknown = sorted(set(settings.REQUIRE_SECOND_FACTOR) - set(User.Role.values))
    if not unknown:
        return []
    return [
        Error(
            f"XLA_REQUIRE_SECOND_FACTOR names no role with {unknown[0]!r}.",
            hint=f"Write some of {', '.join(User.Role.values)}.",
            id="xla.E002",
        )
    ]


@register()
def check_identity_provider(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an identity provider that nobody could sign in with."""
    from surveys.models import User

    if not settings.OIDC_ISSUER:
        return []
    wrong = []
    if find_spec("authlib") is None or find_spec("requests") is None:
        words = "XLA_OIDC_ISSUER is set, but the packages for it are not installed."
        hint = "Install xla_service/oidc/requirements.txt with pip, see docs/operations.md."
        wrong.append(Error(words, hint=hint, id="xla.E003"))
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_CLIENT_SECRET:
        words = "XLA_OIDC_ISSUER is set without XLA_OIDC_CLIENT_ID or XLA_OIDC_CLIENT_SECRET."
        wrong.append(Error(words, hint="Take both from the provider.", id="xla.E004"))
    unknown = sorted(set(settings.OIDC_ROLES.values()) - set(User.Role.values))
    if unknown or bool(settings.OIDC_ROLES) != bool(settings.OIDC_ROLE_CLAIM):
        words = f"XLA_OIDC_ROLES and XLA_OIDC_ROLE_CLAIM do not work together{': ' if unknown else ''}"
        hint = f"Set both or none; roles are {', '.join(User.Role.values)}."
        wrong.append(Error(words + ", ".join(unknown), hint=hint, id="xla.E005"))
    return wrong


@register()
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when mails leave this machine with links that only this machine can open."""
    here = ("127.0.0.1", "localhost", "::1")
    if urlsplit(settings.PUBLIC_URL).hostname not in here or settings.EMAIL_HOST in here:
        return []
    return [
        Warning(
            f"Links in mails point to {settings.PUBLIC_URL}.",
            hint="Set XLA_PUBLIC_URL to the address that respondents reach.",
            id="xla.W001",
        )
    ]
