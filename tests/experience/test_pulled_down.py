"""A rating on target beside a state below it is explained, not left as a riddle."""

from __future__ import annotations

from typing import Any

import pytest

from experience import sentences
from experience.selectors.results import lifted_by, pulled_down_by


def row(key: str, score: float | None, *, stream: str = "X", weight: float = 1) -> dict[str, Any]:
    return {"key": key, "name": key.capitalize(), "stream": stream, "weight": weight, "score": score}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row("rating", 75), row("lost", 40)], "Lost", id="the one below target"),
        pytest.param([row("rating", 60), row("lost", 40)], "", id="a rating below target says it itself"),
        pytest.param([row("rating", 75), row("lost", 80)], "", id="nothing below target"),
        pytest.param(
            [row("rating", 75), row("lost", 40, weight=0)], "", id="what is only shown pulls nothing"
        ),
        pytest.param([row("rating", 75), row("clock", 10, stream="O")], "", id="other streams do not count"),
        pytest.param([row("rating", None), row("lost", 40)], "", id="no rating"),
        pytest.param([], "", id="nothing measured"),
    ],
)
def test_what_pulls_the_experience_down(rows: list[dict[str, Any]], expected: str) -> None:
    assert pulled_down_by(rows) == expected


def test_it_is_said_in_words() -> None:
    assert sentences.pull_sentence("Lost time") == "Lost time keeps it below what was agreed."
    assert sentences.pull_sentence("") == ""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row("rating", 60), row("lost", 90), row("solved", 80)], "Lost", id="the best one"),
        pytest.param([row("rating", 75), row("lost", 90)], "", id="a rating on target needs nothing"),
        pytest.param([row("rating", 60), row("lost", 65)], "", id="nothing on target"),
        pytest.param(
            [row("rating", 60), row("lost", 90, weight=0)], "", id="what is only shown lifts nothing"
        ),
        pytest.param([], "", id="nothing measured"),
    ],
)
def test_what_makes_up_for_a_low_rating(rows: list[dict[str, Any]], expected: str) -> None:
    assert lifted_by(rows) == expected
