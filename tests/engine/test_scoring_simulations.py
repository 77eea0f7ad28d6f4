"""The simulations behind the method, and the figures that pages quote from them."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.simulations.answering import who_answers
from bench.simulations.figures import Design, Figure, Table
from bench.simulations.judging import coverage, fleet_flags, power
from experience.engine.defaults import ENGINE_VERSION
from experience.engine.simulated import FALSE_ALARMS_PER_YEAR

REPORT = (Path(__file__).parents[2] / "docs" / "simulations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("simulate", [coverage, fleet_flags, power, who_answers], ids=lambda f: f.__name__)
def test_the_engine_still_behaves_as_it_was_designed(
    simulate: Callable[[np.random.Generator], Table],
) -> None:
    table = simulate(np.random.default_rng(7))

    assert [figure for figure in table.figures if not figure.agrees] == []


def test_the_report_belongs_to_this_engine_and_keeps_to_its_design() -> None:
    assert f"engine version {ENGINE_VERSION}," in REPORT
    assert "| differs |" not in REPORT


def test_the_quoted_false_alarm_rate_is_the_larger_one_simulated() -> None:
    rows = re.findall(
        r"^\| \d answers a day, true mean 70 \| opens per year \| ([\d.]+) \|", REPORT, re.MULTILINE
    )

    assert len(rows) == 2
    assert max(map(float, rows)) == FALSE_ALARMS_PER_YEAR


@pytest.mark.parametrize(("value", "agrees"), [(0.50, True), (0.54, True), (0.56, False), (0.44, False)])
def test_a_figure_may_stray_by_the_error_of_both_simulations(value: float, agrees: bool) -> None:
    figure = Figure("case", "what", value, error=0.01, rounds=1000, design=Design(0.5, 0.5, rounds=1000))

    assert figure.agrees is agrees
