"""Weights: rates down the hierarchy, trimming, calibration, effective n, and what weighting cannot fix."""

import numpy as np
import pytest

from experience.engine.weighting import (
    Robustness,
    answers_by_class,
    calibrate,
    can_weigh_early,
    class_rates,
    class_weights,
    design_effect,
    is_hassle,
    is_representative,
    median_weight,
    r_indicator,
    relative_weights,
    robustness,
    tipping_point,
    trim,
    weighted_moments,
)


def test_a_class_rate_is_shrunk_down_the_keys() -> None:
    rates = class_rates({"00": 100, "01": 20, "10": 4}, {"00": 30, "01": 2, "10": 3})

    root = (35 + 20 * 0.2) / (124 + 20)
    zero = (32 + 20 * root) / (120 + 20)
    one = (3 + 20 * root) / (4 + 20)
    assert rates.of("00") == pytest.approx((30 + 20 * zero) / 120)
    assert rates.of("01") == pytest.approx((2 + 20 * zero) / 40)
    assert rates.of("10") == pytest.approx((3 + 20 * one) / 24)


def test_a_class_never_asked_takes_the_rate_of_its_parent() -> None:
    rates = class_rates({"00": 100, "10": 40}, {"00": 30, "10": 4})

    assert rates.of("19") == rates.of("1")
    assert rates.of("99") == rates.of("")
    assert rates.of("1") != rates.of("")


def test_before_anyone_was_asked_the_rate_is_a_fifth() -> None:
    assert class_rates({}, {}).of("001000") == pytest.approx(0.2)


def test_more_answers_than_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="more answers than questions"):
        class_rates({"00": 3}, {"00": 4})


@pytest.mark.parametrize(
    ("code", "hassle"),
    [
        ("000000", False),
        ("100000", False),
        ("010000", True),
        ("001000", True),
        ("002000", True),
        ("000222", False),
        ("0", False),
        ("", False),
        ("00", False),
        ("01", True),
    ],
)
def test_a_hassle_is_a_reopened_or_late_resolution(code: str, hassle: bool) -> None:
    assert is_hassle(code) is hassle


def test_a_rarely_asked_ticket_speaks_for_more() -> None:
    weights = class_weights([0.2, 0.2, 0.4], [1.0, 0.1, 1.0])

    assert weights.tolist() == pytest.approx([5.0, 50.0, 2.5])


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.5])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="must lie above 0"):
        class_weights([rate])


@pytest.mark.parametrize(
    ("weights", "answers"), [([1.0, 9.0, 4.0], [3, 2, 4]), ([2.0, 8.0], [2, 2]), ([7.0, 1.0, 3.0], [0, 1, 1])]
)
def test_the_median_weight_is_that_of_the_answers(weights: list[float], answers: list[int]) -> None:
    assert float(median_weight(weights, answers)) == np.median(np.repeat(weights, answers))


def test_trimming_classes_is_trimming_their_answers() -> None:
    weights, answers = np.array([1.0, 2.0, 60.0, 9.0]), np.array([5, 4, 1, 2])

    by_class = trim(weights, answers)
    by_answer = trim(np.repeat(weights, answers), np.ones(12))

    assert np.repeat(by_class, answers).tolist() == pytest.approx(by_answer.tolist())
    assert by_class[2] == pytest.approx(
        by_class[3] * 0 + 5 * np.median(np.repeat([1, 2, 60, 9], answers) * 12 / 91)
    )


def test_many_services_are_trimmed_and_calibrated_each_on_its_own() -> None:
    rng = np.random.default_rng(5)
    weights, answers = rng.lognormal(0.0, 1.5, (40, 6)), rng.integers(0, 6, (40, 6))
    answers[:, 0] += 1
    hassle = np.array([False, True, False, True, True, False])
    resolved = rng.integers(20, 90, (40, 2)).astype(float)

    def one(row: int) -> np.ndarray:
        cut = trim(weights[row], answers[row])
        sides = {"resolved_hassle": resolved[row, 0], "resolved_other": resolved[row, 1]}
        return calibrate(cut, answers[row], hassle, **sides)

    together = calibrate(
        trim(weights, answers), answers, hassle, resolved_hassle=resolved[:, 0], resolved_other=resolved[:, 1]
    )

    assert together == pytest.approx(np.stack([one(row) for row in range(40)]))


def test_calibration_gives_each_side_the_weight_of_its_tickets() -> None:
    answers, hassle = np.array([6.0, 4.0, 5.0, 3.0]), np.array([False, False, True, True])

    weights = calibrate(
        np.array([4.0, 1.0, 3.0, 2.0]), answers, hassle, resolved_hassle=30.0, resolved_other=70.0
    )

    mass = weights * answers
    assert (mass[hassle].sum(), mass[~hassle].sum()) == pytest.approx((30.0, 70.0))
    assert weights[0] / weights[1] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("answers", "resolved_hassle"),
    [([6.0, 4.0], 30.0), ([6.0, 5.0], 0.0)],
    ids=["four answers", "no tickets"],
)
def test_a_side_too_small_leaves_the_weights(answers: list[float], resolved_hassle: float) -> None:
    weights = np.array([4.0, 3.0])

    found = calibrate(
        weights, answers, np.array([False, True]), resolved_hassle=resolved_hassle, resolved_other=70.0
    )

    assert found.tolist() == weights.tolist()


def test_weighted_moments_from_class_sums_are_those_of_the_answers() -> None:
    values = [np.array([5, 4, 5, 1]), np.array([2, 3]), np.array([4])]
    weights = np.array([1.0, 3.0, 0.5])
    w = np.repeat(weights, [len(v) for v in values])
    y = np.concatenate(values)
    mean = (w * y).sum() / w.sum()

    found = weighted_moments(
        weights, [len(v) for v in values], [v.sum() for v in values], [(v**2).sum() for v in values]
    )

    assert float(found.mean) == pytest.approx(mean)
    assert float(found.variance) == pytest.approx((w * (y - mean) ** 2).sum() / w.sum() * 7 / 6)
    assert float(found.kish) == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert float(found.n) == 7.0


def test_a_single_answer_has_no_variance() -> None:
    found = weighted_moments([2.0], [1], [4], [16])

    assert (float(found.mean), float(found.variance)) == (4.0, 0.0)


def test_no_answers_have_no_weights() -> None:
    with pytest.raises(ValueError, match="they need no weights"):
        trim([[1.0, 2.0], [1.0, 2.0]], [[3, 4], [0, 0]])


def test_no_answers_have_no_weighted_mean() -> None:
    with pytest.raises(ValueError, match="their score is None"):
        weighted_moments([1.0], [0], [0], [0])


@pytest.mark.parametrize(
    ("per_person", "effect"),
    [([1] * 60, 1.0), ([4] * 15, 1.9), ([1, 1, 4], 1.6)],
    ids=["everyone once", "fifteen people four times", "one talkative"],
)
def test_people_who_answer_often_count_less(per_person: list[int], effect: float) -> None:
    assert design_effect(sum(per_person), sum(k * k for k in per_person)) == pytest.approx(effect)


def test_betting_weights_lie_between_zero_and_one() -> None:
    assert relative_weights([1.0, 2.0, 6.0, 50.0], 2.0).tolist() == pytest.approx([1 / 6, 1 / 3, 1.0, 1.0])


def test_weights_enter_the_early_lane_from_two_hundred_asked() -> None:
    assert [can_weigh_early(asked) for asked in (199, 200)] == [False, True]


@pytest.mark.parametrize(
    ("shift", "firmness"),
    [(0.4, Robustness.ROBUST), (0.39, Robustness.FAIR), (0.2, Robustness.FAIR), (0.19, Robustness.FRAGILE)],
)
def test_a_flag_is_robust_when_the_silent_must_be_much_happier_on_its_scale(
    shift: float, firmness: Robustness
) -> None:
    assert robustness(shift, range_width=4.0) is firmness


def test_a_tipping_point_is_in_the_units_of_the_means() -> None:
    stars = tipping_point(target=4.2, response_rate=0.2, raw_mean=3.8, weighted_mean=4.0)

    assert stars is not None
    assert stars.shift == pytest.approx((4.2 - (0.2 * 3.8 + 0.8 * 4.0)) / 0.8)


def test_when_all_answered_nobody_silent_can_change_it() -> None:
    assert tipping_point(target=70.0, response_rate=1.0, raw_mean=60.0, weighted_mean=60.0) is None


def test_equal_response_everywhere_is_representative() -> None:
    assert r_indicator([0.2, 0.2], [10, 90]) == pytest.approx(1.0)


def test_below_three_quarters_the_answers_are_not_representative() -> None:
    assert [is_representative(value) for value in (0.749, 0.75)] == [False, True]


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ({"0": 5}, {"00": 2.5, "01": 2.5, "10": 0.0}),
        ({"00": 6, "0": 7}, {"00": 8.0, "01": 5.0, "10": 0.0}),
        ({"": 40}, {"00": 10.0, "01": 10.0, "10": 10.0}),
        ({"00": 12}, {"00": 10.0, "01": 0.0, "10": 0.0}),
    ],
    ids=["of one fact", "beside known ones", "more than were asked", "more than were asked of a class"],
)
def test_answers_of_a_coarse_class_are_shared_out_among_the_silent(
    answers: dict[str, int], known: dict[str, float]
) -> None:
    assert answers_by_class({"00": 10, "01": 10, "10": 10}, answers) == pytest.approx(known)


def test_five_answers_on_either_side_are_enough_to_calibrate() -> None:
    hassle = np.array([False, True])

    found = calibrate(np.ones(2), np.array([5.0, 5.0]), hassle, resolved_hassle=10.0, resolved_other=20.0)

    assert found.tolist() == [4.0, 2.0]
