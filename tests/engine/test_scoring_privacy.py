"""What may be shown."""

import pytest

from experience.engine.privacy import hidden_cells, may_release


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ({"a": 5, "b": 9}, set()),
        ({}, set()),
        ({"a": 0, "b": 9}, set()),
        ({"a": 4, "b": 9, "c": 30}, {"a", "b"}),
        ({"a": 4, "b": 4, "c": 30}, {"a", "b"}),
        ({"a": 1, "b": 2, "c": 30, "d": 7}, {"a", "b", "d"}),
        ({"a": 3}, {"a"}),
        ({"a": 0, "b": 2, "c": 8}, {"b", "c"}),
    ],
    ids=[
        "all large",
        "no cells",
        "empty cell",
        "one small",
        "two small",
        "too few together",
        "alone",
        "empty and small",
    ],
)
def test_no_small_cell_can_be_had_by_subtraction(people: dict[str, int], hidden: set[str]) -> None:
    assert hidden_cells(people) == hidden


@pytest.mark.parametrize(
    ("now", "released", "allowed"), [(4, 0, False), (5, 0, True), (9, 5, False), (10, 5, True), (3, 8, False)]
)
def test_figures_move_on_in_batches_of_five_people(now: int, released: int, allowed: bool) -> None:
    assert may_release(respondents_now=now, respondents_released=released) is allowed
