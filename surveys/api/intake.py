"""Taking events from ticket systems: stored first, answered fast, applied by the sweep."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from surveys.api.signed import SIGNATURE_HEADER, SignedView, signed_body
from surveys.models import ApiKey, IntakeEvent
from surveys.services.receive_event import DeliveryReusedError, receive_event

MOST_BYTES = 1024 * 1024
DELIVERY_HEADERS = ("X-Delivery-Id", "Idempotency-Key", "X-Zammad-Delivery")


class ReceivedEventSerializer(serializers.Serializer[Any]):
    """What is said about an event: its id in the inbox, and whether this delivery was the first."""

    event = serializers.IntegerField()
    state = serializers.ChoiceField(choices=IntakeEvent.State.choices)
    is_new = serializers.BooleanField()


class DeliveryReused(APIException):
    """A delivery id came back with another body."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "delivery_reused"
    default_detail = (
        "This delivery id was used before, with another body. Send a new id with each delivery, or none."
    )


class IntakeView(SignedView):
    """POST /api/v1/intake/<source>/"""

    key_scope = ApiKey.Scope.SEND_TICKETS

    @extend_schema(
        operation_id="receive_event",
        parameters=[
            OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER),
            *(OpenApiParameter(name, str, OpenApiParameter.HEADER) for name in DELIVERY_HEADERS),
        ],
        request=OpenApiTypes.OBJECT,
        responses={202: ReceivedEventSerializer, 200: ReceivedEventSerializer},
    )
    def post(self, request: Request, source: str) -> Response:
        """Store an event of a source, whatever it holds; 202 for a new one, 200 for the same again."""
        sender, body = signed_body(request, source, most_bytes=MOST_BYTES)
        ids = (request.headers.get(name, "").strip() for name in DELIVERY_HEADERS)
        try:
            event, is_new = receive_event(
                sender, body, delivery_id=next(filter(None, ids), ""), now=timezone.now()
            )
        except DeliveryReusedError as error:
            raise DeliveryReused from error
        said = ReceivedEventSerializer({"event": event.pk, "state": event.state, "is_new": is_new})
        return Response(said.data, status=status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK)
