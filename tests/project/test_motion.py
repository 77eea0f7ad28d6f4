"""Whoever asked their system for less motion sees none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xla_service.settings import BASE_DIR

SHEETS = sorted(path for path in BASE_DIR.glob("*/static/**/*.css") if "vendor" not in path.parts)
ASKED_FOR = re.compile(r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]*\{[^{}]*\})*\s*\}")
MOVES = re.compile(r"transition:|scroll-behavior: smooth|animation:[^;}]*infinite")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_moves_unless_motion_is_welcome(sheet: Path) -> None:
    assert MOVES.search(ASKED_FOR.sub("", sheet.read_text(encoding="utf-8"))) is None


def test_charts_stand_still() -> None:
    script = (BASE_DIR / "xla_service/static/interface/charts.js").read_text(encoding="utf-8")

    assert "animation: false" in script
    assert "animation: true" not in script
