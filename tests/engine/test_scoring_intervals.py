"""Intervals against independent routes: roots of the score equation, scipy's quantiles, brute force."""

import numpy as np
import pytest
from scipy import optimize, stats

from experience.engine.intervals import (
    Interval,
    moderate,
    moderated_wilson,
    moments_of_counts,
    mover,
    mover_geometric,
    order_statistic,
    order_statistic_ranks,
    p_below,
    pooled_variance,
    quantile_rank,
    wilson,
)

STARS = {"lo": 1.0, "hi": 5.0, "pooled": 1.44}


def score_equation_limits(mean: float, variance: float, n: float, pooled: float) -> tuple[float, float]:
    """Solve |p - q| = t sqrt(q(1-q)/n*) for q numerically, on stars."""
    worth = (mean - 1.0) / 4.0
    moderated = ((n - 1.0) * variance + 4.0 * pooled) / (n + 3.0) / 16.0
    smooth = (n * worth + 1.0) / (n + 2.0)
    n_star = n * smooth * (1.0 - smooth) / moderated
    t = stats.t.ppf(0.975, n + 3.0)

    def distance(q: float) -> float:
        return (worth - q) ** 2 - t**2 * q * (1.0 - q) / n_star

    low = optimize.brentq(distance, 0.0, worth - 1e-12, xtol=1e-14) if worth > 0 else 0.0
    high = optimize.brentq(distance, worth + 1e-12, 1.0, xtol=1e-14) if worth < 1 else 1.0
    return 1.0 + 4.0 * low, 1.0 + 4.0 * high


@pytest.mark.parametrize("mean", [1.0, 1.7, 3.2, 4.6, 5.0])
@pytest.mark.parametrize("n", [2.0, 8.0, 37.4, 900.0])
def test_the_moderated_interval_solves_the_score_equation(mean: float, n: float) -> None:
    variance = (5.0 - mean) * (mean - 1.0) * 0.6

    found = moderated_wilson(mean, variance, n, **STARS)

    assert (found.low, found.high) == pytest.approx(score_equation_limits(mean, variance, n, 1.44), abs=1e-9)


def test_eight_fives_do_not_make_a_certain_five() -> None:
    found = moderated_wilson(5.0, 0.0, 8.0, **STARS)

    assert found.low == pytest.approx(4.278158978)
    assert found.high == 5.0


def test_the_interval_and_the_test_agree_at_the_target() -> None:
    limits = moderated_wilson(3.9, 1.3, 25.0, **STARS, level=0.90)

    p = p_below(3.9, 1.3, 25.0, target=limits.high, **STARS)

    assert p == pytest.approx(0.05)


def test_too_much_lost_time_is_below_target() -> None:
    scale = {"lo": 0.0, "hi": 480.0, "target": 120.0, "higher_is_better": False}

    bad, good = (p_below(mean, 8000.0, 60.0, **scale) for mean in (200.0, 60.0))

    assert bad < 0.001
    assert good > 0.999


def test_a_batch_of_services_equals_each_alone() -> None:
    mean, n = np.array([2.0, 3.3, 4.8]), np.array([9.0, 30.0, 400.0])
    variance = np.array([1.0, 1.5, 0.3])

    together = moderated_wilson(mean, variance, n, **STARS)
    p = p_below(mean, variance, n, target=4.2, **STARS)

    for i in range(3):
        row = float(mean[i]), float(variance[i]), float(n[i])
        alone = moderated_wilson(*row, **STARS)
        assert (together.low[i], together.high[i]) == (alone.low, alone.high)
        assert p[i] == p_below(*row, target=4.2, **STARS)


def test_single_numbers_come_back_as_plain_floats() -> None:
    assert type(wilson(0.35, 20).low) is float
    assert type(p_below(3.9, 1.3, 25.0, target=4.2, **STARS)) is float


def test_the_cold_start_variance_stands_in_for_a_missing_one() -> None:
    assumed = moderate(4.0, 1.0, 12.0, lo=1.0, hi=5.0)

    given = moderate(4.0, 1.0, 12.0, lo=1.0, hi=5.0, pooled=0.09 * 16.0)

    assert assumed == given


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_effective": 0.0}, "their score is None"),
        ({"pooled": 0.0}, "pooled variance must be positive"),
        ({"lo": 5.0, "hi": 1.0}, "lower end first"),
    ],
    ids=["no answers", "nothing varies", "scale reversed"],
)
def test_impossible_evidence_is_refused(change: dict[str, float], message: str) -> None:
    evidence = {"mean": 4.0, "variance": 1.0, "n_effective": 12.0, **STARS} | change

    with pytest.raises(ValueError, match=message):
        moderate(**evidence)


@pytest.mark.parametrize("target", [1.0, 5.0, 6.0])
def test_a_target_at_the_end_of_the_scale_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="inside the scale"):
        p_below(4.0, 1.0, 12.0, target=target, **STARS)


def test_moments_of_counts_are_those_of_the_answers() -> None:
    counts = np.array([[1, 0, 1, 2, 8], [0, 0, 0, 0, 1], [3, 3, 3, 3, 3]])

    found = moments_of_counts(counts, [1, 2, 3, 4, 5])

    for i, row in enumerate(counts):
        answers = np.repeat([1, 2, 3, 4, 5], row)
        assert found.mean[i] == pytest.approx(answers.mean())
        assert found.variance[i] == pytest.approx(answers.var(ddof=1) if len(answers) > 1 else 0.0)


def test_a_service_without_answers_has_no_moments() -> None:
    with pytest.raises(ValueError, match="their score is None"):
        moments_of_counts([[1, 2], [0, 0]], [0, 1])


def test_the_pooled_variance_weighs_by_degrees_of_freedom() -> None:
    assert pooled_variance([2.0, 5.0], [3, 11]) == pytest.approx((2 * 2.0 + 10 * 5.0) / 12)


@pytest.mark.parametrize(("variances", "sizes"), [([], []), ([0.0], [1]), ([0.0, 0.0], [9, 9])])
def test_nothing_varying_pools_to_none(variances: list[float], sizes: list[int]) -> None:
    assert pooled_variance(variances, sizes) is None


@pytest.mark.parametrize("n", [6, 15, 40, 177, 1000])
@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_order_statistic_ranks_are_binomial_quantiles(n: int, quantile: float) -> None:
    lower = int(stats.binom.ppf(0.025, n, quantile))
    upper = n + 1 - lower if quantile == 0.5 else int(stats.binom.ppf(0.975, n, quantile)) + 1

    found = order_statistic_ranks(n, quantile)

    assert found == ((lower, upper) if lower >= 1 and upper <= n else None)


@pytest.mark.parametrize(("n", "quantile"), [(5, 0.5), (20, 0.9)])
def test_too_few_values_bound_no_quantile(n: int, quantile: float) -> None:
    assert order_statistic_ranks(n, quantile) is None
    assert order_statistic(np.arange(float(n)), quantile) is None


def test_the_median_sits_at_the_lower_middle() -> None:
    assert [quantile_rank(n, 0.5) for n in (1, 2, 3, 4, 15)] == [1, 1, 2, 2, 8]


def test_full_correlation_adds_the_half_widths() -> None:
    found = mover([70.0, 60.0], [60.0, 56.0], [75.0, 70.0], [1.0, 1.0], correlation=1.0)

    assert found.value - found.low == pytest.approx((10.0 + 4.0) / 2)
    assert found.high - found.value == pytest.approx((5.0 + 10.0) / 2)


def test_a_measured_correlation_matrix_is_used() -> None:
    parts = ([70.0, 60.0], [60.0, 56.0], [75.0, 70.0], [1.0, 1.0])

    found = mover(*parts, correlation=[[1.0, 0.3], [0.3, 1.0]])

    assert found == mover(*parts, correlation=0.3)


def test_the_geometric_interval_never_exceeds_a_hundred() -> None:
    found = mover_geometric([95.0, 99.0], [80.0, 90.0], [100.0, 100.0], [0.5, 0.5])

    assert found.low < found.value < found.high <= 100.0


def test_wilson_at_the_ends_stays_inside() -> None:
    assert wilson(0.0, 10).low == 0.0
    assert wilson(1.0, 10).high == 1.0
    assert wilson(0.5, 1e12) == Interval(pytest.approx(0.5, abs=1e-5), pytest.approx(0.5, abs=1e-5))
