"""Service-level agreements beside the XLA, and what providers report about them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models import BusinessService
from surveys.models.constraints import one_of, within


class SlaKind(models.TextChoices):
    """What a service-level agreement promises; each is a share that must be reached."""

    RESOLUTION = "resolution", gettext_lazy("Resolved in time")
    RESPONSE = "response", gettext_lazy("First response in time")
    AVAILABILITY = "availability", gettext_lazy("Time up")
    RESPONSE_TIME = "response_time", gettext_lazy("Requests answered within a second")


class Sla(models.Model):
    """A service-level agreement beside the XLA: the share that must be reached. Valid from a day on.

    The one for resolution without a priority is the headline that the portfolio and the gaps compare with.
    """

    Kind = SlaKind

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="slas")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.RESOLUTION)
    priority = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: all priorities.")
    valid_from = models.DateField()
    target_share = models.FloatField()
    amber_band = models.FloatField(default=0.03)
    # Without it the source's own verdict counts (made_sla); a first response needs one.
    limit_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="On the calendar below, as the source of tickets counts minutes."
    )
    calendar = models.CharField(max_length=120, blank=True, help_text="When the clock runs, in words.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind", "valid_from"],
                condition=Q(priority__isnull=True),
                name="sla_service_day",
            ),
            models.UniqueConstraint(
                fields=["service", "kind", "priority", "valid_from"],
                condition=Q(priority__isnull=False),
                name="sla_service_priority_day",
            ),
            one_of("kind", SlaKind, name="sla_kind"),
            within("target_share", 0, 1, name="sla_target_share"),
            within("amber_band", 0, 1, name="sla_amber_band"),
            models.CheckConstraint(
                condition=~Q(kind="response") | Q(limit_minutes__isnull=False), name="sla_response_limit"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["resolution", "response"])
                | Q(limit_minutes__isnull=True, priority__isnull=True),
                name="sla_only_tickets_have_priorities",
            ),
        ]


class SlaReport(models.Model):
    """What a provider reports about a month of a service: kept beside what is computed, never instead."""

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="sla_reports")
    month = models.DateField(help_text="Its first day.")
    kind = models.CharField(max_length=16, choices=SlaKind.choices)
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    share = models.FloatField()
    n = models.PositiveIntegerField(null=True, blank=True, help_text="Tickets behind it, where told.")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "month", "kind"],
                condition=Q(priority__isnull=True),
                name="sla_report_once",
            ),
            models.UniqueConstraint(
                fields=["service", "month", "kind", "priority"],
                condition=Q(priority__isnull=False),
                name="sla_report_priority_once",
            ),
            one_of("kind", SlaKind, name="sla_report_kind"),
            within("share", 0, 1, name="sla_report_share"),
            models.CheckConstraint(condition=Q(month__day=1), name="sla_report_month"),
        ]
