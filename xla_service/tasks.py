"""The sweep of the wiring: what nobody needs any more is forgotten in time."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from surveys.services.retention import forget_old
from xla_service.retention import forget_expired_sessions, kinds


@shared_task
def forget_old_data() -> None:
    """Forget sessions that have expired, and of every kind of data what is older than its setting says."""
    now = timezone.now()
    forget_expired_sessions(now=now)
    forget_old(kinds(), now=now)
