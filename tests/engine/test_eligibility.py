from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.eligibility import EXCLUSIONS, Facts, History, Reason, Rule, Verdict, decide

DUE = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULE = Rule(
    rest=timedelta(days=14), share=0.8, resting_share=0.10, resting_share_after_failure=0.50, quarter_cap=6
)
LAST_WEEK = History([DUE - timedelta(days=7)])
NOBODY = History()


def ask(*, history: History = NOBODY, rule: Rule | None = RULE, draw: float = 0.0, **facts: bool) -> Verdict:
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


def test_every_exclusion_has_one_reason() -> None:
    reasons = [reason for reason, _ in EXCLUSIONS]

    assert len(reasons) == len(set(reasons))


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
