"""Every kind of data that is not kept for ever: those of both sides, and what signing in leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy

from experience.models import SignalBatch
from experience.services.retention import LIVE_VIEWS
from surveys.services import retention
from surveys.services.retention import Kind, deleting, setting

# What is this much older than it may be shows that the sweep does not come round.
SLACK = timedelta(days=1)


def kinds() -> tuple[Kind, ...]:
    """Return all kinds of data that go after some days."""
    return (
        *retention.KINDS,
        LIVE_VIEWS,
        Kind(
            gettext_lazy("Batches of signals"),
            lambda before: SignalBatch.objects.filter(received_at__lt=before),
            deleting(SignalBatch),
            setting("KEEP_EVENTS_DAYS"),
        ),
        *(
            Kind(
                name,
                lambda before, model=model: model.objects.filter(attempt_time__lt=before),
                deleting(model),
                setting("KEEP_SIGN_INS_DAYS"),
            )
            for name, model in (
                (gettext_lazy("Sign-ins"), AccessLog),
                (gettext_lazy("Failed sign-ins"), AccessAttempt),
            )
        ),
    )


def forget_expired_sessions(*, now: datetime) -> None:
    """Delete the sessions that nobody can use any more."""
    Session.objects.filter(expire_date__lt=now).delete()


def kept_too_long(*, now: datetime) -> list[str]:
    """Return the kinds of which something is more than a day older than it may be."""
    return [str(kind.name) for kind in kinds() if kind.overdue(now - SLACK).exists()]
