"""Taking batches of observations from monitors and agents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from experience.api.batches import BatchView, batch_schema
from experience.engine.observations import ObservationError, read_observations
from experience.services.receive_signals import receive_signals
from xla_service.api import StrictSerializer


class SignalBatchSerializer(StrictSerializer):
    """A batch under an id that makes sending it twice harmless; docs/intake.md describes an observation."""

    batch_id = serializers.CharField(max_length=80)
    observations = serializers.ListField(child=serializers.JSONField(), allow_empty=False)


class ReceivedBatchSerializer(serializers.Serializer[Any]):
    """What is said about a batch: how many observations it holds, and whether they count from now on."""

    batch_id = serializers.CharField()
    observations = serializers.IntegerField()
    is_new = serializers.BooleanField()


@batch_schema("receive_signals", SignalBatchSerializer, ReceivedBatchSerializer)
class SignalsView(BatchView):
    """POST /api/v1/signals/"""

    holds, refusal = "observations", ObservationError

    def take(self, rows: list[Any], *, batch_id: str, source: str, now: datetime) -> dict[str, Any]:
        """Fold the samples and keep the outages."""
        is_new = receive_signals(read_observations(rows), batch_id=batch_id, source=source, now=now)
        return {"is_new": is_new}
