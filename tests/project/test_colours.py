"""The colours of states stay apart for people who see fewer colours; shapes and words say the same."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

TOKENS = Path(__file__).parents[2] / "xla_service" / "static" / "interface" / "tokens.css"
STATES = ("below-fill", "lean-fill", "met-fill", "unknown-fill")
# What somebody sees of linear RGB without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
SIGHT = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750),
       (0.0193339, 0.1191920, 0.9503041))  # fmt: skip
WHITE = (0.95047, 1.0, 1.08883)
# In CIELAB 2.3 is just noticeable.
LEAST_DISTANCE = 15.0

Floats = npt.NDArray[np.float64]


def token(name: str, scheme: str) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", TOKENS.read_text(encoding="utf-8"))
    assert found
    return found[1 if scheme == "light" else 2]


def linear(colour: str) -> Floats:
    shares = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(light: Floats) -> Floats:
    values = np.array(XYZ) @ np.clip(light, 0, 1) / np.array(WHITE)
    x, y, z = np.where(values > 0.008856, np.cbrt(values), 7.787 * values + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_differ_in_colour_for_everybody(scheme: str, sight: str) -> None:
    seen = {name: lab(np.array(SIGHT[sight]) @ linear(token(name, scheme))) for name in STATES}

    for one, other in combinations(STATES, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= LEAST_DISTANCE, (one, other)
