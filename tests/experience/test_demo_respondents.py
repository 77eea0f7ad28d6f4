"""The simulated respondents: the same rule for everybody, from facts of the ticket alone."""

from __future__ import annotations

from dataclasses import fields
from random import Random
from statistics import mean

import pytest

from experience.demo.comments import LANGUAGES, Phrasebook, language_of
from experience.demo.respondents import (
    COMMENT_SHARE,
    MOST_LOST_MINUTES,
    Ordeal,
    SimulatedAnswer,
    answer_chance,
    draws_for,
    leaning_of,
    rating_chances,
    says_solved,
    simulate_answer,
)
from surveys.engine.wording import HIGH_REASONS, LOW_REASONS

AT_ONCE = Ordeal(contacted_again=False, days_to_resolve=0.01, hand_offs=0, reopen_count=0)
AGAIN = Ordeal(contacted_again=True, days_to_resolve=0.01, hand_offs=0, reopen_count=0)
SLOW = Ordeal(contacted_again=False, days_to_resolve=10, hand_offs=0, reopen_count=0)
HANDED_ON = Ordeal(contacted_again=False, days_to_resolve=0.01, hand_offs=3, reopen_count=0)
REOPENED = Ordeal(contacted_again=False, days_to_resolve=0.01, hand_offs=0, reopen_count=1)
WORST = Ordeal(contacted_again=True, days_to_resolve=60, hand_offs=9, reopen_count=2)


def expected_rating(ordeal: Ordeal) -> float:
    return sum(rating * chance for rating, chance in enumerate(rating_chances(ordeal.strain), start=1))


def answers_to(ordeal: Ordeal, count: int = 2000) -> list[SimulatedAnswer]:
    draws = Random("test")
    given = (simulate_answer(ordeal, leaning=0, draws=draws) for _ in range(count))
    return [answer for answer in given if answer]


# --- the rule -----------------------------------------------------------------------------------------------


def test_the_rule_knows_nothing_of_services() -> None:
    assert {field.name for field in fields(Ordeal)} == {
        "contacted_again",
        "days_to_resolve",
        "hand_offs",
        "reopen_count",
    }


def test_who_had_to_come_back_more_seldom_says_that_it_was_solved() -> None:
    def share(ordeal: Ordeal, rating: int) -> float:
        draws = Random("solved")
        given = [says_solved(ordeal, rating, draws) for _ in range(2000)]
        return mean(answer for answer in given if answer is not None)

    assert share(AT_ONCE, 5) > 0.9
    assert share(AGAIN, 5) < 0.6
    assert share(AGAIN, 1) < share(AGAIN, 5)


def test_without_strain_ratings_are_j_shaped() -> None:
    ones, twos, threes, fours, fives = rating_chances(0)

    assert fives > 0.75
    assert ones > twos
    assert twos < fours < fives
    assert sum((ones, twos, threes, fours, fives)) == pytest.approx(1)


@pytest.mark.parametrize(
    "harder", [AGAIN, SLOW, HANDED_ON, REOPENED], ids=["again", "slow", "handed", "reopened"]
)
def test_what_costs_people_lowers_the_rating(harder: Ordeal) -> None:
    assert expected_rating(harder) < expected_rating(AT_ONCE) - 0.1


def test_having_to_make_contact_again_weighs_most() -> None:
    assert expected_rating(AGAIN) < min(map(expected_rating, (SLOW, HANDED_ON, REOPENED)))


@pytest.mark.parametrize("ordeal", [AT_ONCE, AGAIN, SLOW, HANDED_ON, REOPENED, WORST])
def test_between_a_fifth_and_two_fifths_answer(ordeal: Ordeal) -> None:
    share = len(answers_to(ordeal)) / 2000

    assert 0.20 <= answer_chance(ordeal) <= 0.40
    assert share == pytest.approx(answer_chance(ordeal), abs=0.04)


def test_simulated_ratings_follow_the_chances() -> None:
    for ordeal in (AT_ONCE, AGAIN, SLOW):
        assert mean(a.rating for a in answers_to(ordeal)) == pytest.approx(expected_rating(ordeal), abs=0.2)


def test_waiting_and_hand_offs_cost_working_time() -> None:
    def lost(ordeal: Ordeal) -> float:
        return mean(a.lost_time_minutes for a in answers_to(ordeal) if a.lost_time_minutes is not None)

    assert lost(AT_ONCE) < lost(HANDED_ON) < lost(SLOW)
    assert all((a.lost_time_minutes or 0) <= MOST_LOST_MINUTES for a in answers_to(WORST))


def test_the_same_ticket_is_answered_the_same_at_every_load() -> None:
    first = simulate_answer(SLOW, leaning=leaning_of("Caller 1"), draws=draws_for("INC1", 0))
    second = simulate_answer(SLOW, leaning=leaning_of("Caller 1"), draws=draws_for("INC1", 0))

    assert first == second
    assert draws_for("INC1", 0).random() != draws_for("INC1", 1).random()


# --- reasons and comments -----------------------------------------------------------------------------------


def test_reasons_are_those_of_the_survey_and_fit_the_rating() -> None:
    given = [answer for ordeal in (AT_ONCE, AGAIN, SLOW, HANDED_ON) for answer in answers_to(ordeal)]

    assert {key for a in given if a.rating <= 3 for key in a.reasons} == set(LOW_REASONS)
    assert {key for a in given if a.rating > 3 for key in a.reasons} <= set(HIGH_REASONS)


def test_unhappy_people_write_more_often() -> None:
    assert COMMENT_SHARE[1] > COMMENT_SHARE[3] > COMMENT_SHARE[5]


def test_every_answer_finds_words_in_every_language() -> None:
    phrasebook, draws = Phrasebook(), Random("words")

    for language in LANGUAGES:
        for rating in range(1, 6):
            for about in (("any",), ("quick", "any"), ("again", "slow", "handed", "any")):
                assert phrasebook.comment(about, rating=rating, language=language, draws=draws)


def test_what_is_most_pressing_is_usually_what_the_comment_is_about() -> None:
    phrasebook, draws = Phrasebook(), Random("words")

    texts = [phrasebook.comment(("again", "any"), rating=1, language="en", draws=draws) for _ in range(200)]

    about_again = [
        t for t in texts if any(w in t.lower() for w in ("time", "again", "ticket", "same", "issue"))
    ]
    assert len(about_again) > 100
    assert len(set(texts)) > 50


def test_most_people_write_english_and_some_do_not() -> None:
    languages = [language_of(f"Caller {number}") for number in range(1000)]

    assert 550 < languages.count("en") < 730
    assert set(languages) == set(LANGUAGES)
