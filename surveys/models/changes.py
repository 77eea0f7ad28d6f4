"""What changed, for the side that judges."""

from __future__ import annotations

from django.db import models

from surveys.models.catalogue import BusinessService


class EvidenceChange(models.Model):
    """A service-day whose raw rows changed: written with the change, deleted by the sweep that measured it.

    A sweep marks and deletes exactly the rows it read, so a change that arrives meanwhile is never lost, and
    neither is one whose sweep was killed halfway.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="evidence_changes")
    day = models.DateField()
    # Its day's cells are written; the results that use them are still to be measured.
    is_counted = models.BooleanField(default=False)
