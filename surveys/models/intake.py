"""Inbound data: who sends, and every event as it arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models.constraints import one_of
from surveys.models.tickets import Ticket


class IntakeSource(models.Model):
    """A system that sends us tickets or signals, signed with a shared secret."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    preset = models.CharField(max_length=30)
    mapping = models.JSONField(
        default=dict, blank=True, help_text="Field -> JMESPath, over the preset's own."
    )
    secret = models.CharField(max_length=200)
    ticket_url = models.CharField(
        max_length=300, blank=True, help_text="Address of a ticket there: https://itsm.example.org/{number}"
    )
    mails_rating_links = models.BooleanField(
        default=False, help_text="Its own mails carry our rating links: we send no second mail."
    )
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class IntakeEventQuerySet(models.QuerySet["IntakeEvent"]):
    """The predicates of the inbox."""

    def due(self, now: datetime) -> Self:
        """Return the events to apply now."""
        return self.filter(state=IntakeEvent.State.RECEIVED, due_at__lte=now)

    def needing_attention(self) -> Self:
        """Return the events that could not be applied and wait for a person."""
        return self.filter(state=IntakeEvent.State.FAILED)


class IntakeEventState(models.TextChoices):
    """Received, then applied, ignored (nothing to do) or failed (needs attention)."""

    RECEIVED = "received", gettext_lazy("Received")
    APPLIED = "applied", gettext_lazy("Applied")
    IGNORED = "ignored", gettext_lazy("Nothing to do")
    FAILED = "failed", gettext_lazy("Needs attention")


class IntakeEvent(models.Model):
    """One event as it arrived: stored first, applied after, replayable."""

    State = IntakeEventState

    source = models.ForeignKey(IntakeSource, on_delete=models.PROTECT, related_name="events")
    idempotency_key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    body = models.TextField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    ticket = models.ForeignKey(
        Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )

    objects = IntakeEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "idempotency_key"], name="intake_event_once"),
            one_of("state", IntakeEventState, name="intake_event_state"),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(reason=""), name="intake_event_failed_reason"
            ),
        ]
        indexes = [
            # Serves the sweep for events to apply, which runs every ten seconds.
            models.Index(fields=["due_at"], condition=Q(state="received"), name="intake_event_due"),
            # Serves the state of a source: its newest event, and how many came today.
            models.Index(fields=["source", "-received_at"], name="intake_event_source_time"),
            # Serves how many events of a source need attention.
            models.Index(fields=["source"], condition=Q(state="failed"), name="intake_event_source_failed"),
            # Serves the page of events that need attention.
            models.Index(fields=["-received_at"], condition=Q(state="failed"), name="intake_event_failed"),
        ]
