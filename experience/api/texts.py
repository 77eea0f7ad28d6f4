"""Taking batches of chat and social messages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experience.api.signals import MOST_BYTES, SOURCE_HEADER, decoded
from experience.engine.unsolicited import TextError, read_texts
from surveys.api.keys import ApiKeyAuthentication
from surveys.api.signed import SIGNATURE_HEADER, signed_body
from surveys.models import ApiKey
from surveys.wakeups import EVIDENCE_SWEEP, wake
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


class TextsView(APIView):
    """POST /api/v1/texts/"""

    # Without a key the secret of the source is asked for, see `signed_body`.
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = ()
    key_scope = ApiKey.Scope.SEND_SIGNALS

    @extend_schema(
        operation_id="receive_texts",
        parameters=[
            OpenApiParameter(SOURCE_HEADER, str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER),
        ],
        request=TextBatchSerializer,
        responses={201: ReceivedTextsSerializer, 200: ReceivedTextsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take a batch whole or not at all; 201 for a new one, 200 for a batch id that came before."""
        source, body = signed_body(request, request.headers.get(SOURCE_HEADER, ""), most_bytes=MOST_BYTES)
        batch = TextBatchSerializer(data=decoded(body))
        batch.is_valid(raise_exception=True)
        batch_id, rows = batch.validated_data["batch_id"], batch.validated_data["texts"]
        # Only here, because a web process should start without what reads comments.
        from experience.services.receive_texts import receive_texts

        try:
            found = receive_texts(read_texts(rows), batch_id=batch_id, source=source.key, now=timezone.now())
        except TextError as error:
            raise ValidationError({"texts": [str(error)]}) from error
        if found.is_new:
            wake(EVIDENCE_SWEEP)
        said = {"batch_id": batch_id, "texts": len(rows), "scored": found.scored, "is_new": found.is_new}
        code = status.HTTP_201_CREATED if found.is_new else status.HTTP_200_OK
        return Response(ReceivedTextsSerializer(said).data, status=code)
