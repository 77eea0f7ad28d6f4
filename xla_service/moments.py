"""Moments as a reader meets them: how long ago in their language, the date in their zone, the rest on hover.

Days that results are cut by are never those of a reader: they are the organisation's (`organisation_day`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def organisation_day(now: datetime | None = None) -> date:
    """Return the organisation's day, now or at another moment, whatever zone the reader is in."""
    return timezone.localdate(now, timezone.get_default_timezone())


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was: to the hour within a day, then its date in the zone of `now`."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return _("just now")
    if passed < timedelta(hours=1):
        minutes = int(passed.total_seconds() // 60)
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
    if passed < timedelta(days=1):
        hours = int(passed.total_seconds() // 3600)
        return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}
    local = moment.astimezone(now.tzinfo)
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == now.year else "DATE_FORMAT")


def time_element(moment: datetime, words: str) -> SafeString:
    """Return a moment in words, with its exact time in the reader's zone on hover and for machines."""
    local = timezone.localtime(moment)
    exact = date_format(local, "EXACT_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, words)
