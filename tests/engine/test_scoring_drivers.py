"""Drivers from daily cross-products."""

from datetime import date
from itertools import permutations

import numpy as np
import pytest

from experience.engine.arrays import FloatArray
from experience.engine.drivers import drivers, lmg, pull, reason_weight
from experience.engine.explanation import AnsweredTicket, rating_drivers


def answers(days: int, per_day: int, seed: int = 11) -> FloatArray:
    """Return rows (day, reopened, slow, very slow, remote, rating); reopened matters most, remote not at
    all.
    """
    rng = np.random.default_rng(seed)
    n = days * per_day
    reopened, remote = rng.random(n) < 0.3, rng.random(n) < 0.5
    speed = rng.integers(0, 3, n)
    rating = 5.0 - 1.6 * reopened - 0.4 * (speed > 0) - 0.3 * (speed > 1) + rng.normal(0.0, 1.0, n)
    columns = [np.repeat(np.arange(days), per_day), reopened, speed == 1, speed == 2, remote, rating]
    return np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)


def by_day(rows: FloatArray) -> FloatArray:
    design = np.column_stack([np.ones(len(rows)), rows[:, 1:]])
    return np.stack(
        [design[rows[:, 0] == day].T @ design[rows[:, 0] == day] for day in np.unique(rows[:, 0])]
    )


GROUPS = {"reopened": [1], "time to resolve": [2, 3], "remote": [4]}


def r2_of(rows: FloatArray, columns: list[int]) -> float:
    design = np.column_stack([np.ones(len(rows)), rows[:, columns]])
    fitted = design @ np.linalg.lstsq(design, rows[:, -1], rcond=None)[0]
    return float(1.0 - ((rows[:, -1] - fitted) ** 2).sum() / ((rows[:, -1] - rows[:, -1].mean()) ** 2).sum())


def test_lmg_is_the_gain_averaged_over_all_orders() -> None:
    rows = answers(30, 20)
    gains = dict.fromkeys(GROUPS, 0.0)
    for order in permutations(GROUPS):
        seen: list[int] = []
        for name in order:
            before = r2_of(rows, seen)
            seen = seen + GROUPS[name]
            gains[name] += (r2_of(rows, seen) - before) / 6

    found = drivers(by_day(rows), GROUPS, seed=1)

    assert found is not None
    assert {d.name: d.explained for d in found.drivers} == pytest.approx(gains, abs=1e-8)
    assert found.r2 == pytest.approx(r2_of(rows, [1, 2, 3, 4]), abs=1e-8)
    assert found.adjusted_r2 == pytest.approx(1 - (1 - found.r2) * 599 / (600 - 5))


def test_the_strongest_driver_stands_first_and_apart() -> None:
    found = drivers(by_day(answers(40, 20)), GROUPS, seed=1)

    assert found is not None
    first, second, third = found.drivers
    assert (first.name, second.name, third.name) == ("reopened", "time to resolve", "remote")
    assert not second.tied_with_previous
    assert all(d.low <= d.share <= d.high for d in found.drivers)
    assert sum(d.share for d in found.drivers) == pytest.approx(1.0)


def test_drivers_that_cannot_be_told_apart_are_tied() -> None:
    rows = answers(30, 20)
    rng = np.random.default_rng(2)
    rows[:, 5] = rng.normal(0.0, 1.0, len(rows)) + rows[:, 1] + 0.95 * rows[:, 4]

    found = drivers(by_day(rows), {"reopened": [1], "remote": [4]}, seed=1)

    assert found is not None
    assert found.drivers[1].tied_with_previous


def test_the_same_seed_draws_the_same_interval() -> None:
    cross = by_day(answers(30, 20))

    assert drivers(cross, GROUPS, seed=7) == drivers(cross, GROUPS, seed=7)
    assert drivers(cross, GROUPS, seed=7) != drivers(cross, GROUPS, seed=8)


@pytest.mark.parametrize(("days", "enough"), [(19, False), (20, True)])
def test_below_two_hundred_answers_drivers_are_hidden(days: int, enough: bool) -> None:
    found = drivers(by_day(answers(days, 10)), GROUPS, seed=1)

    assert (found is not None) is enough


def test_twenty_answers_per_predictor_are_needed() -> None:
    rows = answers(21, 10)
    wide = np.column_stack([rows[:, :5], np.random.default_rng(4).random((210, 7)), rows[:, 5]])

    found = drivers(by_day(wide), {f"fact {c}": [c] for c in range(1, 11)} | {"fact 11": [11]}, seed=1)

    assert found is None


def test_a_rating_that_never_varies_has_no_drivers() -> None:
    rows = answers(30, 10)
    rows[:, 5] = 4.0

    assert drivers(by_day(rows), GROUPS, seed=1) is None


def test_a_fact_that_never_varies_explains_nothing() -> None:
    rows = answers(30, 10)
    rows[:, 4] = 0.0

    found = drivers(by_day(rows), GROUPS, seed=1)

    assert found is not None
    assert found.drivers[-1].name == "remote"
    assert found.drivers[-1].share == pytest.approx(0.0, abs=1e-6)


def test_more_than_ten_drivers_are_refused() -> None:
    with pytest.raises(ValueError, match="At most 10"):
        lmg(np.eye(12), [[c] for c in range(11)])


def test_the_pull_is_share_times_difference() -> None:
    found = pull(tickets_with=9, mean_with=2.9, tickets_without=91, mean_without=4.3)

    assert found is not None
    assert (found.share, found.difference, found.pull) == pytest.approx((0.09, 1.4, 0.126))


def test_a_fact_of_all_tickets_pulls_nothing_apart() -> None:
    assert pull(tickets_with=9, mean_with=2.9, tickets_without=0, mean_without=0.0) is None


def test_a_reason_weighs_its_share_times_its_distance() -> None:
    assert reason_weight(share=0.2, mean_score=40.0) == pytest.approx(6.0)


def test_the_order_of_the_answers_decides_nothing_also_between_sites_of_equal_size() -> None:
    sites = ("Bonn", "Graz", "Kiel", "Lund", "Oslo")
    given = [
        AnsweredTicket(
            day=date(2026, 5, 1 + number % 20),
            response_class="000000",
            site=site,
            persona="",
            priority=None,
            person=number,
            rating=float(1 + (place + number // 5) % 5 if number % 3 else 1 + place),
        )
        for number in range(300)
        for place, site in [(number % 5, sites[number % 5])]
    ]

    there, back = (rating_drivers(order, seed=1) for order in (given, given[::-1]))

    assert there is not None
    assert there == back
