"""Cells of many service-days as one array: how windows read them, add them up and write them down again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

# A packed cell stores the position of its measure: append, never reorder or remove.
MEASURES = (
    "resolved", "satisfaction", "happiness", "effort", "solved", "lost_time", "sentiment", "time_to_resolve",
    "user_clock", "reopened", "repeat_contact", "sla_met", "downtime", "response_time", "time_to_target",
    "first_response", "no_hand_off", "reassigned_twice", "waiting", "change_success", "crash_free", "cost",
    "implement_time", "identify_time", "problem_backlog", "text_polarity", "incident_rate", "backlog_age",
    "recurring", "unsolicited",
)  # fmt: skip
MEASURE_CODES = {measure: code for code, measure in enumerate(MEASURES)}
_KEY = [("measure", "<i2"), ("response_class", "<i4"), ("permille", "<i2"), ("bucket", "<i4")]
_SUMS = [("n", "<i8"), ("total", "<i8"), ("total_squares", "<i8")]
PACKED = np.dtype(_KEY + _SUMS)
SUMMED = np.dtype([("service", "<i4"), *_KEY, *_SUMS])
PERMILLES = 1001

# Who gave an answer that no known person gave; each such answer counts as a person of its own.
NOBODY = 0

Cells: TypeAlias = NDArray[np.void]
Integers: TypeAlias = NDArray[np.int64]


class Cell(NamedTuple):
    """A window's sum of one kind of cell of one service (`service` counts from 0 in the batch)."""

    service: int
    measure: str
    response_class: str
    permille: int
    bucket: int
    n: int
    total: int
    total_squares: int


def class_code(response_class: str) -> int:
    """Return a response class, which is a row of digits, as a number that keeps its leading zeros."""
    return int(f"1{response_class}") if response_class else 0


def class_of(code: int) -> str:
    """Return the response class that `class_code` made this number of."""
    return str(code)[1:] if code else ""


def packed(rows: Iterable[tuple[str, str, int, int, int, int, int]]) -> bytes:
    """Return the cells of one service-day as bytes; a row is a `Cell` without its service."""
    coded = [(MEASURE_CODES[measure], class_code(code), *rest) for measure, code, *rest in rows]
    return np.array(coded, dtype=PACKED).tobytes()


def unpacked(services: Sequence[int], packs: Sequence[bytes]) -> Cells:
    """Return the cells of packed service-days, each with the service at the same place in `services`."""
    rows = np.frombuffer(b"".join(packs), dtype=PACKED)
    return with_services(rows, per_cell(services, packs).astype(np.int32))


def per_cell(numbers: Sequence[int], packs: Sequence[bytes]) -> Integers:
    """Return for every cell of these packed service-days the number at the same place in `numbers`."""
    lengths = [len(pack) // PACKED.itemsize for pack in packs]
    return np.repeat(np.array(numbers, dtype=np.int64), lengths)


def packed_people(people: Iterable[int | None]) -> bytes:
    """Return who gave the answers of one service-day as bytes, one id per answer."""
    return np.array([person or NOBODY for person in people], dtype="<i8").tobytes()


def unpacked_people(services: Sequence[int], packs: Sequence[bytes]) -> tuple[Integers, Integers]:
    """Return for every answer of these packed service-days its service and who gave it."""
    people = np.frombuffer(b"".join(packs), dtype="<i8")
    lengths = [len(pack) // people.itemsize for pack in packs]
    return np.repeat(np.array(services, dtype=np.int64), lengths), people


def with_services(rows: Cells, services: NDArray[np.int32]) -> Cells:
    """Return these cells as those of other services, one number per cell."""
    cells = np.empty(len(rows), dtype=SUMMED)
    for name in PACKED.names or ():
        cells[name] = rows[name]
    cells["service"] = services
    return cells


def cells_from(rows: Iterable[Cell]) -> Cells:
    """Return single cells as one array."""
    coded = [(r.service, MEASURE_CODES[r.measure], class_code(r.response_class), *r[3:]) for r in rows]
    return np.array(coded, dtype=SUMMED)


def rows_of(cells: Cells) -> list[Cell]:
    """Return the cells one by one, with their measure and class in words: `cells_from` turned round."""
    table: list[tuple[Any, ...]] = cells.tolist()
    classes = {code: class_of(code) for code in np.unique(cells["response_class"]).tolist()}
    return [Cell(row[0], MEASURES[row[1]], classes[row[2]], *row[3:]) for row in table]


def summed(cells: Cells) -> Cells:
    """Return one cell per service, measure, class, chance and bucket, in this order; integers stay exact."""
    if not len(cells):
        return cells
    key = _sort_key(cells)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    result = cells[order[starts]]
    for name, _ in _SUMS:
        result[name] = np.add.reduceat(cells[name][order], starts)
    return result


def _sort_key(cells: Cells) -> NDArray[np.int64]:
    """Return one number per cell that sorts like its key: 64 bits hold it as strata are few."""
    strata, stratum = np.unique(stratum_codes(cells), return_inverse=True)
    bucket = cells["bucket"].astype(np.int64)
    lowest = int(bucket.min())
    key = cells["service"].astype(np.int64) * len(MEASURES) + cells["measure"]
    key = key * len(strata) + stratum
    return np.asarray(key * (int(bucket.max()) - lowest + 1) + (bucket - lowest), dtype=np.int64)


def chance_of(permille: int) -> float:
    """Return the chance of having been asked that a cell names; one that was rounded to 0 is 1/1000."""
    return max(permille, 1) / 1000.0


def stratum_codes(cells: Cells) -> NDArray[np.int64]:
    """Return class and chance of being asked of every cell as one number."""
    return np.asarray(
        cells["response_class"].astype(np.int64) * PERMILLES + cells["permille"], dtype=np.int64
    )
