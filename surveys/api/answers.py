"""Taking an answer from a system that asked in its own way: a chat, a portal, a ticket system."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from surveys.api.signed import SIGNATURE_HEADER, SignedView, signed_body
from surveys.engine.answer_rows import LONGEST_LOST_TIME
from surveys.engine.wording import WORDS
from surveys.models import ApiKey
from surveys.models import Response as StoredAnswer
from surveys.public.form import COMMENT_LENGTH
from surveys.selectors.asked import newest_invitation
from surveys.services.answer import Answer, NotAnswerableError, record_answer
from surveys.wakeups import COMMENT_SWEEP, EVIDENCE_SWEEP, wake
from xla_service.api import StrictSerializer

MOST_BYTES = 64 * 1024


class SentAnswerSerializer(StrictSerializer):
    """What a person answered about a ticket."""

    number = serializers.CharField(max_length=60)
    rating = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField(max_length=40), default=list, max_length=50)
    lost_time_minutes = serializers.IntegerField(
        min_value=0, max_value=LONGEST_LOST_TIME, allow_null=True, default=None
    )
    comment = serializers.CharField(max_length=COMMENT_LENGTH, allow_blank=True, default="")
    is_solved = serializers.BooleanField(allow_null=True, default=None)
    language = serializers.ChoiceField(choices=list(WORDS), default="")


class TakenAnswerSerializer(serializers.Serializer[Any]):
    """What became of it."""

    number = serializers.CharField()
    state = serializers.CharField()


class NotOpen(APIException):
    """The survey about this ticket takes no answer any more."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_open"
    default_detail = "The survey about this ticket is closed or withdrawn. There is nothing to send again."


class AnswersView(SignedView):
    """POST /api/v1/answers/<source>/"""

    key_scope = ApiKey.Scope.SEND_ANSWERS

    @extend_schema(
        operation_id="send_answer",
        parameters=[OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER)],
        request=SentAnswerSerializer,
        responses={201: TakenAnswerSerializer},
    )
    def post(self, request: Request, source: str) -> Response:
        """Store the answer to the newest survey about a ticket of this source, or change it."""
        _, body = signed_body(request, source, most_bytes=MOST_BYTES)
        given = SentAnswerSerializer(data=_values(body))
        given.is_valid(raise_exception=True)
        stored = _store(source, **given.validated_data)
        wake(EVIDENCE_SWEEP, COMMENT_SWEEP)
        said = TakenAnswerSerializer({"number": given.validated_data["number"], "state": stored.state})
        return Response(said.data, status=status.HTTP_201_CREATED)


def _store(source: str, *, number: str, language: str, reasons: list[str], **answer: Any) -> StoredAnswer:
    invitation = newest_invitation(source=source, number=number)
    if invitation is None:
        raise NotFound("Nobody was asked about this ticket. Ask why under /api/v1/tickets/<number>/asking/.")
    given = Answer(reasons=frozenset(reasons), **answer)
    try:
        return record_answer(invitation.pk, given, now=timezone.now(), language=language)
    except NotAnswerableError as error:
        raise NotOpen from error
    except ValueError as error:
        raise ValidationError({"rating": [str(error)]}) from error


def _values(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("The body is no JSON. Send one object.") from error
