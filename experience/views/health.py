"""The health page: queues, sweeps, mail, database and versions, and what to do when something is red."""

from __future__ import annotations

import platform
from datetime import datetime
from shutil import disk_usage

import django
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from experience.engine.defaults import ENGINE_VERSION
from experience.selectors.health import Check, database_words, queue_checks, worst
from xla_service import __version__
from xla_service.access import administering, open_to
from xla_service.celery import RETENTION_SWEEP, app
from xla_service.navigation import Section, declare_page
from xla_service.retention import kept_too_long
from xla_service.sweeps import Sweep, sweeps

declare_page("health", gettext_lazy("Jobs and health"), Section.ADMINISTRATION, rule=administering, order=10)
_PING_SECONDS = 0.7
# Bytes: to look at below the first, to act on below the second.
ENOUGH_ROOM, LITTLE_ROOM = 500 * 2**20, 100 * 2**20


@open_to(administering)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show what works and what needs somebody."""
    now, schedule = timezone.now(), sweeps()
    broker = broker_check()
    worker = worker_check(broker)
    checks = [
        database_check(), broker, worker, clock_check(schedule, worker, now=now), *queue_checks(now=now),
        retention_check(schedule, now=now), disk_check(),
    ]  # fmt: skip
    context = {
        "checks": checks,
        "light": worst(checks),
        "now": now,
        "sweeps": [(sweep, sweep.is_overdue(now)) for sweep in schedule],
        "versions": [
            ("XLA Service", __version__),
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            (_("Scoring engine"), ENGINE_VERSION),
        ],
    }
    return render(request, "experience/health.html", context)


def broker_check() -> Check:
    """Return whether Redis or Valkey answers; without it work is found by the next sweep."""
    name, address = _("Redis or Valkey"), settings.CELERY_BROKER_URL
    if not address.startswith(("redis://", "rediss://")):
        return Check(name, "unknown", _("None is set up here."))
    try:
        redis.Redis.from_url(address, socket_connect_timeout=0.5, socket_timeout=0.5).ping()
    except redis.RedisError:
        return Check(
            name,
            "below",
            _("It does not answer. Nothing is lost, but nothing is sent or counted until it does."),
            _(
                "Start it, or correct REDIS_URL. Under manage.py up the end of logs/valkey.log "
                "says why it ended."
            ),
        )
    return Check(name, "met", _("It answers."))


def worker_check(broker: Check) -> Check:
    """Return whether a worker answers; it can only be asked through the broker."""
    name = _("Worker")
    if broker.light != "met":
        return Check(name, "unknown", _("It can only be asked through Redis or Valkey."))
    try:
        count = len(app.control.ping(timeout=_PING_SECONDS))
    except (OperationalError, redis.RedisError):
        count = 0
    if not count:
        what = _(
            "Start it: manage.py up runs one, or celery --app xla_service.celery worker. "
            "If it ends at once, the end of logs/worker.log says why."
        )
        return Check(name, "below", _("None answers: no mail goes out and nothing is counted."), what)
    words = ngettext("%(count)d worker answers.", "%(count)d workers answer.", count) % {"count": count}
    return Check(name, "met", words)


def clock_check(schedule: list[Sweep], worker: Check, *, now: datetime) -> Check:
    """Return whether the sweeps come round in time, which is what the clock (beat) is for."""
    name = _("Clock")
    known = [sweep for sweep in schedule if sweep.ended_at is not None]
    overdue = [sweep.name for sweep in known if sweep.is_overdue(now)]
    if not known and worker.light == "unknown":
        return Check(name, "unknown", _("It can only be asked through Redis or Valkey."))
    if not known:
        return Check(name, "unknown", _("No sweep is known to have ended yet."), _("Look again in a minute."))
    if not overdue:
        return Check(name, "met", _("All sweeps come round in time."))
    words = _("Overdue: %(names)s.") % {"names": ", ".join(overdue)}
    if worker.light != "met":
        return Check(name, "lean", words, _("They come round again once the worker runs."))
    fastest = min(sweep.every for sweep in known)
    if all(sweep.is_overdue(now) for sweep in known if sweep.every == fastest):
        what = _(
            "The worker runs, the clock does not: start it with manage.py up, or "
            "celery --app xla_service.celery beat."
        )
    else:
        what = _("Others come round: the end of the worker's log says why these do not end.")
    return Check(name, "below", words, what)


def retention_check(schedule: list[Sweep], *, now: datetime) -> Check:
    """Return whether anything is kept longer than its setting says, and when that was looked at last."""
    name, late = _("Old data"), kept_too_long(now=now)
    if late:
        what = _("If Worker and Clock above are fine, the end of the worker's log says what stops it.")
        return Check(name, "lean", _("Kept longer than set: %(kinds)s.") % {"kinds": ", ".join(late)}, what)
    ended_at = next(sweep.ended_at for sweep in schedule if sweep.name == RETENTION_SWEEP)
    if ended_at is None:
        return Check(name, "met", _("Nothing is older than set."))
    looked_at = {"time": date_format(timezone.localtime(ended_at), "DATETIME_FORMAT")}
    return Check(name, "met", _("Nothing is older than set. Looked at last: %(time)s.") % looked_at)


def disk_check() -> Check:
    """Return how much room is left where the data folder is: on a full disk nothing can be stored."""
    folder = settings.DATA_DIR.resolve()
    free = disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    words = _("%(size)s free.") % {"size": filesizeformat(free)}
    if free >= ENOUGH_ROOM:
        return Check(_("Disk"), "met", words)
    what = _(
        "Make room on the disk of the data folder. On a full disk nothing is stored and senders are refused; "
        "what was taken is not lost."
    )
    return Check(_("Disk"), "lean" if free >= LITTLE_ROOM else "below", words, what)


def database_check() -> Check:
    """Return which database answers."""
    try:
        return Check(_("Database"), "met", database_words())
    except (DatabaseError, ImproperlyConfigured):
        what = _("Correct DATABASE_URL, or start it.")
        return Check(_("Database"), "below", _("It does not answer."), what)
