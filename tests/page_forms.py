"""What a browser sends when the button of a page's form is pressed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Fields(HTMLParser):
    """The values of hidden inputs and text areas."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._in_text: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "textarea":
            self._in_text = given["name"]
            self._keep(self._in_text, "")
        elif tag == "input" and given.get("type") == "hidden":
            self._keep(given["name"], given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._in_text:
            self.fields[self._in_text][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._in_text:
            values = self.fields[self._in_text]
            values[-1] = values[-1].removeprefix("\n")  # browsers drop the first line end
            self._in_text = None

    def _keep(self, name: str | None, value: str) -> None:
        assert name
        self.fields.setdefault(name, []).append(value)


def fields_of(response: Any) -> dict[str, list[str]]:
    """Return the fields of the only form of a page that holds values already."""
    return _Fields(response.content.decode()).fields
