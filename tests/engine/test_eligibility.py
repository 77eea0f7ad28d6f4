from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from surveys.engine.eligibility import (
    ALWAYS,
    Facts,
    History,
    Reason,
    Rule,
    Siblings,
    Verdict,
    decide,
    order_complaint,
)

DUE = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULE = Rule(
    rest=timedelta(days=14), share=0.8, resting_share=0.10, resting_share_after_failure=0.50, quarter_cap=6
)
LAST_WEEK = History([DUE - timedelta(days=7)])
NOBODY = History()


def ask(*, history: History = NOBODY, rule: Rule | None = RULE, draw: float = 0.0, **facts: Any) -> Verdict:
    return decide(Facts(due_at=DUE, draw=draw, **facts), rule, history)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"has_requester": False}, Reason.NO_REQUESTER),
        ({"is_shared_account": True}, Reason.SHARED_ACCOUNT),
        ({"has_address": False}, Reason.NO_ADDRESS),
        ({"has_opted_out": True}, Reason.OPTED_OUT),
        ({"resolved_own": True}, Reason.RESOLVED_OWN),
        ({"is_reopened": True}, Reason.REOPENED),
        ({"is_late": True}, Reason.TOO_LATE),
    ],
)
def test_an_exclusion_names_its_reason_and_leaves_n(facts: dict[str, bool], reason: Reason) -> None:
    assert ask(**facts) == Verdict(reason)


def test_a_service_without_a_survey_asks_nobody() -> None:
    assert ask(rule=None) == Verdict(Reason.NO_SURVEY)


@pytest.mark.parametrize(
    ("name", "draw", "facts", "history", "expected"),
    [
        ("rested and drawn", 0.79, {}, NOBODY, (Reason.ASKED, 0.8)),
        ("rested and not drawn", 0.80, {}, NOBODY, (Reason.NOT_SAMPLED, 0.8)),
        ("resting and drawn", 0.07, {}, LAST_WEEK, (Reason.ASKED_WHILE_RESTING, 0.08)),
        ("resting and not drawn", 0.09, {}, LAST_WEEK, (Reason.RESTING, 0.08)),
        ("resting after a failure", 0.39, {"is_failure": True}, LAST_WEEK, (Reason.ASKED_WHILE_RESTING, 0.4)),
        ("the same ticket again", 0.79, {"is_asked_again": True}, LAST_WEEK, (Reason.ASKED, 0.8)),
        ("rest is over", 0.5, {}, History([DUE - timedelta(days=14)]), (Reason.ASKED, 0.8)),
        ("rest almost over", 0.5, {}, History([DUE - timedelta(days=13.9)]), (Reason.RESTING, 0.08)),
        ("asked a week later", 0.5, {}, History([DUE + timedelta(days=7)]), (Reason.RESTING, 0.08)),
        ("asked long after", 0.5, {}, History([DUE + timedelta(days=14)]), (Reason.ASKED, 0.8)),
    ],
)
def test_who_is_eligible_has_a_known_chance(
    name: str, draw: float, facts: dict[str, bool], history: History, expected: tuple[Reason, float]
) -> None:
    verdict = ask(draw=draw, history=history, **facts)

    assert (verdict.reason, verdict.probability) == (expected[0], pytest.approx(expected[1])), name
    assert verdict.is_eligible
    assert verdict.is_asked == (draw < expected[1])


def test_the_seventh_survey_in_a_quarter_is_not_sent() -> None:
    six = [DUE - timedelta(days=15 * n) for n in range(1, 7)]

    assert ask(history=History(six)) == Verdict(Reason.QUARTER_CAP)
    assert ask(history=History(six[:5])).reason == Reason.ASKED


def test_a_survey_before_the_quarter_does_not_count() -> None:
    before = [DUE - timedelta(days=91 + n) for n in range(10)]

    assert ask(history=History(before)).reason == Reason.ASKED


# --- what a rule leaves out

CHOOSY = replace(
    RULE,
    share=1.0,
    kinds=frozenset({"incident"}),
    groups_left_out=frozenset({"field team"}),
    automatic_codes=("no response",),
    automatic_resolvers=frozenset({"system"}),
    duplicate_codes=("duplicate",),
)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"kind": "request"}, Reason.KIND_LEFT_OUT),
        ({"assignment_group": "Field Team"}, Reason.GROUP_LEFT_OUT),
        ({"resolution_code": "Closed: No Response from caller"}, Reason.AUTO_CLOSED),
        ({"resolved_by": "System"}, Reason.AUTO_CLOSED),
        ({"resolution_code": "Duplicate of INC1"}, Reason.DUPLICATE),
        ({"resolution_code": "Solved (permanently)", "resolved_by": "anna"}, Reason.ASKED),
    ],
)
def test_a_rule_leaves_out_kinds_groups_and_robots(facts: dict[str, Any], reason: Reason) -> None:
    assert ask(rule=CHOOSY, **facts).reason == reason


def test_a_rule_for_some_groups_asks_about_no_other() -> None:
    rule = replace(CHOOSY, groups=frozenset({"service desk"}))

    assert ask(rule=rule, assignment_group="Service Desk").reason == Reason.ASKED
    assert ask(rule=rule, assignment_group="").reason == Reason.GROUP_LEFT_OUT


def test_the_first_rule_in_the_order_gives_the_reason() -> None:
    both = {"has_opted_out": True, "kind": "request"}
    kinds_first = (Reason.KIND_LEFT_OUT, *ALWAYS)

    assert ask(rule=CHOOSY, **both).reason == Reason.OPTED_OUT
    assert ask(rule=replace(CHOOSY, order=kinds_first), **both).reason == Reason.KIND_LEFT_OUT


def test_a_rule_left_out_of_the_order_is_not_read() -> None:
    assert ask(rule=replace(CHOOSY, order=ALWAYS), kind="request").reason == Reason.ASKED


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        (ALWAYS, ""),
        ((*ALWAYS, "full_moon"), "There is no rule 'full_moon'"),
        ((*ALWAYS, ALWAYS[0]), "twice"),
        (ALWAYS[1:], "cannot be left out"),
    ],
)
def test_an_order_may_not_mail_people_who_must_not_be_mailed(order: tuple[str, ...], complaint: str) -> None:
    found = order_complaint([str(name) for name in order])

    assert (complaint in found) if complaint else found == ""


# --- rest and its exceptions

WEEKLY = replace(RULE, share=1.0, survey_rest=timedelta(days=30), extra_rest=timedelta(days=7))


def test_one_survey_may_rest_longer_than_all_together() -> None:
    moments = [DUE - timedelta(days=20)]

    assert ask(rule=WEEKLY, draw=0.5, history=History(moments)).reason == Reason.ASKED
    assert ask(rule=WEEKLY, draw=0.5, history=History(moments, moments)).reason == Reason.RESTING


def test_a_resting_person_gets_one_mail_more_in_a_week() -> None:
    last_week, lately = [DUE - timedelta(days=7)], [DUE - timedelta(days=6)]

    assert ask(rule=WEEKLY, history=History(lately, extra_at=lately)) == Verdict(Reason.EXTRA_CAP)
    assert ask(rule=WEEKLY, history=History(last_week, extra_at=last_week)).is_asked
    assert ask(rule=WEEKLY, history=History(lately, extra_at=lately), is_asked_again=True).is_asked


def test_a_service_with_a_share_of_its_own_is_asked_less() -> None:
    assert ask(service_share=0.25, draw=0.19).probability == pytest.approx(0.2)
    assert ask(service_share=0.25, draw=0.2).reason == Reason.NOT_SAMPLED


# --- many tickets of one incident

SAMPLED = replace(RULE, share=0.5, siblings_asked=30)


@pytest.mark.parametrize(
    ("rank", "draw", "reason"),
    [
        (29, 0.0, Reason.ASKED),
        (30, 0.0, Reason.CHILD_NOT_DRAWN),
        (29, 0.5, Reason.NOT_SAMPLED),
    ],
)
def test_of_many_tickets_of_one_incident_thirty_are_drawn(rank: int, draw: float, reason: Reason) -> None:
    verdict = ask(rule=SAMPLED, draw=draw, siblings=Siblings(count=600, rank=rank))

    assert (verdict.reason, verdict.is_eligible) == (reason, True)
    assert verdict.probability == pytest.approx(0.5 * 30 / 600)


def test_few_tickets_of_one_incident_are_all_asked_about() -> None:
    assert ask(rule=SAMPLED, siblings=Siblings(count=30, rank=29)).probability == 0.5
