"""No page for staff says anything that cannot be translated."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import words
from tests.project.test_roles import TABLE, World, world  # noqa: F401  (world is a fixture)

pytestmark = pytest.mark.django_db

# Names of products and of things, the same in every language.
NAMES = {"XLA Service", "XLA", "SLA", "CSV", "Excel", "API", "QR", "OpenAPI", "Deutsch", "English"}
# What these answer with is no page of the interface in the reader's language.
NO_PAGES = {
    "portfolio-export": "a file with column names for programs",
    "api-why-asked": "the API speaks English",
    "api-preview-rule": "the API speaks English",
    "api-results": "the API speaks English",
    "feedback-qr": "a picture",
    "person-export": "a file for programs",
    "design-system": "for those who build pages",
}
PAGES = sorted(name for name, access in TABLE.items() if access.method == "get" and name not in NO_PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_nothing_that_cannot_be_translated(
    name: str, world: World, client: Client, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    client.force_login(world.users["administrator"])
    address = reverse(name, args=TABLE[name].args(world))
    words.speak_in_brackets(monkeypatch)

    page = client.get(address).content.decode()

    assert "⟦" in page
    assert words.untranslated(page, NAMES | words.data_values()) == []
