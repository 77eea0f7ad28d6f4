"""Taking batches of observations from monitors and agents."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experience.engine.observations import ObservationError, read_observations
from experience.services.receive_signals import receive_signals
from surveys.api.keys import ApiKeyAuthentication
from surveys.api.signed import SIGNATURE_HEADER, signed_body
from surveys.models import ApiKey
from surveys.wakeups import EVIDENCE_SWEEP, wake
from xla_service.api import StrictSerializer

SOURCE_HEADER = "X-XLA-Source"
MOST_BYTES = 4 * 1024 * 1024


class SignalBatchSerializer(StrictSerializer):
    """A batch under an id that makes sending it twice harmless; docs/intake.md describes an observation."""

    batch_id = serializers.CharField(max_length=80)
    observations = serializers.ListField(child=serializers.JSONField(), allow_empty=False)


class ReceivedBatchSerializer(serializers.Serializer[Any]):
    """What is said about a batch: how many observations it holds, and whether they count from now on."""

    batch_id = serializers.CharField()
    observations = serializers.IntegerField()
    is_new = serializers.BooleanField()


class SignalsView(APIView):
    """POST /api/v1/signals/"""

    # Without a key the secret of the source is asked for, see `signed_body`.
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = ()
    key_scope = ApiKey.Scope.SEND_SIGNALS

    @extend_schema(
        operation_id="receive_signals",
        parameters=[
            OpenApiParameter(SOURCE_HEADER, str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER),
        ],
        request=SignalBatchSerializer,
        responses={201: ReceivedBatchSerializer, 200: ReceivedBatchSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take a batch whole or not at all; 201 for a new one, 200 for a batch id that came before."""
        key = request.headers.get(SOURCE_HEADER, "")
        source, body = signed_body(request, key, most_bytes=MOST_BYTES)
        batch = SignalBatchSerializer(data=decoded(body))
        batch.is_valid(raise_exception=True)
        batch_id, rows = batch.validated_data["batch_id"], batch.validated_data["observations"]
        try:
            is_new = receive_signals(
                read_observations(rows), batch_id=batch_id, source=source.key, now=timezone.now()
            )
        except ObservationError as error:
            raise ValidationError({"observations": [str(error)]}) from error
        if is_new:
            wake(EVIDENCE_SWEEP)
        said = ReceivedBatchSerializer({"batch_id": batch_id, "observations": len(rows), "is_new": is_new})
        return Response(said.data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


def decoded(body: bytes) -> Any:
    """Return what a body says; raises ParseError, which names the place, for one that is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON ({error}). Correct it and send the batch again.") from error
