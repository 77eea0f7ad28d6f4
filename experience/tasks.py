"""Thin Celery tasks of the judging side; each only wakes a sweep over rows."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from experience.services.judge import judge_day, organisation_day, refresh


@shared_task
def refresh_evidence() -> None:
    """Recompute what changed."""
    refresh(now=timezone.now())


@shared_task
def run_nightly() -> None:
    """Judge today once; the hourly schedule makes up for nights the service was down."""
    now = timezone.now()
    refresh(now=now)
    judge_day(organisation_day(now), now=now)
