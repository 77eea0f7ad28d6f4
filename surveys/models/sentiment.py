"""Which sentiment model reads comments, from which day on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

# The first version reads whatever came before it, too.
BEGINNING = date(1900, 1, 1)


class SentimentVersionQuerySet(models.QuerySet["SentimentVersion"]):
    """Reads of versions. There are few, so that a day's is picked from all of them."""

    def without_files(self) -> Self:
        """Return the versions in order, without the megabytes of their models."""
        return self.defer("model_file").order_by("number")


class SentimentVersion(models.Model):
    """A sentiment model with its calibration: per language, the rating that goes with a polarity.

    Comments on resolutions of a day are read by the version in force on that day, for ever; a version
    therefore begins with a period that is not open yet and is never changed. Going back to the one before
    ends it at the start of the open period.
    """

    number = models.PositiveIntegerField(unique=True)
    model_version = models.CharField(max_length=40)
    # Numbers and a JSON header; empty is the model that came with the software.
    model_file = models.BinaryField(null=True)
    # Rating (0..100) at 21 equally spaced polarities by language; a language without one has the shipped
    # curve.
    curves = models.JSONField(default=dict)
    # How many rated comments of each language it learned from, and how it did on those held out.
    pairs = models.JSONField(default=dict)
    trial = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    applies_from = models.DateField()
    applies_until = models.DateField(null=True, help_text="First day it reads no more; empty while it does.")

    objects = SentimentVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(applies_until__isnull=True) | Q(applies_until__gte=F("applies_from")),
                name="sentiment_version_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version}/{self.number}"

    def applies_on(self, day: date) -> bool:
        """Say whether a day lies within this version's time."""
        return self.applies_from <= day and (self.applies_until is None or day < self.applies_until)


def in_force(versions: Iterable[SentimentVersion], day: date) -> SentimentVersion | None:
    """Return the newest version that applies on a day; None before any was made."""
    return max((v for v in versions if v.applies_on(day)), key=lambda v: v.number, default=None)


@dataclass(frozen=True)
class Reign:
    """The days on which one version is in force: from the first on, up to `end`, which is not one of them."""

    version: SentimentVersion
    first: date
    end: date | None


def reigns(versions: Collection[SentimentVersion]) -> list[Reign]:
    """Return which version is in force when, in order; days before any version belong to none."""
    edges = {v.applies_from for v in versions} | {v.applies_until for v in versions if v.applies_until}
    days = sorted(edges)
    found = []
    for first, end in zip(days, [*days[1:], None], strict=False):
        version = in_force(versions, first)
        if version is not None:
            found.append(Reign(version, first, end))
    return found
