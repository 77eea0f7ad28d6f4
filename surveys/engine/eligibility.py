"""Whether one person is asked about one resolution, with the reason and the probability.

The rules are a list, read from the top in the order that the sending rule gives; the first that applies gives
the reason and takes the resolution out of N. Whoever is left is eligible and has a known probability above
zero, so that answers can be weighted back to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    CHILD_NOT_DRAWN = "child_not_drawn"
    TOO_LATE = "too_late"
    NO_REQUESTER = "no_requester"
    NO_ADDRESS = "no_address"
    SHARED_ACCOUNT = "shared_account"
    OPTED_OUT = "opted_out"
    RESOLVED_OWN = "resolved_own"
    KIND_LEFT_OUT = "kind_left_out"
    GROUP_LEFT_OUT = "group_left_out"
    AUTO_CLOSED = "auto_closed"
    DUPLICATE = "duplicate"
    QUARTER_CAP = "quarter_cap"
    EXTRA_CAP = "extra_cap"
    NO_SURVEY = "no_survey"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Siblings:
    """The tickets of one parent incident: how many there are, and how many come before this one in the
    drawn order (`surveys.engine.sampling.lot`).
    """

    count: int
    rank: int


@dataclass(frozen=True)
class Facts:
    """One resolution and its person, as known when it is decided.

    `due_at` is when the survey would be sent, `draw` a number in [0, 1) from `surveys.engine.sampling`,
    `service_share` the share of the service's resolutions to ask about, in (0, 1].
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
    kind: str = "incident"
    assignment_group: str = ""
    resolution_code: str = ""
    resolved_by: str = ""
    siblings: Siblings | None = None
    service_share: float = 1.0


@dataclass(frozen=True)
class History:
    """When the person was asked before: the due times of their invitations, in any order.

    `asked_at` are those of all surveys, `same_survey_at` those of this survey, `extra_at` those sent although
    the person was resting.
    """

    asked_at: Sequence[datetime] = ()
    same_survey_at: Sequence[datetime] = ()
    extra_at: Sequence[datetime] = ()

    def count_within(self, span: timedelta, of: datetime) -> int:
        """Return how many times the person was asked less than `span` away from `of`, before or after."""
        return _count_within(self.asked_at, span, of)


@dataclass(frozen=True)
class Verdict:
    """The decision. `probability` is None for those who are not eligible."""

    reason: Reason
    is_asked: bool = False
    is_eligible: bool = False
    probability: float | None = None


@dataclass(frozen=True)
class Rule:
    """One version of the sending rules; shares are probabilities in (0, 1].

    `rest` holds over all surveys, `survey_rest` for one. `extra_rest` is the span within which a resting
    person gets at most one mail more. `siblings_asked` limits the tickets of one parent incident; None asks
    about all. Empty `kinds` or `groups` mean all; codes are found anywhere in the text, in any case.
    """

    rest: timedelta
    share: float
    resting_share: float
    resting_share_after_failure: float
    quarter_cap: int
    survey_rest: timedelta = timedelta()
    extra_rest: timedelta = timedelta()
    siblings_asked: int | None = None
    kinds: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    groups_left_out: frozenset[str] = frozenset()
    automatic_codes: tuple[str, ...] = ()
    automatic_resolvers: frozenset[str] = frozenset()
    duplicate_codes: tuple[str, ...] = ()
    order: tuple[Reason, ...] = ()


def _left_out_by_group(facts: Facts, rule: Rule, history: History) -> bool:
    group = facts.assignment_group.casefold()
    return group in rule.groups_left_out or bool(rule.groups) and group not in rule.groups


def _auto_closed(facts: Facts, rule: Rule, history: History) -> bool:
    is_automatic = facts.resolved_by.casefold() in rule.automatic_resolvers
    return is_automatic or _holds_any(facts.resolution_code, rule.automatic_codes)


def _duplicate(facts: Facts, rule: Rule, history: History) -> bool:
    return _holds_any(facts.resolution_code, rule.duplicate_codes)


def _capped(facts: Facts, rule: Rule, history: History) -> bool:
    return history.count_within(QUARTER, facts.due_at) >= rule.quarter_cap


def _had_an_extra(facts: Facts, rule: Rule, history: History) -> bool:
    recent = _count_within(history.extra_at, rule.extra_rest, facts.due_at)
    return recent > 0 and _is_resting(facts, rule, history)


Applies = Callable[[Facts, Rule, History], bool]

# In the order in which a new sending rule reads them.
EXCLUSIONS: Mapping[Reason, Applies] = {
    Reason.NO_REQUESTER: lambda facts, rule, history: not facts.has_requester,
    Reason.SHARED_ACCOUNT: lambda facts, rule, history: facts.is_shared_account,
    Reason.NO_ADDRESS: lambda facts, rule, history: not facts.has_address,
    Reason.OPTED_OUT: lambda facts, rule, history: facts.has_opted_out,
    Reason.RESOLVED_OWN: lambda facts, rule, history: facts.resolved_own,
    Reason.KIND_LEFT_OUT: lambda facts, rule, history: bool(rule.kinds) and facts.kind not in rule.kinds,
    Reason.GROUP_LEFT_OUT: _left_out_by_group,
    Reason.AUTO_CLOSED: _auto_closed,
    Reason.DUPLICATE: _duplicate,
    Reason.REOPENED: lambda facts, rule, history: facts.is_reopened,
    Reason.TOO_LATE: lambda facts, rule, history: facts.is_late,
    Reason.QUARTER_CAP: _capped,
    Reason.EXTRA_CAP: _had_an_extra,
}
# What no rule may switch off: these people cannot or must not be mailed.
ALWAYS = (Reason.NO_REQUESTER, Reason.NO_ADDRESS, Reason.OPTED_OUT, Reason.REOPENED, Reason.TOO_LATE)


def order_complaint(order: Sequence[str]) -> str:
    """Return what is wrong with an order of exclusions, or nothing. `ALWAYS` may be moved, not left out."""
    known = [reason.value for reason in EXCLUSIONS]
    unknown = [name for name in order if name not in known]
    if unknown:
        return f"There is no rule {unknown[0]!r}. The rules are: {', '.join(known)}."
    if len(set(order)) != len(order):
        return "A rule stands there twice. Name each once."
    missing = [reason.value for reason in ALWAYS if reason.value not in order]
    return f"The rule {missing[0]!r} cannot be left out. Put it where it belongs." if missing else ""


def decide(facts: Facts, rule: Rule | None, history: History) -> Verdict:
    """Return whether to ask, why, and with which probability. `rule` is None for a service without a survey.

    A person asked within the rest period is rarely asked again, more often after a failed fix; asking again
    about the same ticket is exempt from rest. Of many tickets of one parent incident only a sample is asked
    about. Somebody not asked keeps the probability with which they could have been: the product of the
    independent draws.
    """
    if rule is None:
        return Verdict(Reason.NO_SURVEY)
    for reason in rule.order or EXCLUSIONS:
        if EXCLUSIONS[reason](facts, rule, history):
            return Verdict(reason)
    return _drawn(facts, rule, is_resting=_is_resting(facts, rule, history))


def _drawn(facts: Facts, rule: Rule, *, is_resting: bool) -> Verdict:
    share = rule.share * facts.service_share * (_resting_share(facts, rule) if is_resting else 1.0)
    asked_siblings = rule.siblings_asked
    among, is_in = 1.0, True
    if facts.siblings and asked_siblings and facts.siblings.count > asked_siblings:
        among, is_in = asked_siblings / facts.siblings.count, facts.siblings.rank < asked_siblings
    if is_in and facts.draw < share:
        reason = Reason.ASKED_WHILE_RESTING if is_resting else Reason.ASKED
        return Verdict(reason, is_asked=True, is_eligible=True, probability=share * among)
    not_in_share = Reason.RESTING if is_resting else Reason.NOT_SAMPLED
    reason = not_in_share if is_in else Reason.CHILD_NOT_DRAWN
    return Verdict(reason, is_eligible=True, probability=share * among)


def _is_resting(facts: Facts, rule: Rule, history: History) -> bool:
    if facts.is_asked_again:
        return False
    lately = history.count_within(rule.rest, facts.due_at)
    return lately + _count_within(history.same_survey_at, rule.survey_rest, facts.due_at) > 0


def _resting_share(facts: Facts, rule: Rule) -> float:
    return rule.resting_share_after_failure if facts.is_failure else rule.resting_share


def _count_within(moments: Sequence[datetime], span: timedelta, of: datetime) -> int:
    return sum(abs(of - moment) < span for moment in moments)


def _holds_any(text: str, words: Sequence[str]) -> bool:
    low = text.casefold()
    return any(word.casefold() in low for word in words)
