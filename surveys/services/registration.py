"""What comes of registering reports: counts to add up, and what was not taken."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from surveys.engine.tickets import TicketRecord


@dataclass(frozen=True)
class Rejection:
    """A report that was not taken, and why, in words that say what to do. `line` is its place in a file."""

    number: str
    reason: str
    line: int | None = None


@dataclass(frozen=True)
class Sums:
    """What came of one set of reports, to which that of another is added field by field."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )


@dataclass(frozen=True)
class Registration(Sums):
    """What came of a set of reports: tickets created, changed and left as they were; resolutions created,
    reopened; reports on erased people, as they came, which were taken without them.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    resolutions: int = 0
    reopened: int = 0
    rejected: tuple[Rejection, ...] = ()
    about_erased: tuple[TicketRecord, ...] = ()
