"""What readers keep for themselves, and which assignment groups work on a service."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from surveys.models import BusinessService


class SavedView(models.Model):
    """A choice of the portfolio under a name of its owner's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    # As long as every filter filled with signs of four bytes, each of which takes twelve in an address.
    query = models.CharField(max_length=4500, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


class ServiceGroup(models.Model):
    """An assignment group that resolved tickets of a service lately; made anew each night."""

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="groups")
    assignment_group = models.CharField(max_length=100)

    class Meta:
        ordering = ["assignment_group"]
        constraints = [
            models.UniqueConstraint(fields=["assignment_group", "service"], name="service_group_once")
        ]

    def __str__(self) -> str:
        return self.assignment_group
