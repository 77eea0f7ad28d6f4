"""What one respondent is asked, in one language."""

from __future__ import annotations

from dataclasses import dataclass

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
    """The questions with their words. An empty text means that the question is not asked."""

    scale: Scale
    rating: str
    reasons: tuple[OfferedReason, ...] = ()
    lost_time: str = ""
    comment: str = ""

    def reasons_of(self, band: Band) -> tuple[OfferedReason, ...]:
        """Return the reasons of one band, in their order."""
        return tuple(reason for reason in self.reasons if reason.band == band)


def ticket_title(short_description: str, number: str) -> str:
    """Return a ticket's name on one line of at most 80 characters; its number when nobody described it."""
    title = " ".join(short_description.split()) or number
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…"
