"""Vendored files are what their list says, byte for byte."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "xla_service" / "static" / "vendor"
ROW = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = dict(ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8")))


def test_every_vendored_file_is_listed() -> None:
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*")}

    assert there == set(LISTED)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_vendored_file_has_the_listed_hash(name: str) -> None:
    assert sha256((FOLDER / name).read_bytes()).hexdigest() == LISTED[name]
