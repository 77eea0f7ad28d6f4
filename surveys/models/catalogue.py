"""The service catalogue: what people use and an owner answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models.constraints import one_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models.people import User


class BusinessServiceQuerySet(models.QuerySet["BusinessService"]):
    """Who sees which services; every read of anything below a service starts here."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the services this user may read: all, or for a service owner those they own or are on the
        team of.
        """
        if not user.is_authenticated:
            return self.none()
        return self if user.sees_every_service else self.answered_for_by(user)

    def looked_after_by(self, user: User | AnonymousUser) -> Self:
        """Return the services that this user acts on: all for those who set up, else their own and their
        team's.
        """
        if not user.is_authenticated:
            return self.none()
        return self if user.sets_up else self.answered_for_by(user)

    def answered_for_by(self, user: User) -> Self:
        """Return the services that this user owns or is on the team of, whatever their role."""
        return self.filter(Q(owner=user) | Q(pk__in=user.team_services.values("pk")))

    def live(self) -> Self:
        """Return the services that are measured: in use, neither planned nor retired."""
        return self.filter(lifecycle=BusinessService.Lifecycle.LIVE)

    def in_turn(self) -> Self:
        """Return these services locked, everywhere in the same order: so nobody waits in a circle."""
        return self.select_for_update(no_key=True).order_by("pk")


_Row = TypeVar("_Row", bound=models.Model)


class RowsOfServices(models.QuerySet[_Row]):
    """Rows that belong to a service, to which `path_to_service` leads: whoever reads that reads them."""

    path_to_service = "service"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the rows of the services this user may read."""
        return self.filter(**{f"{self.path_to_service}__in": BusinessService.objects.visible_to(user)})


class ServiceLifecycle(models.TextChoices):
    """Where a service is in its life."""

    PIPELINE = "pipeline", gettext_lazy("Pipeline")
    LIVE = "live", gettext_lazy("Live")
    RETIRED = "retired", gettext_lazy("Retired")


class ServiceValueStream(models.TextChoices):
    """The IT4IT value stream the service belongs to."""

    STRATEGY_TO_PORTFOLIO = "strategy_to_portfolio", gettext_lazy("Strategy to Portfolio")
    REQUIREMENT_TO_DEPLOY = "requirement_to_deploy", gettext_lazy("Requirement to Deploy")
    REQUEST_TO_FULFIL = "request_to_fulfil", gettext_lazy("Request to Fulfil")
    DETECT_TO_CORRECT = "detect_to_correct", gettext_lazy("Detect to Correct")


class BusinessService(models.Model):
    """A business service."""

    Lifecycle = ServiceLifecycle
    ValueStream = ServiceValueStream

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    lifecycle = models.CharField(max_length=10, choices=Lifecycle.choices, default=Lifecycle.LIVE)
    value_stream = models.CharField(
        max_length=24, choices=ValueStream.choices, default=ValueStream.DETECT_TO_CORRECT
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_services",
    )
    team = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="team_services")
    supplier = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    survey = models.ForeignKey(
        "surveys.Survey", null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )
    hour_cost = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    objects = BusinessServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            one_of("lifecycle", ServiceLifecycle, name="service_lifecycle"),
            one_of("value_stream", ServiceValueStream, name="service_value_stream"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceAlias(models.Model):
    """The name by which one source of tickets or signals calls a service."""

    source = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="alias_source_name")]

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"


class ServiceUserCount(models.Model):
    """How many people use a service, from a day on. Without it per-user indicators are missing, never
    estimated.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="user_counts")
    valid_from = models.DateField()
    user_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "valid_from"], name="user_count_service_day")
        ]


class ResolutionTarget(models.Model):
    """The time to resolve agreed for a priority, of one service or, without one, of all."""

    service = models.ForeignKey(
        BusinessService, null=True, blank=True, on_delete=models.CASCADE, related_name="resolution_targets"
    )
    priority = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "priority"], name="resolution_target_service"),
            models.UniqueConstraint(
                fields=["priority"], condition=Q(service__isnull=True), name="resolution_target_all"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="resolution_target_positive"),
        ]
