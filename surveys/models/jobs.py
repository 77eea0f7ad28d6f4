"""Jobs: work that somebody started on a page and watches there, too long for one request."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models.constraints import one_of


class JobQuerySet(models.QuerySet["Job"]):
    """The predicates of jobs; sweep, claim and pages ask them here."""

    def due(self, now: datetime) -> Self:
        """Return the jobs to run now: waiting, or claimed by a worker whose lease ran out."""
        stale = Q(state=Job.State.RUNNING, lease_until__lte=now)
        return self.filter(Q(state=Job.State.WAITING) | stale)

    def unfinished(self) -> Self:
        """Return the jobs that wait or run."""
        return self.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])


class JobKind(models.TextChoices):
    """What is done."""

    TICKET_IMPORT = "ticket_import", gettext_lazy("Import of tickets")
    SAMPLE_LOAD = "sample_load", gettext_lazy("Loading sample data")
    SAMPLE_REMOVAL = "sample_removal", gettext_lazy("Removing sample data")


class JobState(models.TextChoices):
    """Waiting, running, and then done or failed."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """One job with how far it is. `outcome` holds what came of it, `problem` why it failed."""

    Kind = JobKind
    State = JobState

    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    wishes = models.JSONField(default=dict, blank=True)
    # Text or compressed CSV, dropped when the job is over: web and worker may stand on two machines.
    content = models.BinaryField(default=b"", blank=True)
    stage = models.CharField(max_length=60, blank=True)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("kind", JobKind, name="job_kind"),
            one_of("state", JobState, name="job_state"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state__in=["waiting", "running"]), name="job_one_of_a_kind"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="job_lease"
            ),
        ]
        indexes = [
            # Serves the sweep for jobs to run, which runs every ten seconds.
            models.Index(
                fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="job_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.state in (JobState.DONE, JobState.FAILED)
