"""Whether the sweeps keep up: how old the oldest waiting row of each queue is, and what ran last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min

from experience.models import NightlyRun
from surveys.models import EvidenceChange, IntakeEvent, Invitation, Message

_SLOW, _STUCK = timedelta(minutes=5), timedelta(minutes=30)
_NIGHT = timedelta(hours=30)


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
        _waiting(
            "Inbound events",
            IntakeEvent.objects.due(now).aggregate(n=Count("pk"), oldest=Min("due_at")),
            now,
        ),
        _waiting("Mail", Message.objects.due(now).aggregate(n=Count("pk"), oldest=Min("due_at")), now),
        _waiting(
            "Closing surveys",
            Invitation.objects.to_close(now).aggregate(n=Count("pk"), oldest=Min("closes_at")),
            now,
        ),
        _changes(),
        _nightly(now),
        _given_up(
            "Mail given up", Message.objects.filter(state=Message.State.FAILED).count(), "mails", _MAIL
        ),
        _given_up("Inbound data", IntakeEvent.objects.needing_attention().count(), "events", _EVENTS),
    ]


_WORKER = "Is the worker running? Look at the end of its log, and start it again."
_MAIL = "Open Asking > Failed mail: it says why, and sends again."
_EVENTS = "Open Data > Inbound: it says why, and applies them again."


def _waiting(name: str, found: dict[str, object], now: datetime) -> Check:
    oldest = found["oldest"]
    if not isinstance(oldest, datetime):
        return Check(name, "met", "Nothing waits.")
    age = now - oldest
    words = f"{found['n']} waiting, the oldest for {_minutes(age)}."
    if age < _SLOW:
        return Check(name, "met", words)
    return Check(name, "below" if age > _STUCK else "lean", words, _WORKER)


def _minutes(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes // 60} hours"


def _changes() -> Check:
    count = EvidenceChange.objects.count()
    words = f"{count} changes of evidence wait to be counted." if count else "Everything is counted."
    many = count > 5000
    return Check("Evidence", "lean" if many else "met", words, _WORKER if many else "")


def _nightly(now: datetime) -> Check:
    newest = NightlyRun.objects.order_by("-day").first()
    if newest is None:
        return Check(
            "Nightly judgement", "unknown", "It has not run yet.", "It runs by itself within an hour."
        )
    late = newest.finished_at is None and newest.started_at < now - timedelta(hours=2)
    old = newest.started_at < now - _NIGHT
    words = f"Last for {newest.day.day} {newest.day:%B %Y}" + (", not finished." if late else ".")
    if late or old:
        return Check(
            "Nightly judgement", "below", words, "Is beat running? Start it; it makes up for missed nights."
        )
    return Check("Nightly judgement", "met", words)


def _given_up(name: str, count: int, noun: str, what_to_do: str) -> Check:
    if not count:
        return Check(name, "met", "Nothing needs you.")
    return Check(name, "lean", f"{count} {noun} need attention.", what_to_do)


def database_words() -> str:
    """Return which database answers, and how large the schema's history is."""
    with connection.cursor() as cursor:
        cursor.execute("select sqlite_version()" if connection.vendor == "sqlite" else "show server_version")
        version = str(cursor.fetchone()[0])
    return f"{connection.display_name} {version}"


def worst(checks: Iterable[Check]) -> str:
    """Return the light of the whole: the worst of its checks."""
    lights = {check.light for check in checks}
    return next((light for light in ("below", "lean", "unknown") if light in lights), "met")
