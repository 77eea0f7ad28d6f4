"""Change over time, actions, and exact rates."""

import numpy as np
import pytest
from scipy import stats

from experience.engine.change import Effect, did, ewma, rate_ratio, trend

CONTROLS_BEFORE = np.array([[70.0, 72.0, 74.0], [60.0, 60.0, 60.0]] * 5)
CONTROLS_AFTER = CONTROLS_BEFORE.mean(axis=1) + np.array(
    [1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5, 3.0, -3.0]
)


def test_an_action_is_compared_with_what_others_did_meanwhile() -> None:
    found = did([50.0, 54.0, 52.0], 66.0, CONTROLS_BEFORE, CONTROLS_AFTER + 4.0)

    error = np.std([1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5, 3.0, -3.0], ddof=1) * np.sqrt(1.1)
    half = stats.t.ppf(0.975, 9) * error
    assert found is not None
    assert found.value == pytest.approx(10.0)
    assert (found.low, found.high) == pytest.approx((10.0 - half, 10.0 + half))
    assert found.detectable == pytest.approx(2.8 * error)
    assert found.placebo_p == pytest.approx(1 / 11)
    assert (found.verdict, found.controls) == (Effect.IMPROVED, 10)


@pytest.mark.parametrize(
    ("after", "verdict"), [(70.0, Effect.IMPROVED), (53.0, Effect.NO_EVIDENCE), (40.0, Effect.WORSE)]
)
def test_the_verdict_needs_an_interval_beside_zero(after: float, verdict: Effect) -> None:
    found = did([50.0, 54.0, 52.0], after, CONTROLS_BEFORE, CONTROLS_AFTER)

    assert found is not None
    assert found.verdict is verdict


def test_the_placebo_rank_counts_controls_that_moved_as_far() -> None:
    found = did([52.0, 52.0, 52.0], 54.0, CONTROLS_BEFORE, CONTROLS_AFTER)

    assert found is not None
    assert found.placebo_p == pytest.approx((1 + 4) / 11)


def test_seven_controls_are_too_few() -> None:
    assert did([50.0] * 3, 60.0, CONTROLS_BEFORE[:7], CONTROLS_AFTER[:7]) is None
    assert did([50.0] * 3, 60.0, CONTROLS_BEFORE[:8], CONTROLS_AFTER[:8]) is not None


@pytest.mark.parametrize(("now", "before"), [(0, 12), (3, 9), (40, 31), (700, 650)])
def test_the_rate_ratio_agrees_with_scipys_exact_binomial(now: int, before: int) -> None:
    share = 21000.0 / (21000.0 + 20500.0)
    test = stats.binomtest(now, now + before, share)
    limits = test.proportion_ci(method="exact")

    found = rate_ratio(count_now=now, exposure_now=21000.0, count_before=before, exposure_before=20500.0)

    assert found is not None
    assert found.p == pytest.approx(test.pvalue)
    assert found.low == pytest.approx(limits.low / (1 - limits.low) * 20500.0 / 21000.0)
    assert found.high == pytest.approx(limits.high / (1 - limits.high) * 20500.0 / 21000.0)


def test_nothing_before_leaves_the_ratio_open_above() -> None:
    found = rate_ratio(count_now=5, exposure_now=100.0, count_before=0, exposure_before=100.0)

    assert found is not None
    assert (found.value, found.high) == (None, None)
    assert found.low > 0.5


def test_no_events_at_all_have_no_ratio() -> None:
    assert rate_ratio(count_now=0, exposure_now=10.0, count_before=0, exposure_before=10.0) is None


def test_without_exposure_there_is_no_rate() -> None:
    with pytest.raises(ValueError, match="active user-days"):
        rate_ratio(count_now=1, exposure_now=0.0, count_before=1, exposure_before=10.0)


def test_weeks_that_scatter_more_than_their_answers_widen_the_trend() -> None:
    weeks = np.arange(12.0)
    calm, shaken = 70.0 - weeks, 70.0 - weeks + 12.0 * np.tile([1.0, -1.0], 6)
    sizes = np.full(12, 20.0)

    plain, inflated = (trend(means, sizes, answer_variance=900.0) for means in (calm, shaken))

    assert plain is not None
    assert inflated is not None
    assert plain.phi == 1.0
    fit = stats.linregress(weeks, shaken)
    assert inflated.phi > 1.0
    assert (inflated.slope, inflated.standard_error, inflated.p) == pytest.approx(
        (fit.slope, fit.stderr, fit.pvalue)
    )


def test_a_silent_week_is_left_out_but_keeps_its_place() -> None:
    means, sizes = 70.0 - 2.0 * np.arange(10.0), np.full(10, 20.0)
    means[4], sizes[4] = np.nan, 0.0

    found = trend(means, sizes, answer_variance=900.0)

    assert found is not None
    assert found.slope == pytest.approx(-2.0)
    assert found.df == 7


def test_seven_weeks_show_no_trend() -> None:
    assert trend(np.arange(7.0), np.full(7, 20.0), answer_variance=900.0) is None


def test_a_lasting_drift_leaves_the_limits() -> None:
    steady, drifting = ewma([0.3, -0.2, 0.1] * 5), ewma([-1.5] * 12)

    assert not any(point.drifted for point in steady)
    assert not drifting[0].drifted
    assert drifting[-1].drifted
