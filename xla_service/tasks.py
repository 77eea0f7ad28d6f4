"""The sweep of the wiring: what signing in leaves behind is forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessLog
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

SIGN_INS_KEPT = timedelta(days=90)


@shared_task
def forget_sign_ins() -> None:
    """Delete sessions that have expired, and who signed in from where longer than 90 days ago."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    AccessLog.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT).delete()
