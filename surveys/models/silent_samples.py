"""People who did not answer, drawn at random to be asked again in person: the draw and its lines."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from surveys.models.answers import Response
from surveys.models.asking import Invitation
from surveys.models.catalogue import BusinessService
from surveys.models.constraints import one_of
from surveys.models.surveys import Question


class SilentSample(models.Model):
    """One draw among the asked resolutions of a service and a period that nobody answered.

    It keeps the first phase as it stood: how many were asked by named surveys on one scale, and how often
    each rating of that scale was given. With the ratings of its lines it gives the figure again.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="silent_samples")
    starts_on = models.DateField()
    ends_on = models.DateField()
    scale = models.CharField(max_length=12, choices=Question.Scale.choices)
    asked_count = models.PositiveIntegerField()
    # How many gave each rating of the scale, the lowest first.
    rating_counts = models.JSONField()
    seed = models.CharField(max_length=100)
    # The invitations that could be drawn, by key; with the seed and the number of lines they give the lines.
    frame = models.JSONField()
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("scale", Question.Scale, name="silent_sample_scale"),
            models.UniqueConstraint(fields=["service", "starts_on"], name="silent_sample_once_per_period"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="silent_sample_period"),
        ]

    def is_open(self, now: datetime) -> bool:
        """Say whether its lines still take answers; figures wait until they do not."""
        return self.closes_at > now


class SilentSampleLineQuerySet(models.QuerySet["SilentSampleLine"]):
    """The predicate that the answer page and the draw share."""

    def open(self, now: datetime) -> Self:
        """Return the lines that take an answer: their sample is open, their person not erased since."""
        return self.filter(sample__closes_at__gt=now, invitation__person__erased_at=None)


class SilentSampleLine(models.Model):
    """One person to ask again about one ticket, by the link of their invitation."""

    sample = models.ForeignKey(SilentSample, on_delete=models.CASCADE, related_name="lines")
    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="silent_line")
    response = models.OneToOneField(
        Response, null=True, blank=True, on_delete=models.SET_NULL, related_name="silent_line"
    )

    objects = SilentSampleLineQuerySet.as_manager()
