"""Why somebody was or was not asked, and what a sending rule would do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.models import ApiKey, Survey
from surveys.selectors.why_asked import explain
from surveys.services.preview_rule import preview_rule
from surveys.services.sending_rules import RuleError, draft_rule
from xla_service.access import setting_up
from xla_service.api import StrictSerializer

MOST_DAYS = 92


class SettingUp(BasePermission):
    """Agreement admins and administrators."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the user sets things up."""
        return setting_up(request.user)


class EventSerializer(serializers.Serializer[Any]):
    """Something that happened to a survey."""

    at = serializers.DateTimeField()
    sentence = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    """What became of asking about one resolution."""

    source = serializers.CharField()
    number = serializers.CharField()
    service = serializers.CharField()
    resolved_at = serializers.DateTimeField()
    reason = serializers.CharField()
    label = serializers.CharField()
    sentence = serializers.CharField()
    is_asked = serializers.BooleanField()
    probability = serializers.FloatField(allow_null=True)
    rule_number = serializers.IntegerField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    happened = serializers.SerializerMethodField()

    @extend_schema_field(EventSerializer(many=True))
    def get_happened(self, explanation: Any) -> list[dict[str, Any]]:
        """Return the events as objects."""
        rows = [{"at": moment, "sentence": sentence} for moment, sentence in explanation.happened]
        return list(EventSerializer(rows, many=True).data)


class WhyAskedSerializer(serializers.Serializer[Any]):
    """All resolutions of the tickets of one number, newest first."""

    resolutions = ExplanationSerializer(many=True)


class WhyAskedView(APIView):
    """GET /api/v1/tickets/<number>/asking/"""

    key_scope = ApiKey.Scope.READ_RESULTS

    @extend_schema(
        operation_id="why_asked",
        parameters=[
            OpenApiParameter("source", str, description="Key of the source, when two use the number.")
        ],
        responses=WhyAskedSerializer,
    )
    def get(self, request: Request, number: str) -> Response:
        """Say for each resolution of a ticket why its person was or was not asked."""
        unknown = sorted(set(request.query_params) - {"source"})
        if unknown:
            raise ValidationError({unknown[0]: ["There is no parameter of this name."]})
        found = explain(request.user, number, source=request.query_params.get("source", ""))
        if not found:
            raise NotFound(
                f"No resolution of {number!r} among the services you see. Write the number in full."
            )
        return Response(WhyAskedSerializer({"resolutions": found}).data)


class PreviewInputSerializer(StrictSerializer):
    """A survey, the changes to its newest rule (field names as in the admin) and how many days to look at."""

    survey = serializers.SlugField(max_length=60)
    changes = serializers.DictField(default=dict)
    days = serializers.IntegerField(default=30, min_value=1, max_value=MOST_DAYS)

    def validate_survey(self, key: str) -> Survey:
        """Return the survey of this key."""
        found = Survey.objects.filter(key=key).first()
        if found is None:
            raise ValidationError("There is no survey of this key.")
        return found


class ReasonCountSerializer(serializers.Serializer[Any]):
    """How often one reason would have been given."""

    reason = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What the rule would have decided."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    resolved = serializers.IntegerField()
    eligible = serializers.IntegerField()
    asked = serializers.IntegerField()
    people = serializers.IntegerField()
    sentence = serializers.CharField()
    reasons = ReasonCountSerializer(many=True)


class PreviewRuleView(APIView):
    """POST /api/v1/sending-rules/preview/"""

    permission_classes = (SettingUp,)
    key_scope = ApiKey.Scope.READ_RESULTS

    @extend_schema(
        operation_id="preview_sending_rule", request=PreviewInputSerializer, responses=PreviewSerializer
    )
    def post(self, request: Request) -> Response:
        """Say what a rule would have decided on real history; nothing is written."""
        wanted = PreviewInputSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        survey, now = wanted.validated_data["survey"], timezone.now()
        version = survey.published_version()
        if version is None:
            raise ValidationError({"survey": ["This survey has no published version. Publish one first."]})
        try:
            draft = draft_rule(survey, wanted.validated_data["changes"], now=now)
        except RuleError as error:
            raise ValidationError({"changes": [str(error)]}) from error
        starts_at = now - timedelta(days=wanted.validated_data["days"])
        preview = preview_rule(draft, version, starts_at=starts_at, ends_at=now)
        reasons = [dict(zip(("reason", "label", "count"), row, strict=True)) for row in preview.by_reason]
        return Response(
            PreviewSerializer(vars(preview) | {"reasons": reasons, "sentence": preview.sentence}).data
        )
