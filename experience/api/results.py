"""The newest results of services, for dashboards and scripts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experience.engine.periods import Period, labelled_month
from experience.selectors.portfolio import portfolio_rows
from surveys.models import ApiKey

PER_PAGE = 100
_DAYS = "2026-05; without it the last 28 days, of services with too few answers in them the last 56 or 84."


class ResultSerializer(serializers.Serializer[Any]):
    """One service. What is unknown or hidden is null; shares are 0..1, the experience score 0..100."""

    key = serializers.CharField()
    name = serializers.CharField()
    supplier = serializers.CharField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    status = serializers.CharField()
    badge = serializers.SerializerMethodField()
    rating = serializers.FloatField(allow_null=True)
    rating_low = serializers.FloatField(allow_null=True)
    rating_high = serializers.FloatField(allow_null=True)
    rating_target = serializers.FloatField(allow_null=True)
    experience = serializers.FloatField(allow_null=True)
    experience_low = serializers.FloatField(allow_null=True)
    experience_high = serializers.FloatField(allow_null=True)
    sla_share = serializers.FloatField(allow_null=True)
    sla_target = serializers.FloatField(allow_null=True)
    repeat_share = serializers.FloatField(allow_null=True)
    asked = serializers.IntegerField()
    answered = serializers.IntegerField()

    def get_badge(self, row: Any) -> str | None:
        """Return the key of the badge; most services carry none."""
        return row.badge.key if row.badge else None


class ResultsSerializer(serializers.Serializer[Any]):
    """A page of services by name; `count` is how many there are on all pages."""

    count = serializers.IntegerField()
    next_page = serializers.IntegerField(allow_null=True)
    results = ResultSerializer(many=True)


class ResultsView(APIView):
    """GET /api/v1/results/"""

    key_scope = ApiKey.Scope.READ_RESULTS

    @extend_schema(
        operation_id="results",
        parameters=[
            OpenApiParameter("month", str, description=_DAYS),
            OpenApiParameter("page", int, description=f"From 1; a page holds {PER_PAGE} services."),
        ],
        responses=ResultsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what the portfolio shows of the services that the user may read."""
        unknown = sorted(set(request.query_params) - {"month", "page"})
        if unknown:
            raise ValidationError({unknown[0]: ["There is no parameter of this name."]})
        rows = portfolio_rows(request.user, month=_month(request.query_params.get("month", "")))
        page = _page(request.query_params.get("page", "1"))
        end = page * PER_PAGE
        said = {
            "count": len(rows),
            "next_page": page + 1 if end < len(rows) else None,
            "results": rows[end - PER_PAGE : end],
        }
        return Response(ResultsSerializer(said).data)


def _month(text: str) -> Period | None:
    if not text:
        return None
    found = labelled_month(text)
    if found is None:
        raise ValidationError({"month": ["Write a month as 2026-05."]})
    return found


def _page(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 10_000:
        return int(text)
    raise ValidationError({"page": ["Write a number from 1."]})
