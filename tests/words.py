"""Finds words on a page that no catalogue can translate.

A pseudo-language puts brackets around every translated text and leaves the values in it outside. What a
reader sees outside the brackets is data, or was never handed to translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.utils import translation
from django.utils.translation import trans_real

from tests.messages import extracted

_PLACE = re.compile(r"(%\(\w+\)[a-z])")
_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")
_ADDRESS = re.compile(r"https?://\S+")
_SAID = ("title", "aria-label", "placeholder", "alt", "data-label", "label")
# What is in these is code, or data by its nature.
_LEFT_OUT = {"kbd", "script", "style", "code", "pre", "textarea"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Stored sentences of the program, which pages have to translate, among fields that otherwise hold data.
_TOLD = {
    "GapEvent.reason",
    "ConfigurationChange.what",
    "SentAnswer.suspicion",
    "IntakeEvent.reason",
    "Indicator.name",
    "Indicator.description",
}
# Of the documents in the database these hold what people wrote or named; the others name things for programs.
_WORDED = {"Question.wording", "Question.options", "ServiceNotice.wording", "Gap.explanation"}


def bracketed(text: str) -> str:
    """Return a text as the pseudo-language says it, its places for values outside the brackets."""
    return "".join(part if _PLACE.fullmatch(part) else f"⟦{part}⟧" for part in _PLACE.split(text) if part)


def speak_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every text that goes through translation come back in brackets."""
    # A text of the database that no code names comes back as it is, so that it shows.
    known = _known_texts()
    said = {
        "gettext": lambda text: bracketed(str(text)) if str(text) in known else str(text),
        "pgettext": lambda context, text: bracketed(str(text)),
        "ngettext": lambda one, many, number: bracketed(one if number == 1 else many),
        "npgettext": lambda context, one, many, number: bracketed(one if number == 1 else many),
    }
    for name, function in said.items():
        monkeypatch.setattr(translation._trans, name, function, raising=False)  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _known_texts() -> frozenset[str]:
    """Return every text that the code hands to translation, and those of Django itself."""
    own = (text.id for text in extracted())
    django = trans_real.translation("de")._catalog.keys()
    return frozenset(key for key in (*own, *django) if isinstance(key, str))


def data_values() -> set[str]:
    """Return every text that the database holds as data, in fields without a choice of words."""
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            name = f"{model.__name__}.{field.name}"
            is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
            if name not in _WORDED and (name in _TOLD or not is_text):
                continue
            for value in model._default_manager.values_list(field.name, flat=True).distinct():
                found.update(_texts(value))
    return {text.strip() for text in found if _WORD.search(text)}


def untranslated(page: str, data: Iterable[str]) -> list[str]:
    """Return what a page says outside the brackets that is no data, in the order of the page."""
    reader = _Reader()
    reader.feed(page)
    known = sorted(data, key=len, reverse=True)
    said = [*reader.attributes, "\n".join(reader.texts)]
    left = [_without_data(_ADDRESS.sub(" ", _outside(text)), known) for text in said]
    return [line.strip() for text in left for line in text.split("\n") if _WORD.search(line)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _outside(text: str) -> str:
    """Return a text without what stands in brackets, brackets in brackets included."""
    while True:
        shorter = _BRACKETED.sub(" ", text)
        if shorter == text:
            return text
        text = shorter


def _without_data(text: str, known: Iterable[str]) -> str:
    if not _WORD.search(text):
        return ""
    for value in known:
        if value in text:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", text)
    return text


class _Reader(HTMLParser):
    """Collects what people read or hear of a page; what is marked as another language or as typed is not."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _is_left_out(self) -> bool:
        return any(left_out for _, left_out in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_foreign = tag != "html" and ("lang" in given or given.get("dir") == "auto")
        left_out = tag in _LEFT_OUT or is_foreign or given.get("translate") == "no"
        if not left_out and not self._is_left_out:
            self.attributes += [given[name] or "" for name in _SAID if name in given]
        if tag not in _VOID:
            self._open.append((tag, left_out))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_left_out:
            self.texts.append(data)
