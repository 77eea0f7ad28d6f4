"""Who has so many tickets that no person stands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

LEAST_TICKETS = 20
TIMES_USUAL = 10


def standing_out(counts: Mapping[int, int]) -> dict[int, int]:
    """Return those of these counts per person that no single person is likely to reach.

    At least 20, and at least ten times the median of everybody who has any: a shared mailbox or an
    integration, or a person to look at. A proposal, never a verdict: people decide.
    """
    if not counts:
        return {}
    least = max(LEAST_TICKETS, TIMES_USUAL * median(counts.values()))
    return {key: count for key, count in counts.items() if count >= least}
