"""No page for staff says anything that cannot be translated."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from django.test import Client
from django.urls import reverse

from surveys.engine.eligibility import EXCLUSIONS
from surveys.engine.wording import WORDS
from tests.project import test_roles
from tests.words import data_values, speak_in_brackets, untranslated

pytestmark = pytest.mark.django_db
TABLE, world = test_roles.TABLE, test_roles.world

# Names and keys, the same in every language.
NAMES = {
    "XLA Service",
    "CSV",
    "SQLite",
    "PostgreSQL",
    *(words.name for words in WORDS.values()),
    *available_timezones(),
    *EXCLUSIONS,
}
# What these answer with is no page of the interface in the reader's language.
NO_PAGES = {
    "portfolio-export": "a file with column names for programs",
    "api-why-asked": "the API speaks English",
    "api-preview-rule": "the API speaks English",
    "api-results": "the API speaks English",
    "metrics": "the API speaks English",
    "feedback-qr": "a picture",
    "person-export": "a file for programs",
    "design-system": "for those who build pages",
    "job": "leads on once the job is done",
    "survey-preview": "the survey, in the language of who is asked",
}
PAGES = sorted(name for name, access in TABLE.items() if access.method == "get" and name not in NO_PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_nothing_that_cannot_be_translated(
    name: str,
    world: test_roles.World,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(world.users["administrator"])
    address = reverse(name, args=TABLE[name].args(world))
    speak_in_brackets(monkeypatch)

    page = client.get(address).content.decode()

    left = untranslated(page, NAMES | data_values())
    assert "⟦" in page
    assert not left, "\n".join(left)
