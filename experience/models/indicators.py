"""The library of experience indicators as rows: what each measures, on which scale."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from experience.engine.agreement_terms import AgreedIndicator
from surveys.models.constraints import one_of


class IndicatorStream(models.TextChoices):
    """Which evidence an indicator draws on."""

    EXPERIENCE = "X", gettext_lazy("Experience (X-data)")
    OPERATIONS = "O", gettext_lazy("Operations (O-data)")
    TECHNOLOGY = "T", gettext_lazy("Technology (T-data)")
    SOCIAL = "S", gettext_lazy("Unsolicited text")


class IndicatorStatistic(models.TextChoices):
    """How day cells become one native value with its interval; see experience/engine/indicators.py."""

    WEIGHTED_MEAN = "weighted_mean", gettext_lazy("Mean, answers weighted back to all tickets")
    SHARE = "share", gettext_lazy("Share")
    MEDIAN = "median", gettext_lazy("Median")
    APDEX = "apdex", gettext_lazy("Apdex")
    AVAILABILITY = "availability", gettext_lazy("Share of the time up")
    HAPPINESS = "happiness", gettext_lazy("Share of 9-10 minus share of 0-6, weighted back to all tickets")
    TOP_BOX = "top_box", gettext_lazy("Share of the best two answers, weighted back to all tickets")
    RATIO = "ratio", gettext_lazy("Sum over count, counted in full")
    SAMPLE_MEAN = "sample_mean", gettext_lazy("Mean of what was sent")
    PLANNED_DOWNTIME = "planned_downtime", gettext_lazy("Share of the time down as planned")
    RATE_RATIO = "rate_ratio", gettext_lazy("Rate per user-day over that of the months before")
    OWN_BASELINE = "own_baseline", gettext_lazy("Standard errors from its own past 90 days")


class Indicator(models.Model):
    """An experience indicator: one measure on 0..100 after its targets. A change of scale makes a new
    version.
    """

    Stream = IndicatorStream
    Statistic = IndicatorStatistic

    key = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    description = models.TextField()
    stream = models.CharField(max_length=1, choices=Stream.choices)
    statistic = models.CharField(max_length=16, choices=Statistic.choices)
    measure = models.CharField(max_length=16)
    unit = models.CharField(max_length=20)
    low = models.FloatField(help_text="Smallest possible native value.")
    high = models.FloatField(help_text="Largest possible native value.")
    floor = models.FloatField()
    target = models.FloatField()
    ceiling = models.FloatField()
    default_weight = models.FloatField(default=1)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["stream", "key"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="indicator_version"),
            one_of("stream", IndicatorStream, name="indicator_stream"),
            one_of("statistic", IndicatorStatistic, name="indicator_statistic"),
            models.CheckConstraint(
                condition=Q(floor__lt=models.F("target"), target__lt=models.F("ceiling"))
                | Q(floor__gt=models.F("target"), target__gt=models.F("ceiling")),
                name="indicator_anchors_in_order",
            ),
        ]

    @property
    def higher_is_better(self) -> bool:
        """Say whether more of it is better."""
        return self.ceiling > self.floor

    def target_of(self, agreed: AgreedIndicator | None) -> float:
        """Return its target as agreed; the usual one where none was."""
        return self.target if agreed is None or agreed.target is None else agreed.target

    def __str__(self) -> str:
        return self.name
