"""System checks: what would go wrong later, said at the start with what to do about it."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def check_time_zone(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a time zone that the system does not know."""
    if settings.TIME_ZONE in available_timezones():
        return []
    return [
        Error(
            f"XLA_TIME_ZONE={settings.TIME_ZONE!r} is unknown.",
            hint="Write a name such as Europe/Berlin.",
            id="xla.E001",
        )
    ]


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


@register(deploy=True)
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when mails would carry links that only this machine can open."""
    if not any(host in settings.PUBLIC_URL for host in ("127.0.0.1", "localhost")):
        return []
    return [
        Warning(
            f"Links in mails point to {settings.PUBLIC_URL}.",
            hint="Set XLA_PUBLIC_URL to the address that respondents reach.",
            id="xla.W001",
        )
    ]
