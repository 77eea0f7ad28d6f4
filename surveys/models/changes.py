"""What changed, for the side that judges."""

from __future__ import annotations

from django.db import models

from surveys.models.catalogue import BusinessService


class EvidenceChange(models.Model):
    """A service-day whose raw rows changed. Append-only: written with the change, deleted by the sweep that
    recomputed.

    The sweep deletes exactly the rows it read, so a change that arrives meanwhile is never lost.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="evidence_changes")
    day = models.DateField()
