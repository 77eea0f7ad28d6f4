from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.standing import Candidate, standing_answer

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def rows(*kinds: str) -> list[Candidate]:
    """One candidate per word, a minute apart: "click" or "send", "?" after it for a suspicious one."""
    return [
        Candidate(key, NOON + timedelta(minutes=key), kind.startswith("send"), not kind.endswith("?"))
        for key, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("kinds", "is_closed", "stands"),
    [
        (["click"], False, (0, "provisional")),
        (["click"], True, (0, "accepted")),
        (["click", "click"], True, (1, "accepted")),
        (["click?"], True, (0, "set_apart")),
        (["send"], False, (0, "accepted")),
        (["click", "send"], False, (1, "accepted")),
        (["send", "send"], False, (1, "accepted")),
        (["send", "click"], True, (0, "accepted")),
        (["send", "send?"], False, (0, "accepted")),
        (["send?", "click"], False, (1, "provisional")),
        (["send?", "click?"], False, (1, "set_apart")),
    ],
)
def test_the_newest_confirmed_answer_of_a_person_stands(
    kinds: list[str], is_closed: bool, stands: tuple[int, str]
) -> None:
    assert standing_answer(rows(*kinds), is_closed=is_closed) == stands
