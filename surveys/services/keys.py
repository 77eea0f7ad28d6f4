"""Keys that stand in addresses, made from names in any script."""

from __future__ import annotations

from collections.abc import Container
from itertools import count
from zlib import crc32

from django.utils.text import slugify


def key_of(name: str, *, kind: str, longest: int) -> str:
    """Return a key made from a name, the same each time; "" for a name without a letter or digit.

    A name without plain letters, such as a Japanese one, becomes `kind` and a checksum.
    """
    plain = slugify(name)[:longest].strip("-_")
    if plain or not any(map(str.isalnum, name)):
        return plain
    return f"{kind}-{crc32(name.casefold().encode()):08x}"


def free_key(wanted: str, taken: Container[str], *, longest: int) -> str:
    """Return a key like `wanted` that is not taken: itself, else with the first number that is free."""
    numbered = (f"{wanted[: longest - len(str(n)) - 1]}-{n}" for n in count(2))
    return wanted if wanted not in taken else next(key for key in numbered if key not in taken)
