"""The language gate: read what was learned, refuse the rest, and do not lose short English."""

import csv
from pathlib import Path

import pytest

from surveys.engine.language import fit_language_model, primary_language
from surveys.engine.sentiment import score_comment, shipped_scorer

DATA = Path(__file__).parents[1] / "data"


def _comments_in(file_name):
    with (DATA / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_page_in_another_language_leaves_comments_in_it_unscored():
    rows = _comments_in("untrained_languages_blind.tsv")

    unscored = sum(score_comment(text, language).label == "unscored" for language, text in rows)

    assert len({code for code, _ in rows}) == 13
    assert unscored >= 0.95 * len(rows)


def test_comments_in_six_untrained_languages_are_unscored():
    rows = _comments_in("untrained_languages.tsv")

    for hint in (None, "en", "sv"):
        unscored = sum(score_comment(text, hint).label == "unscored" for _, text in rows)

        assert len({code for code, _ in rows}) == 6
        assert unscored >= 0.95 * len(rows), hint


SHORT = [
    *(
        "ok",
        "thx",
        "fixed",
        "Fixed.",
        "great",
        "Excellent!",
        "Amazing!",
        "poor",
        "rubbish",
        "sorted",
        "n/a",
        "none",
    ),
    *(
        "legend",
        "Ridiculous.",
        "slow",
        "too slow",
        "Quick & efficient",
        "Professional",
        "Still broken",
        "Overdue",
    ),
    *(
        "Total shambles",
        "Minor delay",
        "no",
        "Pending",
        "Polite",
        "good job",
        "Not resolved",
        "waste of time",
    ),
]


@pytest.mark.parametrize("text", SHORT)
def test_short_english_is_scored_without_being_told_the_language(text):
    sentiment = score_comment(text)

    assert (sentiment.language, sentiment.label == "unscored") == ("en", False)


OTHERS = [
    ("Immer noch kaputt, niemand meldet sich", "de"),
    ("Toujours en panne, personne ne répond", "fr"),
    ("Sigue sin funcionar y nadie contesta", "es"),
    ("Continua sem funcionar e ninguém responde", "pt"),
    ("Ancora rotto, nessuno risponde", "it"),
    ("Nog steeds kapot en niemand reageert", "nl"),
    ("Fortfarande trasig och ingen svarar", "sv"),
    ("Edelleen rikki eikä kukaan vastaa", "fi"),
]


@pytest.mark.parametrize(("text", "language"), OTHERS, ids=[code for _, code in OTHERS])
def test_a_comment_in_another_language_than_the_surveys_is_read_in_its_own(text, language):
    for hint in (None, "en", language):
        sentiment = score_comment(text, hint)

        assert (sentiment.language, sentiment.label) == (language, "negative")


def test_a_short_comment_follows_the_survey():
    assert score_comment("Prima", "nl").language == "nl"
    assert score_comment("Super", "de-AT").language == "de"


@pytest.mark.parametrize("text", ["Работает снова", "动作很快", "شكرا جزيلا", "Ευχαριστώ πολύ"])
def test_other_scripts_are_refused(text):
    detection = shipped_scorer().model.language_model.detect(text)

    assert (detection.language, detection.is_scored) == ("und", False)


def test_a_tag_is_cut_to_its_language():
    assert [primary_language(tag) for tag in ("pt-BR", "pt_BR", " DE ", "en")] == ["pt", "pt", "de", "en"]


def test_how_much_text_a_language_has_does_not_decide():
    texts = [("aa", "lorem ipsum dolor")] * 300 + [("bb", "hopla tralala bumm")] * 10

    model = fit_language_model(texts)

    assert model.detect("hopla bumm").language == "bb"
