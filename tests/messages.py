"""Writes the catalogues of the staff interface: collects the texts, keeps the translations, compiles them.

    bin/messages          brings every catalogue up to date
    bin/messages fr       starts French

Pure Python, so that neither a new language nor the tests need GNU gettext.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "xla_service" / "locale"
APPS = ("experience", "surveys", "xla_service")
_KEYWORDS: dict[str, object] = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What is translated where it is shown: the call and the places of its texts.
_NAMED = {"Problem": (1,), "declare_page": (1,), "Declaration": (1, 11)}


def catalogue_path(language: str) -> Path:
    """Return where a language is translated; the compiled file lies beside it."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.name for path in LOCALE.iterdir() if catalogue_path(path.name).exists())


def extracted() -> Catalog:
    """Return every text of the code and the templates that is to be translated, with its files."""
    template = Catalog(charset="utf-8", fuzzy=False)
    for path in _sources():
        name = path.relative_to(ROOT).as_posix()
        for _line, text, notes, context in extract("python", _code(path), _KEYWORDS, ["Translators:"]):
            template.add(text, locations=[(name, 1)], auto_comments=notes, context=context)
        for text in _named(path):
            template.add(text, locations=[(name, 1)])
    return template


def read_catalogue(language: str) -> Catalog:
    """Return the translations into a language."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it."""
    target = io.BytesIO()
    write_po(target, catalogue, width=0, include_lineno=False, ignore_obsolete=True, sort_output=False)
    return target.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue in the form that the program reads."""
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def refresh(language: str) -> int:
    """Bring a catalogue up to date with the code and compile it; return how many texts lack a translation."""
    path = catalogue_path(language)
    catalogue = read_catalogue(language) if path.exists() else _new_catalogue(language)
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(catalogue))
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    texts = [message for message in catalogue if message.id]
    return sum(1 for text in texts if text.fuzzy or not is_translated(text.string))


def is_translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    """Say whether a translation is complete, each plural form included."""
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _new_catalogue(language: str) -> Catalog:
    return Catalog(
        locale=language,
        header_comment="# The interface for staff. See docs/translating.md.",
        project="XLA Service",
        version="1",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
    )


def _sources() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            is_template = "templates" in path.parts and path.suffix in (".html", ".txt")
            if is_template or (path.suffix == ".py" and "migrations" not in path.parts):
                yield path


def _named(path: Path) -> Iterator[str]:
    """Yield what code that knows no language calls things: pages translate it where they show it."""
    tree = ast.parse(path.read_bytes()) if path.suffix == ".py" else ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            places = [place for place in _NAMED.get(node.func.id, ()) if place < len(node.args)]
            given = [node.args[place] for place in places]
            yield from (a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _code(path: Path) -> io.BytesIO:
    """Return a file as Python; a template as Django offers it, in brackets so that indents do not matter."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        text = f"({templatize(text, origin=path.as_posix())}\n)"
    return io.BytesIO(text.encode())


def main() -> None:
    """Refresh the named languages, or all, and say how many texts are left to translate."""
    for language in sys.argv[1:] or languages():
        left = refresh(language)
        words = f"{left} texts wait for a translation" if left else "complete"
        sys.stdout.write(f"{language}: {words}. {catalogue_path(language).relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
