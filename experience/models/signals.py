"""Technical signals: outages as rows, and batches of samples that were folded into day cells once."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from surveys.models import BusinessService
from surveys.models.constraints import one_of


class SignalBatch(models.Model):
    """A batch of observations that was folded; its id makes sending it twice harmless."""

    source = models.CharField(max_length=60)
    batch_id = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    observation_count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "batch_id"], name="signal_batch_once")]
        indexes = [
            # Serves the sweep that forgets old batches.
            models.Index(fields=["received_at"], name="signal_batch_time"),
        ]


class Outage(models.Model):
    """A time during which a service, or one feature of it, was down. Without an end it still is."""

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="outages")
    source = models.CharField(max_length=60)
    external_key = models.CharField(max_length=160)
    feature = models.CharField(max_length=100, blank=True)
    is_planned = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_key"], name="outage_once"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="outage_ends_after_start",
            ),
        ]
        indexes = [
            # Serves the recomputation of one service-day of availability.
            models.Index(fields=["service", "started_at"], name="outage_service_start"),
            # Serves the hourly count of outages that last, and alerts that may end one.
            models.Index(fields=["source"], condition=Q(ended_at__isnull=True), name="outage_lasting"),
        ]


class PrometheusKind(models.TextChoices):
    """How the values of an answer are read."""

    UP = "up", gettext_lazy("Up while above 0, else an outage")
    RESPONSE_TIME = "response_time", gettext_lazy("Response times in seconds, or a histogram of them")


class PrometheusQuery(models.Model):
    """A question that a Prometheus server is asked every minute about one service.

    What lies up to `asked_until` is counted; who moves it on counts the next minutes, so each counts once.
    """

    Kind = PrometheusKind

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="prometheus_queries")
    kind = models.CharField(max_length=16, choices=PrometheusKind.choices)
    address = models.CharField(max_length=300)
    token = models.CharField(max_length=500, blank=True)
    expression = models.TextField()
    asked_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [one_of("kind", PrometheusKind, name="prometheus_query_kind")]


class UnsolicitedText(models.Model):
    """How one chat or social message sounded. The message itself is kept only where that is configured.

    `author_hash` tells authors apart within a source and leads to nobody. Polarity is None where the text
    could not be read.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="unsolicited_texts")
    source = models.CharField(max_length=60)
    day = models.DateField()
    author_hash = models.CharField(max_length=32)
    polarity = models.FloatField(null=True)
    model_version = models.CharField(max_length=40)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(polarity__isnull=True) | Q(polarity__gte=-1, polarity__lte=1),
                name="unsolicited_polarity",
            ),
        ]
        indexes = [
            # Serves the indicator, which reads a service's window and the 90 days before it.
            models.Index(fields=["service", "day"], name="unsolicited_service_day"),
        ]
