"""Receipts: prove later that a score follows from its inputs.

The inputs (integer sums and names of versions) are hashed in canonical form; the results of a recomputation
must agree to 1e-9, since floating point differs between processors.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

TOLERANCE = 1e-9
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A place in the results, such as `indicators.rating.low`, where stored and recomputed differ."""

    path: str
    stored: Json
    recomputed: Json


def canonical(inputs: Json) -> bytes:
    """Return the one JSON text of some inputs: keys sorted, no spaces, ASCII.

    Raises TypeError for values JSON has not (write dates as ISO text) and for keys that are not text,
    ValueError for NaN and infinities.
    """
    _refuse_other_keys(inputs)
    return json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _refuse_other_keys(value: Json) -> None:
    # JSON is made of dicts, lists and tuples alone. Asking for the abstract Mapping and Sequence took a
    # quarter of the time of measuring.
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(
                    f"The key {key!r} is not text; write it as text, since sorting depends on it."
                )
    if isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list | tuple):
                _refuse_other_keys(inner)


def input_hash(inputs: Json) -> str:
    """Return the SHA-256 of the canonical inputs in hexadecimal, 64 characters; errors as in `canonical`."""
    return hashlib.sha256(canonical(inputs)).hexdigest()


def disagreements(stored: Json, recomputed: Json, *, tolerance: float = TOLERANCE) -> list[Disagreement]:
    """Return every place where results differ: numbers by more than 1e-9 (near 0 absolute), all else at
    all.
    """
    return list(_differ("", stored, recomputed, tolerance))


def _differ(path: str, stored: Json, recomputed: Json, tolerance: float) -> list[Disagreement]:
    if isinstance(stored, Mapping) and isinstance(recomputed, Mapping):
        keys = sorted(stored.keys() | recomputed.keys())
        pairs = [
            (f"{path}.{key}".lstrip("."), stored.get(key, ABSENT), recomputed.get(key, ABSENT))
            for key in keys
        ]
    elif _is_list(stored) and _is_list(recomputed) and len(stored) == len(recomputed):
        pairs = [(f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(stored, recomputed, strict=True))]
    else:
        return [] if _same(stored, recomputed, tolerance) else [Disagreement(path, stored, recomputed)]
    return [found for pair in pairs for found in _differ(*pair, tolerance)]


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(a: Json, b: Json, tolerance: float) -> bool:
    if _is_number(a) and _is_number(b):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    return isinstance(a, bool) is isinstance(b, bool) and a == b


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
