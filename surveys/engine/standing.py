"""Which of the answers sent to one invitation stands, and whether it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """The values are those of `Response.state`."""

    PROVISIONAL = "provisional"
    ACCEPTED = "accepted"
    SET_APART = "set_apart"


@dataclass(frozen=True)
class Candidate:
    """One answer sent; `is_trusted` unless it is suspicious or somebody excluded it."""

    key: int
    sent_at: datetime
    is_confirmed: bool
    is_trusted: bool


def standing_answer(candidates: Sequence[Candidate], *, is_closed: bool) -> tuple[int, Standing]:
    """Return the key of the answer that stands and its state; `candidates` must not be empty.

    The newest trusted answer that was confirmed counts at once. Without one the newest trusted click stands,
    provisional until the survey closes and accepted then. Where nothing is trusted the newest is set apart.
    """
    newest_last = sorted(candidates, key=lambda row: (row.sent_at, row.key))
    trusted = [row for row in newest_last if row.is_trusted]
    confirmed = [row for row in trusted if row.is_confirmed]
    if confirmed:
        return confirmed[-1].key, Standing.ACCEPTED
    if trusted:
        return trusted[-1].key, Standing.ACCEPTED if is_closed else Standing.PROVISIONAL
    return newest_last[-1].key, Standing.SET_APART
