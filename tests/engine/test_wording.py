import re
from dataclasses import fields

import pytest

from surveys.engine.scales import SCALES
from surveys.engine.wording import (
    HIGH_REASONS,
    LOST_TIME_PICKS,
    LOW_REASONS,
    WORDS,
    Words,
    fill,
    language_for,
    language_of,
)

TWELVE = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "fi", "pl", "ja", "ar"]
EVERY_LANGUAGE = pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)


def blanks(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_twelve_languages_are_spoken_and_one_runs_from_right_to_left() -> None:
    assert list(WORDS) == TWELVE
    assert [words.code for words in WORDS.values()] == TWELVE
    assert [words.code for words in WORDS.values() if words.direction == "rtl"] == ["ar"]


@EVERY_LANGUAGE
def test_a_language_is_no_copy_of_another(words: Words) -> None:
    for other in WORDS.values():
        if other is not words:
            same = [f.name for f in fields(Words) if getattr(words, f.name) == getattr(other, f.name)]
            assert len(same) <= 6, (other.code, same)


@pytest.mark.parametrize(
    ("person", "browser", "language"),
    [
        ("fr", "de", "fr"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("tlh", "ja", "ja"),
        ("", "tlh, pl;q=0.5", "pl"),
        ("", "", "en"),
    ],
)
def test_the_person_chooses_before_the_browser(person: str, browser: str, language: str) -> None:
    assert language_of(person, browser) == language


@EVERY_LANGUAGE
def test_a_language_fills_the_same_blanks_as_english(words: Words) -> None:
    english = WORDS["en"]
    for name in (field.name for field in fields(Words)):
        text, model = getattr(words, name), getattr(english, name)
        if isinstance(text, str):
            assert text, name
            assert blanks(text) == blanks(model), name


@EVERY_LANGUAGE
def test_a_language_names_every_reason_and_every_quick_pick(words: Words) -> None:
    assert set(words.reasons) == {*LOW_REASONS, *HIGH_REASONS}
    assert set(words.lost_time_picks) == set(LOST_TIME_PICKS)


@EVERY_LANGUAGE
def test_a_language_names_both_ends_of_every_scale(words: Words) -> None:
    for scale in SCALES.values():
        assert words.rating_label(scale.key, scale.low)
        assert words.rating_label(scale.key, scale.high)
        assert set(words.ratings[scale.key]) <= set(scale.ratings)


@pytest.mark.parametrize(
    ("wish", "language"),
    [("de", "de"), ("de-CH", "de"), ("DE_at", "de"), ("en-GB", "en"), ("tlh", "en"), ("", "en")],
)
def test_the_nearest_language_is_spoken(wish: str, language: str) -> None:
    assert language_for(wish) == language


def test_a_ticket_named_like_a_blank_is_not_filled_again() -> None:
    assert fill("{ticket} of {number}", ticket="{number}", number="INC1") == "{number} of INC1"


def test_an_unknown_blank_stays() -> None:
    assert fill("{who}", what="x") == "{who}"
