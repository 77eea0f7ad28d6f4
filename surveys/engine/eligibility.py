"""Whether one person is asked about one resolution, with the reason and the probability.

The rules are a list, read from the top; the first that applies gives the reason and takes the resolution out
of N. Whoever is left is eligible and has a known probability above zero, so that answers can be weighted back
to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUARTER = timedelta(days=91)


class Reason(StrEnum):
    """Why somebody was or was not asked."""

    ASKED = "asked"
    ASKED_WHILE_RESTING = "asked_while_resting"
    RESTING = "resting"
    NOT_SAMPLED = "not_sampled"
    TOO_LATE = "too_late"
    NO_REQUESTER = "no_requester"
    NO_ADDRESS = "no_address"
    SHARED_ACCOUNT = "shared_account"
    OPTED_OUT = "opted_out"
    RESOLVED_OWN = "resolved_own"
    QUARTER_CAP = "quarter_cap"
    NO_SURVEY = "no_survey"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Facts:
    """One resolution and its person, as known when it is decided.

    `due_at` is when the survey would be sent, `draw` a number in [0, 1) from `surveys.engine.sampling`.
    """

    due_at: datetime
    draw: float
    has_requester: bool = True
    has_address: bool = True
    is_shared_account: bool = False
    has_opted_out: bool = False
    resolved_own: bool = False
    is_late: bool = False
    is_reopened: bool = False
    is_asked_again: bool = False  # this ticket's person was asked about an earlier resolution of it
    is_failure: bool = False  # a repeat contact, or the ticket had been reopened


@dataclass(frozen=True)
class Rule:
    """One version of the sending rules; shares are probabilities in (0, 1]."""

    rest: timedelta
    share: float
    resting_share: float
    resting_share_after_failure: float
    quarter_cap: int


@dataclass(frozen=True)
class History:
    """When the person was asked before: the due times of their invitations, in any order."""

    asked_at: Sequence[datetime] = ()

    def count_within(self, span: timedelta, of: datetime) -> int:
        """Return how many times the person was asked less than `span` away from `of`, before or after."""
        return sum(abs(of - moment) < span for moment in self.asked_at)


@dataclass(frozen=True)
class Verdict:
    """The decision. `probability` is None for those who are not eligible."""

    reason: Reason
    is_asked: bool = False
    is_eligible: bool = False
    probability: float | None = None


def _capped(facts: Facts, rule: Rule, history: History) -> bool:
    return history.count_within(QUARTER, facts.due_at) >= rule.quarter_cap


Applies = Callable[[Facts, Rule, History], bool]

EXCLUSIONS: tuple[tuple[Reason, Applies], ...] = (
    (Reason.NO_REQUESTER, lambda facts, rule, history: not facts.has_requester),
    (Reason.SHARED_ACCOUNT, lambda facts, rule, history: facts.is_shared_account),
    (Reason.NO_ADDRESS, lambda facts, rule, history: not facts.has_address),
    (Reason.OPTED_OUT, lambda facts, rule, history: facts.has_opted_out),
    (Reason.RESOLVED_OWN, lambda facts, rule, history: facts.resolved_own),
    (Reason.REOPENED, lambda facts, rule, history: facts.is_reopened),
    (Reason.TOO_LATE, lambda facts, rule, history: facts.is_late),
    (Reason.QUARTER_CAP, _capped),
)


def decide(facts: Facts, rule: Rule | None, history: History) -> Verdict:
    """Return whether to ask, why, and with which probability. `rule` is None for a service without a survey.

    A person asked within the rest period is rarely asked again, more often after a failed fix; asking again
    about the same ticket is exempt from rest. Somebody not asked keeps the probability with which they could
    have been.
    """
    if rule is None:
        return Verdict(Reason.NO_SURVEY)
    for reason, applies in EXCLUSIONS:
        if applies(facts, rule, history):
            return Verdict(reason)
    if _is_resting(facts, rule, history):
        return _drawn(
            facts.draw,
            _resting_share(facts, rule),
            asked=Reason.ASKED_WHILE_RESTING,
            not_asked=Reason.RESTING,
        )
    return _drawn(facts.draw, rule.share, asked=Reason.ASKED, not_asked=Reason.NOT_SAMPLED)


def _is_resting(facts: Facts, rule: Rule, history: History) -> bool:
    return not facts.is_asked_again and history.count_within(rule.rest, facts.due_at) > 0


def _resting_share(facts: Facts, rule: Rule) -> float:
    return rule.share * (rule.resting_share_after_failure if facts.is_failure else rule.resting_share)


def _drawn(draw: float, probability: float, *, asked: Reason, not_asked: Reason) -> Verdict:
    is_asked = draw < probability
    return Verdict(asked if is_asked else not_asked, is_asked, is_eligible=True, probability=probability)
