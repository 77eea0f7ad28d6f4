"""Tickets and their resolutions. A ticket resolved twice has two resolutions, each with the facts as they
stood.
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models.catalogue import BusinessService, RowsOfServices
from surveys.models.constraints import one_of
from surveys.models.people import Person


class TicketQuerySet(RowsOfServices["Ticket"]):
    """Reads of tickets."""


class TicketKind(models.TextChoices):
    """What was asked of the service desk."""

    INCIDENT = "incident", gettext_lazy("Incident")
    REQUEST = "request", gettext_lazy("Request")


class TicketState(models.TextChoices):
    """Where the ticket stands."""

    OPEN = "open", gettext_lazy("Open")
    RESOLVED = "resolved", gettext_lazy("Resolved")
    CLOSED = "closed", gettext_lazy("Closed")


class Ticket(models.Model):
    """One incident or request, under ServiceNow's field names."""

    Kind = TicketKind
    State = TicketState

    source = models.CharField(max_length=60)
    number = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INCIDENT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="tickets")
    requester = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="tickets"
    )
    short_description = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=100, blank=True)
    subcategory = models.CharField(max_length=100, blank=True)
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    contact_type = models.CharField(max_length=60, blank=True)
    assignment_group = models.CharField(max_length=100, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    site = models.CharField(max_length=100, blank=True)
    configuration_item = models.CharField(max_length=120, blank=True)
    problem = models.CharField(max_length=60, blank=True)
    parent_number = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()
    first_response_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    made_sla = models.BooleanField(null=True, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    reassignment_count = models.PositiveIntegerField(default=0)
    waiting_minutes = models.PositiveIntegerField(null=True, blank=True)
    source_updated_at = models.DateTimeField(null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="ticket_source_number"),
            one_of("kind", TicketKind, name="ticket_kind"),
            one_of("state", TicketState, name="ticket_state"),
            # made_sla is a fact of the closed ticket; until then it is unknown, not true.
            models.CheckConstraint(
                condition=Q(made_sla__isnull=True) | Q(state="closed"), name="ticket_made_sla_when_closed"
            ),
        ]
        indexes = [
            # Serves the search for repeat contacts: the same person's next ticket on the same service and
            # category.
            models.Index(
                fields=["requester", "service", "category", "opened_at"], name="ticket_repeat_contact"
            ),
            # Serves incident counts by opening day.
            models.Index(fields=["service", "opened_at"], name="ticket_service_opened"),
            # Serves the sample among the tickets of one parent incident.
            models.Index(
                fields=["source", "parent_number"], condition=~Q(parent_number=""), name="ticket_parent"
            ),
            # Serves forgetting old titles.
            models.Index(fields=["opened_at"], condition=~Q(short_description=""), name="ticket_titled"),
            # Serves the age of the backlog, however long the history is.
            models.Index(fields=["service", "opened_at"], name="ticket_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.number


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    """Reads of resolutions and the predicates sweeps share."""

    def undecided(self) -> Self:
        """Return the resolutions for which nobody has decided yet whether to ask."""
        return self.filter(is_decided=False, withdrawn_at__isnull=True)


class Resolution(models.Model):
    """One resolution of a ticket with the facts as they stood then: the unit of asking and of N."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="resolutions")
    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="resolutions")
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="resolutions"
    )
    resolved_at = models.DateTimeField()
    # Local date in the service's time zone, written once: a later zone change never re-cuts history.
    resolved_on = models.DateField()
    resolved_by = models.CharField(max_length=100, blank=True)
    resolution_code = models.CharField(max_length=100, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    reassignment_count = models.PositiveIntegerField(default=0)
    minutes_to_resolve = models.PositiveIntegerField()
    user_clock_minutes = models.PositiveIntegerField()
    waiting_minutes = models.PositiveIntegerField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    assignment_group = models.CharField(max_length=100, blank=True)
    persona = models.CharField(max_length=100, blank=True)
    site = models.CharField(max_length=100, blank=True)
    is_repeat_contact = models.BooleanField(default=False)
    # One digit per fact of engine/response_class.py, most important first: a prefix is the parent class.
    response_class = models.CharField(max_length=8, default="000000")
    # When the source reported these facts; an earlier report of the same resolution replaces them.
    reported_at = models.DateTimeField(null=True, blank=True)
    # Later facts, kept apart from those that may weigh.
    reopened_at = models.DateTimeField(null=True, blank=True)
    came_back_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # Written with its decision: the sweep would have to look for what is not there.
    is_decided = models.BooleanField(default=False)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "resolved_at"], name="resolution_ticket_moment"),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True) | Q(reopened_at__gte=models.F("resolved_at")),
                name="resolution_reopened_later",
            ),
        ]
        indexes = [
            # Serves the sweep that decides, which runs every 30 seconds.
            models.Index(
                fields=["resolved_at"],
                condition=Q(is_decided=False, withdrawn_at__isnull=True),
                name="resolution_undecided",
            ),
            # Serves the recomputation of one service-day of evidence.
            models.Index(fields=["service", "resolved_on"], name="resolution_service_day"),
            # Serves repeat contacts and the rest period: what this person had resolved lately.
            models.Index(fields=["person", "resolved_at"], name="resolution_person_time"),
        ]
