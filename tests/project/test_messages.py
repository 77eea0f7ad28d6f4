"""The catalogues of the staff interface: complete, in step with the code, and as the program reads them."""

from __future__ import annotations

import pytest
from babel.messages.checkers import num_plurals, python_format

from tests import messages

LANGUAGES = messages.languages()


def test_german_has_a_catalogue() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_plural_forms_agree(language: str) -> None:
    catalogue = messages.read_catalogue(language)
    for text in catalogue:
        if text.id:
            num_plurals(catalogue, text)
            python_format(catalogue, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_program_reads_is_compiled_from_the_catalogue(language: str) -> None:
    compiled = messages.catalogue_path(language).with_suffix(".mo")

    assert compiled.read_bytes() == messages.compiled(messages.read_catalogue(language))
