"""The KPI tree: what the business wants, what that takes in each value stream, which indicators show it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from experience.models.indicators import Indicator
from surveys.models import BusinessService
from surveys.models.constraints import one_of, within

_USUAL_SHARE = 0.8


class BusinessGoal(models.Model):
    """What the business wants to reach; the top of the tree."""

    name = models.CharField(max_length=160, unique=True)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        verbose_name = gettext_lazy("business goal")
        verbose_name_plural = gettext_lazy("business goals")

    def __str__(self) -> str:
        return self.name


class SuccessFactor(models.Model):
    """What has to go well in one value stream for a goal to be reached."""

    ValueStream = BusinessService.ValueStream

    goal = models.ForeignKey(BusinessGoal, on_delete=models.CASCADE, related_name="factors")
    value_stream = models.CharField(max_length=24, choices=ValueStream.choices)
    name = models.CharField(max_length=160)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["value_stream", "name"]
        verbose_name = gettext_lazy("critical success factor")
        verbose_name_plural = gettext_lazy("critical success factors")
        constraints = [
            models.UniqueConstraint(fields=["goal", "value_stream", "name"], name="success_factor_once"),
            one_of("value_stream", BusinessService.ValueStream, name="success_factor_value_stream"),
        ]

    def __str__(self) -> str:
        return self.name


class FactorIndicator(models.Model):
    """An indicator that shows whether a factor goes well, over the services of its value stream."""

    factor = models.ForeignKey(SuccessFactor, on_delete=models.CASCADE, related_name="indicators")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    target_share = models.FloatField(
        default=_USUAL_SHARE, help_text="Share of the measured services that are to be on target, 0 to 1."
    )

    class Meta:
        ordering = ["indicator__stream", "indicator__name"]
        verbose_name = gettext_lazy("indicator of a factor")
        verbose_name_plural = gettext_lazy("indicators of a factor")
        constraints = [
            models.UniqueConstraint(fields=["factor", "indicator"], name="factor_indicator_once"),
            within("target_share", 0, 1, name="factor_indicator_target_share"),
        ]

    def __str__(self) -> str:
        return str(self.indicator)
