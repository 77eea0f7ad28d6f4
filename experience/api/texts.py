"""Taking batches of chat and social messages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from rest_framework import serializers

from experience.api.batches import BatchView, batch_schema
from experience.engine.unsolicited import TextError, read_texts
from xla_service.api import StrictSerializer


class TextBatchSerializer(StrictSerializer):
    """A batch under an id that makes sending it twice harmless; docs/intake.md describes a text."""

    batch_id = serializers.CharField(max_length=70)
    texts = serializers.ListField(child=serializers.JSONField(), allow_empty=False)


class ReceivedTextsSerializer(serializers.Serializer[Any]):
    """What is said about a batch: how many texts it holds, how many could be read, and whether it is new."""

    batch_id = serializers.CharField()
    texts = serializers.IntegerField()
    scored = serializers.IntegerField()
    is_new = serializers.BooleanField()


@batch_schema("receive_texts", TextBatchSerializer, ReceivedTextsSerializer)
class TextsView(BatchView):
    """POST /api/v1/texts/"""

    holds, refusal = "texts", TextError

    def take(self, rows: list[Any], *, batch_id: str, source: str, now: datetime) -> dict[str, Any]:
        """Score the texts and count their authors."""
        # Only here, because a web process should start without what reads comments.
        from experience.services.receive_texts import receive_texts

        return asdict(receive_texts(read_texts(rows), batch_id=batch_id, source=source, now=now))
