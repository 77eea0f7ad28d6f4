"""What holds for every input, not only for the worked ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from experience.engine.blend import Score, composite, contributions, dimension_score, geometric_mean
from experience.engine.gaps import discard_bh, e_value, log_e_value
from experience.engine.histogram import LogHistogram
from experience.engine.intervals import moderated_wilson, moments_of_counts, mover, p_below, wilson
from experience.engine.normalise import Anchors
from experience.engine.pooling import shrink
from experience.engine.receipt import disagreements, input_hash
from experience.engine.weighting import calibrate, class_rates, class_weights, trim, weighted_moments

STARS = (1, 2, 3, 4, 5)
VALUES = (0.0, 0.25, 0.5, 0.75, 1.0)
SCORES = st.floats(0.0, 100.0)
WEIGHTS = st.floats(0.01, 10.0)
COUNTS = hnp.arrays(np.int64, 5, elements=st.integers(0, 400)).filter(lambda counts: counts.sum() > 0)
POOLED = st.floats(0.01, 4.0)


@st.composite
def anchors(draw: st.DrawFn) -> Anchors:
    floor, target, ceiling = sorted(
        draw(st.lists(st.integers(-500, 500), min_size=3, max_size=3, unique=True))
    )
    return Anchors(floor, target, ceiling) if draw(st.booleans()) else Anchors(ceiling, target, floor)


@st.composite
def sampled_scores(draw: st.DrawFn) -> Score:
    low, value, high = sorted(draw(st.tuples(SCORES, SCORES, SCORES)))
    return Score(value, low, high, 1.0, draw(st.floats(1.0, 500.0)))


@given(anchors(), st.floats(-600.0, 600.0), st.floats(-600.0, 600.0))
def test_a_better_value_never_scores_less(anchors: Anchors, a: float, b: float) -> None:
    worse, better = sorted([a, b], reverse=not anchors.higher_is_better)

    assert 0.0 <= anchors.score(worse) <= anchors.score(better) <= 100.0


@given(
    st.dictionaries(st.sampled_from("XOTS"), SCORES, min_size=1), st.lists(WEIGHTS, min_size=4, max_size=4)
)
def test_contributions_sum_to_the_distance_from_target(
    values: dict[str, float], weights: list[float]
) -> None:
    agreed = dict(zip("XOTS", weights, strict=True))

    parts = contributions(values, agreed)

    assert math.fsum(parts.values()) == pytest.approx(geometric_mean(values, agreed) - 70.0, abs=1e-9)
    for name, part in parts.items():
        assert part * (max(values[name], 10.0) - 70.0) >= 0.0


@given(sampled_scores(), st.none() | sampled_scores(), st.none() | sampled_scores())
def test_a_published_interval_contains_its_score(x: Score, o: Score | None, t: Score | None) -> None:
    found = composite({"X": x, "O": o, "T": t}, {"X": 0.5, "O": 0.25, "T": 0.25})

    if found is None:
        assert o is None
        assert t is None
    else:
        low, high = found.score.low, found.score.high
        assert low is not None
        assert high is not None
        assert low - 1e-9 <= found.score.value <= high + 1e-9
        assert high <= 100.0


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), sampled_scores(), min_size=1), st.floats(0.0, 1.0)
)
def test_a_dimension_lies_between_its_indicators(indicators: dict[str, Score], correlation: float) -> None:
    found = dimension_score(indicators, dict.fromkeys(indicators, 1.0), correlation=correlation)

    assert found is not None
    values = [score.value for score in indicators.values()]
    assert min(values) - 1e-9 <= found.value <= max(values) + 1e-9
    assert found.low is not None
    assert found.high is not None
    assert (
        min(s.low for s in indicators.values() if s.low is not None) - 1e-9 <= found.low <= found.value + 1e-9
    )
    assert found.value - 1e-9 <= found.high


@given(COUNTS, POOLED, st.floats(0.3, 1.0))
def test_a_moderated_interval_contains_its_mean_and_stays_on_the_scale(
    counts: np.ndarray, pooled: float, worth: float
) -> None:
    found = moments_of_counts(counts, STARS)
    mean, n = float(found.mean), max(1.0, float(found.n) * worth)

    limits = moderated_wilson(mean, float(found.variance), n, lo=1.0, hi=5.0, pooled=pooled)

    assert 1.0 <= limits.low <= mean + 1e-12
    assert mean - 1e-12 <= limits.high <= 5.0
    assert limits.low < limits.high


@given(COUNTS, POOLED, st.floats(1.5, 4.5), st.floats(0.05, 0.45))
def test_a_higher_target_is_missed_more_surely(
    counts: np.ndarray, pooled: float, target: float, more: float
) -> None:
    found = moments_of_counts(counts, STARS)
    evidence = float(found.mean), float(found.variance), float(found.n)
    scale = {"lo": 1.0, "hi": 5.0, "pooled": pooled}

    low, high = (p_below(*evidence, target=t, **scale) for t in (target, target + more))

    assert 0.0 <= high <= low <= 1.0


@given(st.integers(1, 5000), st.data())
def test_wilson_contains_the_share(n: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, n)) / n

    found = wilson(share, n)

    assert 0.0 <= found.low <= share <= found.high <= 1.0


@given(st.lists(st.tuples(SCORES, SCORES, SCORES, WEIGHTS), min_size=1, max_size=6), st.floats(0.0, 0.9))
def test_more_correlation_never_narrows_an_interval(
    parts: list[tuple[float, float, float, float]], correlation: float
) -> None:
    rows = [(*sorted(part[:3]), part[3]) for part in parts]
    low, value, high, weight = (list(column) for column in zip(*rows, strict=True))

    less, more = (mover(value, low, high, weight, correlation=r) for r in (correlation, correlation + 0.1))

    assert more.low <= less.low + 1e-9
    assert more.high >= less.high - 1e-9


@given(COUNTS, COUNTS, st.floats(0.05, 0.95))
def test_an_e_value_depends_on_counts_alone(a: np.ndarray, b: np.ndarray, target: float) -> None:
    together = float(log_e_value(a + b, VALUES, target))

    assert np.isfinite(together)
    assert together == pytest.approx(float(log_e_value(b + a, VALUES, target)))
    stacked = log_e_value(np.stack([a, b]), VALUES, target, relative_weights=np.ones(2))
    assert float(stacked) == pytest.approx(
        float(log_e_value((a + b)[np.newaxis, :], VALUES, target, relative_weights=np.ones(1)))
    )


@given(COUNTS, st.floats(0.1, 0.9), st.integers(0, 4))
def test_a_worse_answer_never_lowers_the_e_value(counts: np.ndarray, target: float, score: int) -> None:
    worst, other = counts.copy(), counts.copy()
    worst[0] += 1
    other[score] += 1

    assert float(log_e_value(worst, VALUES, target)) >= float(log_e_value(other, VALUES, target)) - 1e-9


@given(st.lists(st.floats(0.0, 1.0), max_size=40), st.floats(0.01, 0.3))
def test_more_tolerance_never_loses_a_discovery(p_values: list[float], rate: float) -> None:
    strict, loose = discard_bh(p_values, rate=rate), discard_bh(p_values, rate=rate + 0.1)

    assert not (strict & ~loose).any()
    found = [p for p, hit in zip(p_values, strict, strict=True) if hit]
    missed = [p for p, hit in zip(p_values, strict, strict=True) if not hit]
    assert max(found, default=0.0) <= min(missed, default=1.0)


@given(
    st.dictionaries(
        st.text("012", min_size=3, max_size=3),
        st.tuples(st.integers(0, 400), st.floats(0.0, 1.0)),
        min_size=1,
    )
)
def test_a_class_rate_stays_between_its_own_and_its_parents(classes: dict[str, tuple[int, float]]) -> None:
    asked = {code: n for code, (n, _) in classes.items()}
    answers = {code: int(n * share) for code, (n, share) in classes.items()}

    rates = class_rates(asked, answers)

    for code, n in asked.items():
        ends = [rates.of(code[:-1])] + ([answers[code] / n] if n else [])
        assert 0.0 < rates.of(code) < 1.0
        assert min(ends) - 1e-12 <= rates.of(code) <= max(ends) + 1e-12


@given(
    hnp.arrays(np.float64, (3, 5), elements=st.floats(0.01, 1.0)),
    hnp.arrays(np.int64, (3, 5), elements=st.integers(0, 30)).filter(lambda n: (n.sum(axis=1) > 0).all()),
    hnp.arrays(np.bool_, 5),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_weights_stay_positive_and_their_mean_inside_the_answers(
    rates: np.ndarray, answers: np.ndarray, hassle: np.ndarray, resolved_hassle: int, resolved_other: int
) -> None:
    values = np.array([10.0, 20.0, 50.0, 70.0, 90.0])
    cut = trim(class_weights(rates), answers)

    weights = calibrate(
        cut, answers, hassle, resolved_hassle=float(resolved_hassle), resolved_other=float(resolved_other)
    )
    found = weighted_moments(weights, answers, answers * values, answers * values**2)

    assert (cut * answers).sum(axis=1) == pytest.approx(answers.sum(axis=1))
    assert (weights > 0.0).all()
    assert np.isfinite(found.mean).all()
    assert ((found.mean >= 10.0 - 1e-9) & (found.mean <= 90.0 + 1e-9)).all()
    assert ((found.kish >= 1.0 - 1e-9) & (found.kish <= found.n + 1e-9)).all()
    assert (found.variance >= 0.0).all()


@given(st.lists(st.tuples(SCORES, st.floats(0.5, 400.0)), min_size=1, max_size=30))
def test_a_shrunk_score_lies_between_itself_and_the_fleet(services: list[tuple[float, float]]) -> None:
    scores, variances = np.array(services).T

    found = shrink(scores, variances)

    assert np.isfinite(found.value).all()
    assert (found.variance > 0.0).all()
    assert found.value.min() >= scores.min() - 1e-9
    assert found.value.max() <= scores.max() + 1e-9


@given(st.lists(st.floats(0.0, 1e7), max_size=60), st.integers(0, 60))
def test_a_merged_histogram_is_the_histogram_of_all(values: list[float], cut: int) -> None:
    merged = LogHistogram.of(values[:cut]).merged(LogHistogram.of(values[cut:]))

    assert merged == LogHistogram.of(values)
    assert merged.quantile(0.5) == LogHistogram.of(sorted(values)).quantile(0.5)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_anything_json_holds_has_a_hash_and_agrees_with_itself(value: object) -> None:
    assert len(input_hash(value)) == 64
    assert disagreements(value, value) == []


@given(COUNTS)
def test_an_e_value_is_a_positive_number(counts: np.ndarray) -> None:
    found = float(e_value(counts, VALUES, 0.8))

    assert np.isfinite(found)
    assert found > 0.0
