"""Receipts."""

import json
from datetime import date
from enum import StrEnum

import pytest

from experience.engine.receipt import Disagreement, canonical, disagreements, input_hash

INPUTS = {"classes": {"000000": [3, 12], "010000": [1, 5]}, "engine": "1", "target": 4.2, "note": "Grüße"}


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    turned = {"note": "Grüße", "target": 4.2, "engine": "1", "classes": {"010000": [1, 5], "000000": [3, 12]}}

    assert input_hash(turned) == input_hash(INPUTS)


def test_the_hash_survives_storage_as_json() -> None:
    assert input_hash(json.loads(json.dumps(INPUTS))) == input_hash(INPUTS)


def test_one_answer_more_changes_the_hash() -> None:
    more = INPUTS | {"classes": {"000000": [4, 12], "010000": [1, 5]}}

    assert input_hash(more) != input_hash(INPUTS)


def test_the_canonical_text_is_fixed() -> None:
    assert canonical({"b": [1, 2.5, None], "a": "é"}) == b'{"a":"\\u00e9","b":[1,2.5,null]}'
    assert input_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({1: 2}, TypeError),
        ({"a": [{2: 3}]}, TypeError),
        ({"a": date(2024, 1, 1)}, TypeError),
        ({"a": float("nan")}, ValueError),
    ],
    ids=["number as key", "number as inner key", "date", "not a number"],
)
def test_what_json_would_bend_is_refused(value: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        input_hash(value)


def test_results_may_differ_by_rounding_alone() -> None:
    stored = {"score": 71.5, "parts": [1e-15, 2.0], "status": "green", "low": None}
    recomputed = {"score": 71.5 + 5e-8, "parts": [0.0, 2.0 + 1e-9], "status": "green", "low": None}

    assert disagreements(stored, recomputed) == []


@pytest.mark.parametrize(
    ("recomputed", "place"),
    [
        ({"x": {"score": 71.5000002}, "parts": [1, 2]}, Disagreement("x.score", 71.5, 71.5000002)),
        ({"x": {"score": None}, "parts": [1, 2]}, Disagreement("x.score", 71.5, None)),
        ({"x": {"score": "71.5"}, "parts": [1, 2]}, Disagreement("x.score", 71.5, "71.5")),
        ({"x": {}, "parts": [1, 2]}, Disagreement("x.score", 71.5, "absent")),
        ({"x": {"score": 71.5}, "parts": [1, 3]}, Disagreement("parts[1]", 2, 3)),
        ({"x": {"score": 71.5}, "parts": [1]}, Disagreement("parts", [1, 2], [1])),
        ({"x": {"score": 71.5}, "parts": [True, 2]}, Disagreement("parts[0]", 1, True)),
    ],
)
def test_every_real_difference_is_named(recomputed: dict[str, object], place: Disagreement) -> None:
    assert disagreements({"x": {"score": 71.5}, "parts": [1, 2]}, recomputed) == [place]


def test_a_word_equals_its_stored_text() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert disagreements({"colour": "red"}, {"colour": Colour.RED}) == []
