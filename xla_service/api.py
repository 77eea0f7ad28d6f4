"""What every API answer has in common: the error envelope and strict input."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import exception_handler


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return an API error as {"error": {"code", "message", "fields"}}; other exceptions stay Django's."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = response.data if isinstance(error, ValidationError) and isinstance(response.data, dict) else {}
    response.data = {
        "error": {"code": _code(error), "message": _message(error, response.data), "fields": fields}
    }
    return response


def _code(error: Exception) -> str:
    return str(getattr(error, "default_code", None) or "not_found")


def _message(error: Exception, body: Any) -> str:
    if isinstance(error, ValidationError):
        return "Some fields cannot be accepted. Correct the fields named below and send again."
    if isinstance(body, dict) and "detail" in body:
        return str(body["detail"])
    return str(error.detail) if isinstance(error, APIException) else str(error)


class ShallowJSONParser(JSONParser):
    """Reads JSON, and refuses in words what is nested deeper than Python reads."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the decoded body. Raises ParseError."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The body is nested too deep. Send plain objects and lists.") from error


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses unknown fields by name, so that a typing error never passes silently."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values; unknown names are errors of their own field."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise ValidationError({name: ["There is no field of this name."] for name in sorted(unknown)})
        return super().to_internal_value(data)
