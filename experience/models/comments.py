"""What people write about, per service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class CommentThemeQuerySet(models.QuerySet["CommentTheme"]):
    """Reads of themes."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the themes of services this user may read."""
        return self.filter(service__in=BusinessService.objects.visible_to(user))


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
