"""Thin Celery tasks of the judging side; each only wakes a sweep over rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.utils import timezone

from experience.demo.sample import load_sample
from experience.demo.sample_removal import remove_sample
from experience.services.calibrate import calibrate
from experience.services.contact_budget import allocate_contact_budget
from experience.services.gap_hooks import tell_webhooks
from experience.services.improvements import judge_improvements
from experience.services.judge import judge_day, refresh, send_digest_of_week
from experience.services.notices import send_weekly_digests, tell_owners
from experience.services.pull_prometheus import pull_prometheus as pull_queries
from experience.services.receive_signals import mark_lasting_outages
from experience.services.receive_texts import forget_texts
from experience.services.themes import refresh_themes
from surveys.models import Job
from surveys.services.jobs import Progress, Work, run_due_jobs
from surveys.services.upload_tickets import import_uploaded_tickets
from surveys.wakeups import DECIDE_SWEEP, EVIDENCE_SWEEP, wake
from xla_service.moments import organisation_day


def _load_sample(job: Job, progress: Progress) -> dict[str, Any]:
    return dict(load_sample(now=timezone.now(), by=job.started_by, progress=progress))


def _remove_sample(job: Job, progress: Progress) -> dict[str, Any]:
    return dict(remove_sample(now=timezone.now(), by=job.started_by, progress=progress))


WORKS: Mapping[str, Work] = {
    Job.Kind.TICKET_IMPORT: import_uploaded_tickets,
    Job.Kind.SAMPLE_LOAD: _load_sample,
    Job.Kind.SAMPLE_REMOVAL: _remove_sample,
}


@shared_task
def refresh_evidence() -> None:
    """Recompute what changed."""
    now = timezone.now()
    refresh(now=now)
    tell_owners(today=organisation_day(now), now=now)
    tell_webhooks(now=now)


@shared_task
def run_nightly() -> None:
    """Judge today once; the hourly schedule makes up for nights the service was down."""
    now = timezone.now()
    mark_lasting_outages(now=now)
    refresh(now=now)
    today = organisation_day(now)
    if judge_day(today, now=now):
        refresh_themes(today=today)
        allocate_contact_budget(today, now=now)
        forget_texts(today=today)
    judge_improvements(today=today, now=now)
    tell_owners(today=today, now=now)
    tell_webhooks(now=now)
    send_digest_of_week(today, now=now, send=lambda monday: send_weekly_digests(monday=monday, now=now))


@shared_task
def pull_prometheus() -> None:
    """Ask the Prometheus servers what their queries brought since."""
    if pull_queries(now=timezone.now()):
        wake(EVIDENCE_SWEEP)


@shared_task
def calibrate_sentiment() -> None:
    """Learn from the rated comments that have come since the last trial."""
    calibrate(now=timezone.now())


@shared_task
def run_jobs() -> None:
    """Run what somebody started on a page, then decide about what it brought."""
    if run_due_jobs(WORKS, now=timezone.now()):
        wake(DECIDE_SWEEP)
