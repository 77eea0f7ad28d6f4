"""Keys that stand in addresses, made from names in any script."""

from __future__ import annotations

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
