"""Short forms of the constraints that every table uses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


def one_of(field: str, choices: type[models.TextChoices], *, name: str) -> models.CheckConstraint:
    """Return the constraint that `field` holds one of `choices`."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


def within(field: str, low: float, high: float, *, name: str) -> models.CheckConstraint:
    """Return the constraint low <= field <= high; an empty field passes."""
    return models.CheckConstraint(condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}), name=name)
