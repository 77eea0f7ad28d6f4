"""Histograms of durations."""

import numpy as np
import pytest

from experience.engine.histogram import LogHistogram, bucket_of, buckets_of, value_of
from experience.engine.intervals import order_statistic


def test_a_bucket_stands_for_its_values_within_one_percent() -> None:
    values = np.geomspace(1e-6, 1e9, 4001)

    stands_for = np.array([value_of(index) for index in buckets_of(values).tolist()])

    assert np.abs(stands_for / values - 1.0).max() <= 0.01 + 1e-9


def test_zero_has_its_own_bucket_below_all_others() -> None:
    found = LogHistogram.of([0.0, 0.0, 0.0, 5.0])

    assert found.quantile(0.5) == 0.0
    assert value_of(bucket_of(0.0)) == 0.0


def test_negative_durations_are_refused() -> None:
    with pytest.raises(ValueError, match="check the ticket's times"):
        LogHistogram.of([3.0, -1.0])


def test_two_days_merge_into_the_window() -> None:
    monday, tuesday = [3.0, 90.0, 14.0], [3.0, 700.0]

    merged = LogHistogram.of(monday).merged(LogHistogram.of(tuesday))

    assert merged == LogHistogram.of(monday + tuesday)


def test_an_erased_value_leaves_no_trace() -> None:
    whole, gone = LogHistogram.of([3.0, 90.0, 14.0]), LogHistogram.of([90.0])

    left = whole.merged(LogHistogram({index: -count for index, count in gone.counts.items()}))

    assert left == LogHistogram.of([3.0, 14.0])


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_its_interval_is_that_of_the_raw_values_within_one_percent(quantile: float) -> None:
    values = np.random.default_rng(3).lognormal(4.0, 1.2, 300)

    found = LogHistogram.of(values.tolist()).quantile_interval(quantile)
    raw = order_statistic(values, quantile)

    assert found is not None
    assert raw is not None
    assert (found.value, found.low, found.high) == pytest.approx(
        (raw.value, raw.low, raw.high), rel=0.01 + 1e-9
    )


def test_an_empty_histogram_is_silent() -> None:
    empty = LogHistogram({})

    assert (empty.n, empty.quantile(0.5), empty.quantile_interval(0.5)) == (0, None, None)


@pytest.mark.parametrize("rank", [0, 3])
def test_a_rank_outside_the_values_is_refused(rank: int) -> None:
    with pytest.raises(ValueError, match="outside the 2 values"):
        LogHistogram.of([1.0, 2.0]).value_at_rank(rank)
