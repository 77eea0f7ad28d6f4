"""Which rows of the portfolio a reader asked for, and in which order. Pure: rows in, rows out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from experience.badges import BADGES, STATUS_WORDS, attention_rank
from experience.engine.defaults import DEFAULTS
from experience.engine.periods import Period, labelled_month
from experience.selectors.portfolio import Row
from surveys.engine.values import storable
from surveys.selectors.narrowing import EVERYTHING, Narrowing, read_narrowing

# What each column is sorted by, and whether a first click wants the smallest first (the worst for most).
_Key = Callable[[Row], float | str | None]
ATTENTION = "attention"
COLUMNS: dict[str, tuple[_Key, bool]] = {
    "service": (lambda row: row.name.casefold(), True),
    "experience": (lambda row: row.experience, True),
    "sla": (lambda row: row.sla_points, True),
    "repeat": (lambda row: row.repeat_share, False),
    "response": (lambda row: row.response_share, True),
    "evidence": (lambda row: row.n_effective, True),
}
QUIET = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader asked for: text, badge, the shared filter, experience and month; column and direction.

    `month` is None for the last 28 days.
    """

    text: str = ""
    badge: str = ""
    column: str = ATTENTION
    is_ascending: bool = True
    narrowing: Narrowing = EVERYTHING
    status: str = ""
    month: Period | None = None

    @property
    def is_narrowed(self) -> bool:
        """Say whether some services are left out."""
        return bool(self.text or self.badge or self.narrowing or self.status)


def read_choice(parameters: dict[str, str]) -> Choice:
    """Return the choice in the query parameters; unknown words are the default."""
    column = parameters.get("sort", "")
    badge = parameters.get("show", "")
    is_known = column in COLUMNS
    first = COLUMNS[column][1] if is_known else True
    order = parameters.get("order", "")
    status = parameters.get("state", "")
    return Choice(
        text=storable(parameters.get("q", ""))[:100],
        badge=badge if badge in (QUIET, *(known.key for known in BADGES)) else "",
        column=column if is_known else ATTENTION,
        is_ascending={"up": True, "down": False}.get(order, first),
        narrowing=read_narrowing(parameters),
        status=status if status in STATUS_WORDS else "",
        month=labelled_month(parameters.get("month", "")),
    )


def chosen(rows: Iterable[Row], choice: Choice) -> list[Row]:
    """Return the rows that match, in the order asked for; what is unknown comes last in either direction."""
    found = [row for row in rows if _matches(row, choice)]
    if choice.column == ATTENTION:
        return sorted(found, key=_attention)
    key = COLUMNS[choice.column][0]
    known = [row for row in found if key(row) is not None]
    unknown = [row for row in found if key(row) is None]
    return sorted(known, key=key, reverse=not choice.is_ascending) + unknown  # type: ignore[arg-type]  # None is out


def badge_counts(rows: Sequence[Row]) -> Counter[str]:
    """Return how many rows carry each badge, QUIET for none."""
    return Counter(row.badge.key if row.badge else QUIET for row in rows)


def _matches(row: Row, choice: Choice) -> bool:
    if choice.badge and (row.badge.key if row.badge else QUIET) != choice.badge:
        return False
    if choice.status and row.status != choice.status:
        return False
    text = choice.text.casefold()
    return not text or text in row.name.casefold() or text in row.supplier.casefold()


def _attention(row: Row) -> tuple[int, float, float, str]:
    """Order by badge, then people times points below target, then the experience, worst first."""
    points = row.gap.user_points if row.gap and row.badge else 0.0
    experience = row.experience if row.experience is not None else DEFAULTS.target_score + 100
    return attention_rank(row.badge), -points, experience, row.name.casefold()
