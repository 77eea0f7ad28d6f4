"""System checks of the asking side: what would spoil results later, said at the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from surveys.bounce_mailbox import is_mailbox
from surveys.models import SendingRule, SurveyVersion
from surveys.selectors.asking_rules import days_until_closed


@register()
def check_bounce_mailbox(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a mailbox of bounces that nobody can read."""
    if not settings.BOUNCE_MAILBOX or is_mailbox(settings.BOUNCE_MAILBOX):
        return []
    return [
        Error(
            "XLA_BOUNCE_MAILBOX is no address of a mailbox.",
            hint="Write imaps://user:password@host/INBOX or maildir:/path.",
            id="surveys.E002",
        )
    ]


@register(Tags.database)
def check_surveys_close_in_time(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse surveys that would take answers after the results of their day are final."""
    if not databases or not _has_tables():
        return []
    delays = dict(SendingRule.objects.order_by("number").values_list("survey_id", "delay_minutes"))
    published = SurveyVersion.objects.published().values_list("survey_id", "survey__name", "open_days")
    versions = {row[0]: row for row in published}
    return [
        _too_late(name, needed)
        for survey, name, open_days in versions.values()
        if survey in delays
        and (needed := days_until_closed(delays[survey], open_days)) > settings.MATURITY_DAYS
    ]


def _has_tables() -> bool:
    wanted = {SendingRule._meta.db_table, SurveyVersion._meta.db_table}
    return wanted <= set(connection.introspection.table_names())


def _too_late(name: str, needed: int) -> Error:
    return Error(
        f"The survey {name!r} is open up to {needed} days after the resolution, but results are final after "
        f"{settings.MATURITY_DAYS}.",
        hint=f"Set XLA_MATURITY_DAYS to {needed} or more, or publish a version that closes earlier.",
        id="surveys.E001",
    )
