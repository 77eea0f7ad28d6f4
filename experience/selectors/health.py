"""Whether the sweeps keep up: how old the oldest waiting row of each queue is, and what ran last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experience.models import NightlyRun
from surveys.models import EvidenceChange, IntakeEvent, Invitation, Message

_SLOW, _STUCK = timedelta(minutes=5), timedelta(minutes=30)
_NIGHT = timedelta(hours=30)
_MANY_CHANGES = 5000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that works, is slow or needs somebody: `light` is met, lean, below or unknown."""

    name: str
    light: str
    words: str
    what_to_do: str = ""


def queue_checks(*, now: datetime) -> list[Check]:
    """Return the state of everything that waits for a sweep, and of last night's judgement."""
    return [
        _waiting(_("Inbound events"), IntakeEvent.objects.due(now), "due_at", now),
        _waiting(_("Mail"), Message.objects.due(now), "due_at", now),
        _waiting(_("Closing surveys"), Invitation.objects.to_close(now), "closes_at", now),
        _changes(),
        _nightly(now),
        _mail_given_up(),
        _events_given_up(),
    ]


def _waiting(name: str, rows: QuerySet[IntakeEvent | Message | Invitation], due: str, now: datetime) -> Check:
    found = rows.aggregate(count=Count("pk"), oldest=Min(due))
    if found["oldest"] is None:
        return Check(name, "met", _("Nothing waits."))
    age = now - found["oldest"]
    words = _waiting_words(found["count"], age)
    if age < _SLOW:
        return Check(name, "met", words)
    return Check(name, "below" if age > _STUCK else "lean", words, _look_at_the_worker())


def _waiting_words(count: int, age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        said = ngettext(
            "%(count)d waiting, the oldest for %(age)d minute.",
            "%(count)d waiting, the oldest for %(age)d minutes.",
            minutes,
        )
        return said % {"count": count, "age": minutes}
    hours = minutes // 60
    return _("%(count)d waiting, the oldest for %(age)d hours.") % {"count": count, "age": hours}


def _look_at_the_worker() -> str:
    return _("If Worker and Clock above are fine, the end of the worker's log says what stops it.")


def _changes() -> Check:
    count = EvidenceChange.objects.count()
    if not count:
        return Check(_("Evidence"), "met", _("Everything is counted."))
    words = ngettext(
        "%(count)d change of evidence waits to be counted.",
        "%(count)d changes of evidence wait to be counted.",
        count,
    )
    is_many = count > _MANY_CHANGES
    what = _look_at_the_worker() if is_many else ""
    return Check(_("Evidence"), "lean" if is_many else "met", words % {"count": count}, what)


def _nightly(now: datetime) -> Check:
    name, newest = _("Nightly judgement"), NightlyRun.objects.order_by("-day").first()
    if newest is None:
        return Check(name, "unknown", _("It has not run yet."), _("It runs by itself within an hour."))
    is_late = newest.finished_at is None and newest.started_at < now - timedelta(hours=2)
    day = {"day": date_format(newest.day, "DATE_FORMAT")}
    words = _("Last for %(day)s, not finished.") % day if is_late else _("Last for %(day)s.") % day
    if is_late or newest.started_at < now - _NIGHT:
        what = _("Start the clock (beat), if it does not run. It makes up for missed nights by itself.")
        return Check(name, "below", words, what)
    return Check(name, "met", words)


def _mail_given_up() -> Check:
    count = Message.objects.filter(state=Message.State.FAILED).count()
    if not count:
        return Check(_("Mail given up"), "met", _("Nothing needs you."))
    words = ngettext("%(count)d mail needs attention.", "%(count)d mails need attention.", count)
    what = _("Open Asking > Failed mail: it says why, and sends again.")
    return Check(_("Mail given up"), "lean", words % {"count": count}, what)


def _events_given_up() -> Check:
    count = IntakeEvent.objects.needing_attention().count()
    if not count:
        return Check(_("Inbound data"), "met", _("Nothing needs you."))
    words = ngettext("%(count)d event needs attention.", "%(count)d events need attention.", count)
    what = _("Open Data > Inbound: it says why, and applies them again.")
    return Check(_("Inbound data"), "lean", words % {"count": count}, what)


def database_words() -> str:
    """Return which database answers, and its version."""
    with connection.cursor() as cursor:
        cursor.execute("select sqlite_version()" if connection.vendor == "sqlite" else "show server_version")
        version = str(cursor.fetchone()[0])
    return f"{connection.display_name} {version}"


def worst(checks: Iterable[Check]) -> str:
    """Return the light of the whole: the worst of its checks."""
    lights = {check.light for check in checks}
    return next((light for light in ("below", "lean", "unknown") if light in lights), "met")
