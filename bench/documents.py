"""Putting what was measured into the documents."""

from __future__ import annotations

from pathlib import Path


def write_section(document: Path, heading: str, text: str) -> None:
    """Put `text`, which begins with `heading`, in the place of that section, or at the document's end."""
    before, _, rest = document.read_text(encoding="utf-8").partition(heading)
    _, mark, after = rest.partition("\n## ")
    following = f"{mark}{after}" if mark else ""
    document.write_text(f"{before.rstrip()}\n\n{text}{following}", encoding="utf-8")
