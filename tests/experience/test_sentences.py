"""The sentences of the interface, word by word."""

from __future__ import annotations

from datetime import date

import pytest

from experience import sentences
from experience.engine.gaps import Verdict

N = "\u00a0"


def test_a_watermelon_reads_like_one() -> None:
    said = " ".join(
        [
            sentences.opening(Verdict.WATERMELON, "likely_red", "green"),
            sentences.sla_sentence(0.93, 0.80),
            sentences.rating_sentence(3.7, 3.5, 3.9, 4.2, 5),
            sentences.repeat_sentence(0.21),
        ]
    ).replace(N, " ")

    assert said == (
        "SLA met, users unhappy. 93 % of tickets met the SLA (target 80 %). "
        "Users rate it 3.7 of 5 (3.5–3.9); agreed 4.2. "
        "1 in 5 came back with the same kind of issue within a week."
    )


def test_a_service_without_a_badge_says_both_sides() -> None:
    assert sentences.opening(Verdict.HEALTHY, "likely_green", "green") == "SLA met, users on target."
    assert (
        sentences.opening(Verdict.UNCLEAR, "lean_red", "amber")
        == "SLA just missed, users probably below target."
    )
    assert (
        sentences.opening(Verdict.TOO_FEW_ANSWERS, "missing", "none")
        == "No SLA set, nobody has answered yet."
    )


def test_a_confirmed_watermelon_says_how_often_chance_would_flag_a_service_on_target() -> None:
    flagged = "Sure enough to act. A service exactly on target is flagged like this about "

    assert sentences.confirmed_sentence(0.197) == f"{flagged}once in 5 years."
    assert sentences.confirmed_sentence(0.9) == f"{flagged}once a year."
    assert sentences.confirmed_sentence(2.2) == f"{flagged}2 times a year."


def test_a_watermelon_whose_sla_slips_is_not_said_to_meet_it() -> None:
    assert sentences.opening(Verdict.WATERMELON, "likely_red", "amber") == "SLA just missed, users unhappy."


def test_what_is_unknown_is_not_said() -> None:
    assert sentences.sla_sentence(None, 0.8) == ""
    assert sentences.rating_sentence(None, None, None, 4.2, 5) == ""
    assert sentences.repeat_sentence(None) == sentences.repeat_sentence(0.0) == ""


def test_a_lean_is_a_question_and_not_a_finding() -> None:
    assert sentences.status_sentence("lean_red", 24) == (
        "Points this way after 24 answers. A question, not a finding."
    )
    assert sentences.status_sentence("likely_red", 40) == "Sure enough to act."


def test_too_few_answers_say_what_is_needed_and_when() -> None:
    words = sentences.collecting_sentence(
        7, 7.0, days=84, weeks_seen=2, ends_on=date(2026, 5, 28), shortfall=0.58, scale=(1, 5)
    )

    assert words == (
        "7 answers, 10 needed before we judge. At about 4 a week that is around 3 June."
        " 30 answers would reveal a shortfall of 0.6 stars four times in five."
        " Until then, read the answers below."
    )


def test_a_desk_too_small_for_84_days_is_told_so() -> None:
    words = sentences.collecting_sentence(
        7, 7.0, days=84, weeks_seen=12, ends_on=date(2026, 5, 28), shortfall=0.58, scale=(1, 5)
    )

    assert "At about 1 a week, 84 days will not bring 10." in words


def test_the_tipping_point_says_how_easily_the_silent_could_change_it() -> None:
    robust = sentences.tipping_sentence(0.6, 0.83, (1, 5)).replace(N, " ")
    fragile = sentences.tipping_sentence(0.1, 0.83, (1, 5))

    assert robust == (
        "Could the silent 83 % change this? Only if they were on average 0.6 stars happier"
        " than similar people who answered. That would be a large difference."
    )
    assert "Easily. If silent users were 0.1 stars happier" in fragile
    assert sentences.tipping_sentence(-0.2, 0.83, (1, 5)) == ""


def test_precision_is_a_word_for_the_width_of_the_interval() -> None:
    assert sentences.precision(4.0, 4.3, (1, 5)) == "high"
    assert sentences.precision(3.5, 4.2, (1, 5)) == "fair"
    assert sentences.precision(3.0, 4.2, (1, 5)) == "low"
    assert sentences.precision(None, None, (1, 5)) == ""


@pytest.mark.parametrize(("rate", "words"), [(0.09, "fair"), (0.1, "high"), (None, "high")])
def test_precision_is_at_most_fair_where_fewer_than_one_in_ten_answered(
    rate: float | None, words: str
) -> None:
    assert sentences.precision(4.0, 4.3, (1, 5), rate) == words


def test_a_factor_is_told_as_share_times_difference() -> None:
    words = sentences.factor_sentence("reopened", 0.09, 1.4, 0.126, (1, 5)).replace("\u00a0", " ")

    assert words == (
        "Reopened tickets are 9 % of tickets and are rated 1.4 stars lower;"
        " they pull the average down by 0.13 stars."
    )


def test_lost_hours_cost_money_only_where_a_rate_is_set() -> None:
    assert sentences.lost_hours_sentence(None, 50, "EUR") == ""
    assert sentences.lost_hours_sentence(0.0, 50, "EUR") == ""
    without, with_rate = (
        sentences.lost_hours_sentence(124.4, rate, "EUR").replace("\u00a0", " ") for rate in (0, 52)
    )
    assert without == "About 124 h of working time were lost beyond what was agreed."
    assert with_rate == "About 124 h of working time were lost beyond what was agreed, about EUR 6,500."


def test_who_answers_is_called_alike_from_three_quarters() -> None:
    assert sentences.representativity_sentence(None) == ""
    assert "much like all who had a ticket (representativity 0.75 of 1)" in (
        sentences.representativity_sentence(0.75)
    )
    assert "far more often than others (representativity 0.74 of 1;" in (
        sentences.representativity_sentence(0.74)
    )


def test_an_answer_says_how_many_tickets_it_speaks_for() -> None:
    assert sentences.speaks_for(240, 40) == "Each answer speaks for about 6 resolved tickets."
    assert sentences.speaks_for(40, 40) == ""
    assert sentences.speaks_for(0, 0) == ""
