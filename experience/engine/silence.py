"""Signals that fell silent: sent day by day for a while, and then no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from experience.engine.cells import MEASURE_CODES, MEASURES, Cells, Integers
from experience.engine.defaults import DEFAULTS
from experience.engine.observations import FOLDED_MEASURES

_SIGNALS = [MEASURE_CODES[measure] for measure in FOLDED_MEASURES]
# A weekend is no silence.
_LEAST_PAUSE = 2


def silent_since(days: Collection[date], until: date) -> date | None:
    """Return the last day with data where none came for more than twice the usual pause up to `until`.

    Usual is the longest pause there was between two of these days. None while it is not silent, and for data
    of one day, which show no pause to expect.
    """
    ordered = sorted(days)
    pauses = [(later - earlier).days for earlier, later in pairwise(ordered)]
    if not pauses:
        return None
    expected = DEFAULTS.stale_cadences * max(*pauses, _LEAST_PAUSE)
    return ordered[-1] if (until - ordered[-1]).days > expected else None


def silences(cells: Cells, days: Integers, until: Sequence[date]) -> list[dict[str, date]]:
    """Return per service the measures of its signals that fell silent, each with its last day with data.

    `days` holds the day of every cell as an ordinal, `until` the day per service on which one asks.
    """
    signal = np.isin(cells["measure"], _SIGNALS)
    keys = cells["service"][signal].astype(np.int64) * len(MEASURES) + cells["measure"][signal]
    found: list[dict[str, date]] = [{} for _ in until]
    for key in _not_fresh(keys, days[signal], until):
        service, measure = divmod(key, len(MEASURES))
        own = {date.fromordinal(day) for day in np.unique(days[signal][keys == key]).tolist()}
        if (last := silent_since(own, until[service])) is not None:
            found[service][MEASURES[measure]] = last
    return found


def _not_fresh(keys: Integers, days: Integers, until: Sequence[date]) -> list[int]:
    """Return the few keys whose last day lies so far back that they may be silent."""
    unique, place = np.unique(keys, return_inverse=True)
    last = np.zeros(len(unique), dtype=np.int64)
    np.maximum.at(last, place, days)
    today = np.array([day.toordinal() for day in until], dtype=np.int64)[unique // len(MEASURES)]
    found: list[int] = unique[today - last > DEFAULTS.stale_cadences * _LEAST_PAUSE].tolist()
    return found
