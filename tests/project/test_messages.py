"""The catalogues of the staff interface: complete, in step with the code, and as the program reads them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.utils import translation
from django.utils.formats import date_format

from tests import messages

LANGUAGES = messages.languages()
PLACE = re.compile(r"%\(\w+\)[a-z]")


def places(text: str) -> set[str]:
    return set(PLACE.findall(text))


def test_german_has_a_catalogue() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_every_text_and_no_other(language: str) -> None:
    wanted = {(text.context, text.id) for text in messages.extracted() if text.id}
    held = {(text.context, text.id) for text in messages.read_catalogue(language) if text.id}

    assert held == wanted, "The texts changed: run bin/messages, translate what is new, run it again."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    found = [text for text in messages.read_catalogue(language) if text.id]

    assert [text.id for text in found if text.fuzzy or not messages.is_translated(text.string)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_for_values_of_its_text(language: str) -> None:
    for text in messages.read_catalogue(language):
        wanted = places(text.id[-1] if text.pluralizable else text.id)
        said = text.string if text.pluralizable else [text.string]

        assert all(places(form) == wanted for form in said if text.id), text.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_the_forms_of_its_language(language: str) -> None:
    catalogue = messages.read_catalogue(language)
    for text in catalogue:
        if text.pluralizable:
            assert len(text.string) == catalogue.num_plurals, text.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_program_reads_is_compiled_from_the_catalogue(language: str) -> None:
    compiled = messages.catalogue_path(language).with_suffix(".mo")

    assert compiled.read_bytes() == messages.compiled(messages.read_catalogue(language))


def test_our_words_leave_the_names_of_months_and_days_alone() -> None:
    with translation.override("de"):
        months = [date_format(date(2026, month, 1), "F") for month in range(1, 13)]
        days = [date_format(date(2026, 6, day), "l") for day in range(1, 8)]

    assert months[:5] == ["Januar", "Februar", "März", "April", "Mai"]
    assert months[5:] == ["Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
    assert days == ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
