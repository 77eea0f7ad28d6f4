"""Service-years through the services and the database, and what the documents say of them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bench.service_years import by_engine, by_services
from bench.service_years.fleets import GAPS, draw_fleet
from bench.service_years.outcomes import Run, stored_runs
from bench.service_years.report import poisson_interval
from bench.simulations.document import DOCUMENT, SERVICE_YEARS
from experience.engine.simulated import FALSE_ALARMS_PER_YEAR
from experience.models import Measurement


@pytest.mark.django_db
def test_services_and_database_open_and_close_the_gaps_that_the_rule_does() -> None:
    fleet = draw_fleet(356, services=5, year_days=20)

    expected = by_engine.lives_of(fleet)
    lives = by_services.lives_of(fleet)

    assert lives == expected
    opened = [opening for life in lives for opening in life]
    assert {opening.lane for opening in opened} == {"early", "close"}
    assert any(opening.closed_on for opening in opened)
    for day, look in by_engine.windows_of(fleet):
        measured = Measurement.objects.filter(period="rolling", ends_on=day).order_by("service")
        n, p = zip(*measured.values_list("n_effective", "p_below"), strict=True)
        np.testing.assert_allclose(_numbers(n), np.where(look.n > 0, look.n, np.nan), rtol=1e-9)
        np.testing.assert_allclose(_numbers(p), np.where(look.n >= 8, look.p, np.nan), rtol=1e-9)


def _numbers(column: tuple[float | None, ...]) -> list[float]:
    return [np.nan if value is None else value for value in column]


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return [run for run in stored_runs() if run.database == "sqlite"]


def test_enough_service_years_were_lived_through(runs: list[Run]) -> None:
    years = {gap: sum(len(run.openings[str(gap)]) for run in runs) for gap in GAPS}

    assert years[0] >= 200
    assert all(years[gap] >= 100 for gap in (5, 10, 15))
    assert {run.days for run in runs} == {260}


def test_both_routes_saw_the_same_gaps_in_every_service_year(runs: list[Run]) -> None:
    assert [run.differing for run in runs] == [0] * len(runs)


def test_the_false_alarm_rate_on_the_page_is_one_that_the_service_years_allow(runs: list[Run]) -> None:
    years = [year for run in runs for year in run.openings["0"]]

    low, high = poisson_interval(sum(map(len, years)), len(years))

    assert low <= FALSE_ALARMS_PER_YEAR <= high


def test_the_document_says_what_was_counted(runs: list[Run]) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(SERVICE_YEARS)[2]
    years = [year for run in runs for year in run.openings["0"]]
    rate = sum(map(len, years)) / len(years)

    said = re.search(r"^\| 0 \| (\d+) \| false watermelons per service-year \| ([\d.]+) \|", section, re.M)

    assert said is not None
    assert said.groups() == (str(len(years)), f"{rate:.3f}")


def test_the_figures_lie_where_the_engine_alone_puts_them() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(SERVICE_YEARS)[2]
    verdicts = re.findall(r"^\| \d+ \| \d+ \| (.+?) \|.*\| (inside|outside) \|$", section, re.M)

    assert len(verdicts) == 18
    assert dict(verdicts)["false watermelons per service-year"] == "inside"
    # One in twenty lies outside by chance; four of eighteen would once in a hundred studies.
    assert sum(verdict == "outside" for _, verdict in verdicts) <= 3
