"""Keys of rows as requests name them."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 18  # digits; every database keeps a number of so many


def row_key(text: str) -> int | None:
    """Return the key that a text is; None for what is no number, or larger than any key."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None


def row_keys(texts: Iterable[str]) -> list[int]:
    """Return the keys among these texts; whatever else was sent names no row."""
    return [key for text in texts if (key := row_key(text)) is not None]
