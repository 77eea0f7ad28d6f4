"""What the OpenAPI document says about signing in with an API key."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from surveys.api.keys import ApiKeyAuthentication


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The security scheme of keys; defining the class registers it."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme: a bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key from Administration > API keys. Sources send their secret instead.",
        }
