"""Starting jobs, running them once each, and writing down how far they are for whoever watches.

A job is claimed for the length of a lease that each sign of progress renews; one whose worker died is taken
over. What a job does must therefore bear being begun again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from surveys.models import Job, User
from xla_service.databases import AWAY

LEASE = timedelta(minutes=5)
# So long a job is begun again that the machine cannot do just now.
PATIENCE = timedelta(hours=6)
# Often enough for whoever watches, seldom enough for a database with one writer.
SECONDS_BETWEEN_SIGNS = 0.5
_LONGEST_PROBLEM = 500

Progress = Callable[[str, int, int], None]
Work = Callable[[Job, Progress], dict[str, Any]]


class JobRefusedError(Exception):
    """What a job was asked to do cannot be done; the words say what to do instead."""


def start_job(
    kind: str,
    *,
    by: User | None,
    now: datetime,
    wishes: Mapping[str, Any] | None = None,
    content: bytes = b"",
) -> Job:
    """Write down a job to be run soon. Raises JobRefusedError while one of its kind is unfinished."""
    try:
        with transaction.atomic():
            return Job.objects.create(
                kind=kind, started_by=by, created_at=now, wishes=dict(wishes or {}), content=content
            )
    except IntegrityError as error:
        raise JobRefusedError("The one before is still running. Wait until it is done.") from error


def run_due_jobs(works: Mapping[str, Work], *, now: datetime) -> int:
    """Run the jobs that are due, one after the other, and return how many were run."""
    count = 0
    while (job := _claim(now)) is not None:
        run_job(job, works[job.kind], now=now)
        count += 1
    return count


def _claim(now: datetime) -> Job | None:
    for job in Job.objects.due(now).order_by("created_at", "pk"):
        claimed = Job.objects.due(now).filter(pk=job.pk)
        if claimed.update(state=Job.State.RUNNING, lease_until=now + LEASE):
            return job
    return None


def run_job(job: Job, work: Work, *, now: datetime) -> None:
    """Do a job's work and write down what came of it; what it refuses is told to whoever watches.

    What the machine could not do just now (the database is away, the disk is full) is begun again when the
    lease ends, for some hours.
    """
    try:
        outcome = work(job, _Signs(job))
    except JobRefusedError as error:
        _finish(job, state=Job.State.FAILED, problem=str(error)[:_LONGEST_PROBLEM])
        return
    except (*AWAY, OSError):
        if now - job.created_at > PATIENCE:
            _finish(
                job,
                state=Job.State.FAILED,
                problem="It could not be done for hours; the worker's log says why.",
            )
        raise
    except Exception:
        _finish(job, state=Job.State.FAILED, problem="It stopped with an error; the worker's log says which.")
        raise
    _finish(job, state=Job.State.DONE, outcome=outcome)


class _Signs:
    """Writes down how far a job is: at once when a stage begins, else at most twice a second."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.stage = ""
        self.told_at = float("-inf")

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage == self.stage and time.monotonic() - self.told_at < SECONDS_BETWEEN_SIGNS:
            return
        self.stage, self.told_at = stage, time.monotonic()
        Job.objects.filter(pk=self.job.pk).update(
            stage=stage[:60], done_count=done, total_count=total, lease_until=timezone.now() + LEASE
        )


def _finish(job: Job, **columns: Any) -> None:
    Job.objects.filter(pk=job.pk).update(**columns, finished_at=timezone.now(), content=b"", lease_until=None)
