from datetime import UTC, datetime

import pytest

from surveys.engine.answer_rows import AnswerRecord, answer_record
from surveys.engine.values import MappingError

ANSWERED = "2026-05-05 09:00:00"


def test_a_row_is_read_as_an_answer() -> None:
    row = {
        "number": "INC1",
        "resolved_at": "2026-05-04 10:00:00",
        "rating": "9",
        "scale": "happiness",
        "lost_time_minutes": "45",
        "is_solved": "no",
        "comment": " It took three days; \x00still broken ",
        "reasons": "slow; many_times;",
        "answered_at": ANSWERED,
        "language": "de",
        "is_simulated": "true",
    }

    assert answer_record(row, line=2) == AnswerRecord(
        number="INC1",
        resolved_at=datetime(2026, 5, 4, 10, tzinfo=UTC),
        answered_at=datetime(2026, 5, 5, 9, tzinfo=UTC),
        scale="happiness",
        rating=9,
        lost_time_minutes=45,
        is_solved=False,
        comment="It took three days; still broken",
        reasons=frozenset({"slow", "many_times"}),
        language="de",
        is_simulated=True,
    )


def test_only_number_time_and_something_said_are_needed() -> None:
    record = answer_record({"number": "INC1", "answered_at": ANSWERED, "comment": "Thanks"})

    assert (record.rating, record.scale, record.resolved_at) == (None, "satisfaction", None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"number": "", "rating": "4"}, "It names no ticket or no time"),
        ({"answered_at": "?", "rating": "4"}, "It names no ticket or no time"),
        ({"rating": "6"}, "`rating` is '6'. Write a whole number from 1 to 5."),
        ({"rating": "4.5"}, "`rating` is '4.5'"),
        ({"rating": "11", "scale": "happiness"}, "from 0 to 10"),
        ({"rating": "3", "scale": "stars"}, "There is no scale 'stars'"),
        ({"lost_time_minutes": "99999"}, "from 0 to 44640"),
        ({"is_solved": "maybe"}, "`is_solved` is 'maybe'"),
        ({"reasons": "I had to explain my case, again and again"}, "is no key of a reason"),
        ({}, "It holds no answer"),
    ],
)
def test_a_row_that_cannot_be_believed_says_what_to_correct(row: dict[str, str], words: str) -> None:
    with pytest.raises(MappingError) as caught:
        answer_record({"number": "INC1", "answered_at": ANSWERED} | row)

    assert words in str(caught.value)
