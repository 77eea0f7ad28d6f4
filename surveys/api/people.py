"""The directory by API: people in batches."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.api.asking import SettingUp
from surveys.engine.people import FIELDS, read_person
from surveys.engine.tickets import Requester
from surveys.models import ApiKey
from surveys.services.erased_people import without_erased
from surveys.services.people import register_people
from xla_service.api import StrictSerializer

MOST_PEOPLE = 1000


class PeopleSerializer(StrictSerializer):
    """A batch of people; docs/import.md describes the fields of each."""

    people = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=MOST_PEOPLE)


class RegisteredPeopleSerializer(serializers.Serializer[Any]):
    """How many people the batch created and changed, and how many it leaves out because they were erased; the
    others were known like that.
    """

    people = serializers.IntegerField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    erased = serializers.IntegerField()


class PeopleView(APIView):
    """POST /api/v1/people/"""

    permission_classes = (SettingUp,)
    key_scope = ApiKey.Scope.SEND_PEOPLE

    @extend_schema(
        operation_id="register_people",
        request={"application/json": OpenApiTypes.OBJECT},
        responses=RegisteredPeopleSerializer,
    )
    def post(self, request: Request) -> Response:
        """Create or update people; a batch is taken whole or not at all, and may be sent again."""
        batch = PeopleSerializer(data=request.data)
        batch.is_valid(raise_exception=True)
        rows = batch.validated_data["people"]
        people = [_person(index, row) for index, row in enumerate(rows)]
        kept = without_erased(people)
        done = register_people(kept)
        counts = {
            "people": len(rows),
            "created": done.created,
            "changed": done.changed,
            "erased": len(people) - len(kept),
        }
        return Response(RegisteredPeopleSerializer(counts).data)


def _person(index: int, row: dict[str, Any]) -> Requester:
    unknown = sorted(set(row) - set(FIELDS))
    if unknown:
        raise ValidationError({"people": [f"Person {index}: there is no field {unknown[0]!r}."]})
    try:
        return read_person(row)
    except ValueError as error:
        raise ValidationError({"people": [f"Person {index}: {error}"]}) from error
