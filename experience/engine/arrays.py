"""Types for functions that take one number or a whole array of services alike."""

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = float | FloatArray

# A function over N gives back what it was given: a float for floats, an array for arrays.
N = TypeVar("N", float, FloatArray)


def like(result: Numbers, _given: N) -> N:
    """Return `result` as a plain float where it has no dimensions, else as the array it is."""
    array = np.asarray(result, dtype=np.float64)
    return float(array) if array.ndim == 0 else array  # type: ignore[return-value]  # shape decides, not the type


def require(claim: bool | BoolArray | np.bool_, message: str) -> None:
    """Raise ValueError with `message` unless the claim holds for every element."""
    if not np.all(claim):
        raise ValueError(message)
