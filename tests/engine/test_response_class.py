from typing import Any

import pytest

from surveys.engine.response_class import language_group, persona_group, response_class, target_minutes

PLAIN = {
    "is_repeat_contact": False,
    "reopen_count": 0,
    "minutes_to_resolve": 10,
    "target": target_minutes(3),
    "language": 0,
    "persona": 0,
    "reassignment_count": 0,
}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "000000"),
        ({"is_repeat_contact": True}, "100000"),
        ({"reopen_count": 3}, "010000"),
        ({"minutes_to_resolve": target_minutes(3)}, "000000"),
        ({"minutes_to_resolve": target_minutes(3) + 1}, "001000"),
        ({"minutes_to_resolve": 2 * target_minutes(3)}, "001000"),
        ({"minutes_to_resolve": 2 * target_minutes(3) + 1}, "002000"),
        ({"minutes_to_resolve": target_minutes(3), "target": target_minutes(1)}, "002000"),
        ({"language": 1}, "000100"),
        ({"persona": 2}, "000020"),
        ({"reassignment_count": 1}, "000001"),
        ({"reassignment_count": 7}, "000002"),
    ],
)
def test_each_key_has_its_digit(facts: dict[str, Any], expected: str) -> None:
    assert response_class(**PLAIN | facts) == expected


def test_people_written_to_in_another_language_are_a_group() -> None:
    assert [language_group(code, "en") for code in ("", "en", "en-GB", "de")] == [0, 0, 0, 1]


def test_a_persona_keeps_its_group() -> None:
    assert persona_group("") == 0
    assert persona_group("Nurse") == persona_group("nurse") in (1, 2)
