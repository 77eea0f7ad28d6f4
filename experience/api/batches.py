"""What taking a batch is, whatever it holds: signed by its source, taken whole or not at all, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from surveys.api.signed import SIGNATURE_HEADER, SignedView, signed_body
from surveys.models import ApiKey
from surveys.wakeups import EVIDENCE_SWEEP, wake
from xla_service.api import StrictSerializer

SOURCE_HEADER = "X-XLA-Source"
MOST_BYTES = 4 * 1024 * 1024


class BatchView(SignedView):
    """Takes batches of one kind; `holds` names the field of the rows, `refusal` what is wrong with one."""

    key_scope = ApiKey.Scope.SEND_SIGNALS
    holds: ClassVar[str]
    refusal: ClassVar[type[ValueError]]
    batch: ClassVar[type[StrictSerializer]]
    received: ClassVar[type[serializers.Serializer[Any]]]

    def take(self, rows: list[Any], *, batch_id: str, source: str, now: datetime) -> dict[str, Any]:
        """Take the rows; return what is said of them beside their number. Raises `refusal`."""
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        """Take a batch whole or not at all; 201 for a new one, 200 for a batch id that came before."""
        source, body = signed_body(request, request.headers.get(SOURCE_HEADER, ""), most_bytes=MOST_BYTES)
        sent = self.batch(data=decoded(body))
        sent.is_valid(raise_exception=True)
        batch_id, rows = sent.validated_data["batch_id"], sent.validated_data[self.holds]
        try:
            said = self.take(rows, batch_id=batch_id, source=source.key, now=timezone.now())
        except self.refusal as error:
            raise ValidationError({self.holds: [str(error)]}) from error
        if said["is_new"]:
            wake(EVIDENCE_SWEEP)
        told = self.received({"batch_id": batch_id, self.holds: len(rows), **said})
        return Response(told.data, status=status.HTTP_201_CREATED if said["is_new"] else status.HTTP_200_OK)


def batch_schema(
    operation_id: str, batch: type[StrictSerializer], received: type[serializers.Serializer[Any]]
) -> Callable[[type[BatchView]], type[BatchView]]:
    """Return the decorator that gives a view these shapes, and its place in the OpenAPI document."""
    operation = extend_schema(
        operation_id=operation_id,
        parameters=[
            OpenApiParameter(SOURCE_HEADER, str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER),
        ],
        request=batch,
        responses={201: received, 200: received},
    )

    def shaped(view: type[BatchView]) -> type[BatchView]:
        view.batch, view.received = batch, received
        return extend_schema_view(post=operation)(view)

    return shaped


def decoded(body: bytes) -> Any:
    """Return what a body says; raises ParseError, which names the place, for one that is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON ({error}). Correct it and send the batch again.") from error
