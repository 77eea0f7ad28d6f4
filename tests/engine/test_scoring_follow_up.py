"""A random sample of the silent: what it estimates, how sure that is, and what it cannot mend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from bench.simulations.answering import BAD, MOODS, _ratings, _tickets
from experience.engine.follow_up import follow_up, follow_up_margin

TICKETS, DRAWN, ROUNDS, POMP_PER_STAR = 800, 120, 1000, 25.0


def test_the_interval_follows_from_both_phases() -> None:
    found = follow_up(asked=200, first=[4, 4, 6, 12, 14], second=[0, 1, 3, 8, 11], lo=1, hi=5, pooled=1.5)

    assert found is not None
    assert found.value == pytest.approx(0.2 * 3.7 + 0.8 * 98 / 23)
    first, second = (39 * 68.4 / 39 + 6) / 43, (22 * (434 - 23 * (98 / 23) ** 2) / 22 + 6) / 26
    between = 0.2 * 0.8 * (3.7 - 98 / 23) ** 2
    error = 0.04 * first / 40 + 0.64 * second / 23 + between / 200
    assert found.n_effective == pytest.approx((0.2 * first + 0.8 * second + between) / error)
    assert (found.low, found.high) == (pytest.approx(3.786976085), pytest.approx(4.424812984))


def test_below_five_answers_to_the_follow_up_there_is_no_figure() -> None:
    first = [4, 4, 6, 12, 14]

    assert follow_up(asked=200, first=first, second=[0, 0, 1, 1, 2], lo=1, hi=5) is None
    assert follow_up(asked=200, first=first, second=[0, 0, 1, 2, 2], lo=1, hi=5) is not None


def test_below_an_effective_n_of_eight_there_is_no_interval() -> None:
    found = follow_up(asked=200, first=[0, 0, 0, 2, 2], second=[0, 0, 1, 2, 2], lo=1, hi=5)

    assert found is not None
    assert found.n_effective < 8
    assert (found.low, found.high) == (None, None)


def test_where_nobody_answered_at_first_the_follow_up_stands_alone() -> None:
    found = follow_up(asked=80, first=[0] * 5, second=[0, 1, 3, 8, 11], lo=1, hi=5)

    assert found is not None
    assert found.value == pytest.approx(98 / 23)
    assert found.n_effective == pytest.approx(23)


def test_where_everybody_answered_there_is_no_silence_to_ask() -> None:
    with pytest.raises(ValueError, match="kept silent"):
        follow_up(asked=10, first=[0, 0, 0, 5, 5], second=[0, 0, 0, 5, 5], lo=1, hi=5)


def test_five_happy_answers_are_no_certainty() -> None:
    found = follow_up(asked=200, first=[0, 0, 0, 0, 100], second=[0, 0, 0, 0, 5], lo=1, hi=5, pooled=1.5)

    assert found is not None
    assert found.low is not None
    assert found.low < 4.8


def test_the_margin_to_expect_is_that_of_the_estimate() -> None:
    first, second = [10, 10, 20, 40, 80], [3, 3, 5, 10, 19]
    found = follow_up(asked=800, first=first, second=second, lo=1, hi=5, pooled=1.6)
    expected = follow_up_margin(asked=800, answered=160, reached=40, variance=1.6)

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert expected == pytest.approx((found.high - found.low) / 2, rel=0.06)


@dataclass(frozen=True)
class Errors:
    """Errors in POMP of the mean as answered and with the follow-up, and how often the interval held."""

    raw: NDArray[np.float64]
    mended: NDArray[np.float64]
    covered: float


def simulated(strength: float | None) -> Errors:
    """Return the errors over 1000 services near 70 POMP whose angry users answer more.

    Of 120 drawn half answer, with this strength of the same selection; None reaches every one of 40 drawn.
    """
    rng = np.random.default_rng(20240101)
    _, latent, odds = _tickets(rng, (ROUNDS, TICKETS), BAD)
    stars = _ratings(rng, latent)
    leaning = odds + MOODS["the angry answer more"][stars]
    answered = rng.random(stars.shape) < expit(-1.5 + leaning)
    raw, mended, covered = [], [], 0
    for row in range(ROUNDS):
        silent = rng.permutation(np.flatnonzero(~answered[row]))
        if strength is None:
            reached = silent[:40]
        else:
            drawn = silent[:DRAWN]
            centred = strength * (leaning[row][drawn] - leaning[row][silent].mean())
            reached = drawn[rng.random(DRAWN) < expit(centred)]
        first, second = _counts(stars[row][answered[row]]), _counts(stars[row][reached])
        found = follow_up(asked=TICKETS, first=first, second=second, lo=1, hi=5)
        assert found is not None
        truth = stars[row].mean() + 1
        raw.append(POMP_PER_STAR * (np.average(range(1, 6), weights=first) - truth))
        mended.append(POMP_PER_STAR * (found.value - truth))
        covered += (found.low or 0.0) <= truth <= (found.high or 0.0)
    return Errors(np.array(raw), np.array(mended), covered / ROUNDS)


def _counts(stars: NDArray[np.int64]) -> list[int]:
    return np.bincount(stars, minlength=5).tolist()


def test_reaching_everybody_drawn_takes_the_bias_away_and_the_interval_holds() -> None:
    errors = simulated(None)

    assert errors.raw.mean() < -6
    assert abs(errors.mended.mean()) < 0.5
    assert 0.93 < errors.covered < 0.98


def test_half_the_selection_left_leaves_little_of_the_bias() -> None:
    errors = simulated(0.5)

    assert errors.mended.mean() == pytest.approx(-1.5, abs=0.3)
    assert np.sqrt((errors.mended**2).mean()) == pytest.approx(3.4, abs=0.3)
    assert 0.93 < errors.covered < 0.97
