"""What people write about, per service."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from surveys.models import BusinessService
from surveys.models.catalogue import RowsOfServices


class CommentThemeQuerySet(RowsOfServices["CommentTheme"]):
    """Reads of themes."""


class CommentTheme(models.Model):
    """A word or group of words that the comments about a service use more than others'.

    Found anew every night; never about fewer than ten people. `weight` orders the themes of one service.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="comment_themes")
    term = models.CharField(max_length=200)
    people = models.PositiveIntegerField()
    comments = models.PositiveIntegerField()
    weight = models.FloatField()
    polarity = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    made_on = models.DateField()

    objects = CommentThemeQuerySet.as_manager()

    class Meta:
        ordering = ["service", "-weight", "term"]
        constraints = [
            models.UniqueConstraint(fields=["service", "term"], name="comment_theme_once"),
            models.CheckConstraint(condition=Q(people__gte=10), name="comment_theme_ten_people"),
        ]
