"""What the model sees of a comment beside its words: ratings written out, how it opens and closes."""

import pytest

from surveys.engine.sentiment import score_comment, shipped_lexicons
from surveys.engine.sentiment.features import edge_features, parts_of, together_features
from surveys.engine.sentiment.reading import read_comment
from surveys.engine.sentiment.tokens import LOW_RATING, NUMBER, TOP_RATING, tokenize


def forms(text):
    return [token.form for token in tokenize(text, "en")]


@pytest.mark.parametrize(
    "text", ["10/10", "5 / 5", "100/100", "9/10", "5 stars", "5*", "5⭐", "5 Sterne", "5 estrellas"]
)
def test_a_top_rating_written_out_is_read_as_one(text):
    assert forms(text) == [TOP_RATING]


@pytest.mark.parametrize("text", ["1/10", "2 / 5", "0/10", "1 star", "2*", "0 étoiles"])
def test_a_low_rating_written_out_is_read_as_one(text):
    assert forms(text) == [LOW_RATING]


@pytest.mark.parametrize("text", ["7/10", "3 stars", "12/10", "3"])
def test_a_rating_between_or_beyond_says_nothing_by_itself(text):
    assert forms(text)[0] == NUMBER


@pytest.mark.parametrize("text", ["since 3/10/2025", "24/7", "1/5.2", "room 5*3"])
def test_dates_hours_and_products_are_no_ratings(text):
    assert not {TOP_RATING, LOW_RATING} & set(forms(text))


@pytest.mark.parametrize(("text", "label"), [("10/10", "positive"), ("5*", "positive"), ("1/10", "negative")])
def test_a_bare_rating_is_scored_in_any_language(text, label):
    assert [score_comment(text, language).label for language in (None, "de", "fi")] == [label] * 3


def edges(text):
    return set(edge_features(*parts_of(read_comment(text, shipped_lexicons()["en"]))))


def test_how_a_comment_opens_is_told_from_how_it_closes():
    assert edges("The printer jammed. Nobody came.") == {
        *(f"opens:{part}:{word}" for part in ("sentence", "clause") for word in ("printer", "broken")),
        *(f"closes:{part}:{word}" for part in ("sentence", "clause") for word in ("nobody", "come")),
    }


def test_one_sentence_of_two_clauses_opens_and_closes_by_its_clauses():
    assert edges("quick; nobody called") == {
        "opens:clause:fast",
        "closes:clause:nobody",
        "closes:clause:call",
    }


def together(text):
    return list(together_features(parts_of(read_comment(text, shipped_lexicons()["en"]))[0]))


def test_meanings_of_one_sentence_go_together_in_any_order():
    assert together("nobody came") == together("came nobody. Fast") == ["with:come nobody"]


def test_a_single_clause_has_neither_opening_nor_close():
    assert edges("Works again") == set()
