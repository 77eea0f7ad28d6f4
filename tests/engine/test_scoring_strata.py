"""Collapsing small cells, and matching margins."""

import numpy as np
import pytest

from experience.engine.strata import Cell, collapse, post_stratify, rake


def test_a_small_cell_joins_the_other_small_cells_of_its_parent() -> None:
    cells = {
        "00": Cell(40, 9, 36, 150),
        "01": Cell(10, 2, 6, 20),
        "02": Cell(8, 3, 9, 29),
        "10": Cell(30, 6, 20, 70),
    }

    found = collapse(cells)

    assert found == {"00": cells["00"], "10": cells["10"], "0": Cell(18, 5, 15, 49)}


def test_what_stays_small_at_the_top_joins_the_largest() -> None:
    cells = {"00": Cell(40, 9, 36, 150), "10": Cell(30, 2, 8, 34)}

    assert collapse(cells) == {"00": cells["00"] + cells["10"]}


def test_no_resolved_ticket_is_lost_in_collapsing() -> None:
    cells = {f"{a}{b}": Cell(10 * a + b, a, 3 * a, 9 * a) for a in range(4) for b in range(3)}

    found = collapse(cells)

    assert sum(cell.resolved for cell in found.values()) == sum(cell.resolved for cell in cells.values())
    assert min(cell.answers for cell in found.values()) >= 5


def test_each_cell_counts_as_its_tickets() -> None:
    cells = {"0": Cell(90, 10, 30, 100), "1": Cell(10, 10, 50, 260)}

    found = post_stratify(cells)

    assert found is not None
    assert found.mean == pytest.approx(0.9 * 3.0 + 0.1 * 5.0)


def test_the_period_alone_looks_more_certain() -> None:
    cells = {"0": Cell(12, 10, 30, 100), "1": Cell(11, 10, 50, 260)}

    process, period = post_stratify(cells), post_stratify(cells, this_period_only=True)

    assert process is not None
    assert period is not None
    assert period.standard_error < process.standard_error


def test_without_answers_there_is_no_mean() -> None:
    assert post_stratify({"0": Cell(12, 0, 0, 0)}) is None
    assert post_stratify({}) is None


def test_raking_matches_every_margin() -> None:
    answers = np.array([6.0, 9.0, 7.0, 12.0])
    site = (["a", "a", "b", "b"], {"a": 60.0, "b": 40.0})
    reopened = (["no", "yes", "no", "yes"], {"no": 70.0, "yes": 30.0})

    mass = rake(answers, [site, reopened]) * answers

    assert (mass[:2].sum(), mass[2:].sum()) == pytest.approx((60.0, 40.0))
    assert (mass[::2].sum(), mass[1::2].sum()) == pytest.approx((70.0, 30.0))


@pytest.mark.parametrize(
    "answers", [[3.0, 9.0, 8.0], [9.0, 3.0, 8.0]], ids=["first level small", "second small"]
)
def test_a_small_level_is_raked_with_its_neighbour(answers: list[float]) -> None:
    margin = (["a", "b", "c"], {"a": 50.0, "b": 30.0, "c": 20.0})

    weights = rake(answers, [margin])

    assert weights.tolist() == pytest.approx([80 / 12, 80 / 12, 20 / 8])
