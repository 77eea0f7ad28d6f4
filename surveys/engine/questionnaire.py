"""What one respondent is asked, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from surveys.engine.scales import Band, Scale

TITLE_LENGTH = 80


@dataclass(frozen=True)
class OfferedReason:
    """A reason to tick; `band` says with which ratings it is offered."""

    key: str
    band: Band
    text: str


@dataclass(frozen=True)
class Questionnaire:
    """The questions with their words. An empty text means that the question is not asked.

    `order` names the questions after the rating as they follow each other, asked or not.
    """

    scale: Scale
    rating: str
    solved: str = ""
    reasons: tuple[OfferedReason, ...] = ()
    lost_time: str = ""
    comment: str = ""
    order: tuple[str, ...] = ("reasons", "lost_time", "solved", "comment")

    def reasons_of(self, band: Band) -> tuple[OfferedReason, ...]:
        """Return the reasons of one band, in their order."""
        return tuple(reason for reason in self.reasons if reason.band == band)


def varied(keys: Sequence[str], *, seed: str) -> list[str]:
    """Return the keys in an order of their own for each seed, the same at every call.

    What stands first is ticked more often; over many people an order that varies takes that out.
    """
    return sorted(keys, key=lambda key: blake2b(f"{seed}|{key}".encode(), digest_size=8).digest())


def ticket_title(short_description: str, number: str) -> str:
    """Return a ticket's name on one line of at most 80 characters; its number when nobody described it."""
    title = " ".join(short_description.split()) or number
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…"
