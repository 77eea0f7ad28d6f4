"""Agreements: which indicators, with which weights and targets, for which services. SLAs beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from surveys.models import BusinessService
from surveys.models.constraints import one_of, within

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class IndicatorStream(models.TextChoices):
    """Which evidence an indicator draws on."""

    EXPERIENCE = "X", "Experience (X-data)"
    OPERATIONS = "O", "Operations (O-data)"
    TECHNOLOGY = "T", "Technology (T-data)"
    SOCIAL = "S", "Unsolicited text"


class IndicatorStatistic(models.TextChoices):
    """How day cells become one native value with its interval; see experience/engine/indicators.py."""

    WEIGHTED_MEAN = "weighted_mean", "Mean, answers weighted back to all tickets"
    SHARE = "share", "Share"
    MEDIAN = "median", "Median"
    APDEX = "apdex", "Apdex"
    AVAILABILITY = "availability", "Share of the time up"


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

    def __str__(self) -> str:
        return self.name


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Reads of agreements."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the agreements for services this user may read."""
        return self.filter(versions__services__in=BusinessService.objects.visible_to(user)).distinct()


class Agreement(models.Model):
    """An experience-level agreement under one name through all its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    ambition = models.TextField(help_text="What the parties want people to experience, in plain words.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # One primary agreement per service feeds the portfolio and the gap family.
    is_primary = models.BooleanField(default=True)

    objects = AgreementQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class AgreementVersionState(models.TextChoices):
    """Draft, published, superseded by a later version, or retired."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"
    RETIRED = "retired", "Retired"


class AgreementVersion(models.Model):
    """The terms as agreed at one time. Immutable once published."""

    State = AgreementVersionState

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    services = models.ManyToManyField(BusinessService, related_name="agreement_versions")
    weight_experience = models.FloatField(default=0.50)
    weight_operations = models.FloatField(default=0.25)
    weight_technology = models.FloatField(default=0.25)
    weight_social = models.FloatField(default=0)
    valid_from = models.DateField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_number"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="published"), name="agreement_one_published"
            ),
            one_of("state", AgreementVersionState, name="agreement_version_state"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="agreement_published_at"
            ),
        ]


class AgreementIndicator(models.Model):
    """One indicator of an agreement version: its weight within its stream, and its own anchors."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.CASCADE, related_name="indicators")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    weight = models.FloatField(default=1)
    floor = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    ceiling = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "indicator"], name="agreement_indicator_once"),
            within("weight", 0, 1000, name="agreement_indicator_weight"),
        ]


class Sla(models.Model):
    """The service-level agreement beside the XLA: share of tickets that must meet their target. Valid from a
    day on.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="slas")
    valid_from = models.DateField()
    target_share = models.FloatField()
    amber_band = models.FloatField(default=0.03)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "valid_from"], name="sla_service_day"),
            within("target_share", 0, 1, name="sla_target_share"),
            within("amber_band", 0, 1, name="sla_amber_band"),
        ]
