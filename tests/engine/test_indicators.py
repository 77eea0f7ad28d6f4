"""From the cells of a window to native values: one table per statistic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import norm

from experience.engine.cells import (
    Cell,
    cells_from,
    packed,
    packed_people,
    rows_of,
    summed,
    unpacked,
    unpacked_people,
)
from experience.engine.daycells import Answer, CellKey, ResolutionFacts, cells_of, rating_bucket
from experience.engine.early_lane import early_lane
from experience.engine.evidence import Evidence, People, people_of
from experience.engine.gaps import e_value
from experience.engine.histogram import ZERO_BUCKET, LogHistogram, bucket_of
from experience.engine.indicators import Native, Parameters, Terms, native, rating_terms
from experience.engine.intervals import moderated_wilson, mover, wilson
from experience.engine.measure import Result, measure
from experience.engine.normalise import Anchors
from experience.engine.weighting import ClassRates, trim
from experience.services.results import document_of

PARAMETERS = Parameters(ClassRates({"": 0.5}), {})
SHARE = Anchors(0.2, 0.5, 0.9)
FACTS = ResolutionFacts(
    response_class="000000",
    probability=None,
    is_asked=False,
    minutes_to_resolve=90,
    user_clock_minutes=120,
    resolved_at=datetime(2026, 5, 1, tzinfo=UTC),
    reopened_at=None,
    came_back=None,
    made_sla=None,
    answer=None,
    target_minutes=60,
)


def terms(statistic: str, measure: str, *, unit: str = "share", **more: object) -> Terms:
    plain = Terms("key", "Name", "O", statistic, measure, unit, 0.0, 1.0, SHARE, 1.0)
    return replace(plain, **more)  # type: ignore[arg-type]


def evidence(cells: Sequence[Cell], *, services: int = 1, watched: float | None = None) -> Evidence:
    people = [People(20, 20, 20)] * services
    return Evidence(summed(cells_from(cells)), people, [watched] * services)


def answers(measure: str, ratings: Sequence[int], *, service: int = 0) -> list[Cell]:
    counts = Counter(ratings)
    inside = Cell(service, "resolved", "000000", 1000, 3, len(ratings), 0, 0)
    buckets = {rating: rating_bucket(rating, None) for rating in counts}
    return [inside] + [
        Cell(service, measure, "000000", 1000, buckets[rating], n, 0, 0) for rating, n in counts.items()
    ]


def total(measure: str, n: int, sum_: int, squares: int = 0, *, bucket: int = 0) -> Cell:
    return Cell(0, measure, "", 1000, bucket, n, sum_, squares)


def found(term: Terms, given: Evidence) -> Native:
    return native(term, given, PARAMETERS)


HAPPINESS = terms("happiness", "happiness", low=-100.0, high=100.0, anchors=Anchors(0, 65, 90))


def test_happiness_is_the_share_of_9_and_10_minus_the_share_of_0_to_6() -> None:
    value = found(HAPPINESS, evidence(answers("happiness", [10, 9, 9, 8, 7, 6, 0, 10])))

    assert value.value[0] == pytest.approx(100 * (4 - 2) / 8)
    assert -100 < value.low[0] < 25 < value.high[0] < 100


def test_a_top_box_share_counts_the_best_two_answers() -> None:
    value = found(terms("top_box", "satisfaction"), evidence(answers("satisfaction", [5, 4, 3, 1, 5])))

    assert value.value[0] == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("statistic", "measure", "cells"),
    [
        ("top_box", "satisfaction", answers("satisfaction", [5] * 18 + [1] * 2)),
        ("weighted_mean", "solved", [Cell(0, "solved", "000000", 1000, 0, 20, 18, 18)]),
    ],
)
def test_a_share_of_answers_has_wilsons_interval_and_test(
    statistic: str, measure: str, cells: list[Cell]
) -> None:
    pooled = Parameters(ClassRates({"": 0.5}), {measure: 0.001})

    value = native(terms(statistic, measure), evidence(cells), pooled)

    expected = wilson(0.9, 20)
    assert (value.value[0], value.low[0], value.high[0]) == pytest.approx((0.9, expected.low, expected.high))
    assert value.p_below[0] == pytest.approx(norm.cdf((0.9 - 0.5) / math.sqrt(0.5 * 0.5 / 20)))


def test_a_share_of_which_less_is_better_is_tested_from_the_other_side() -> None:
    few, many = (terms("top_box", "satisfaction", anchors=a) for a in (Anchors(0.9, 0.5, 0.1), SHARE))
    given = evidence(answers("satisfaction", [5] * 18 + [1] * 2))

    assert found(few, given).p_below[0] == pytest.approx(1 - found(many, given).p_below[0])


def test_ten_of_ten_is_not_yet_evidence_of_being_on_target() -> None:
    anchors = Anchors(0.6, 0.85, 0.95)
    solved = terms("weighted_mean", "solved", anchors=anchors)

    value = found(solved, evidence([Cell(0, "solved", "000000", 1000, 0, 10, 10, 10)]))

    assert value.low[0] < 0.85
    assert 1 - value.p_below[0] > 0.05


def test_an_answer_drawn_with_the_smallest_chance_weighs_most_and_stops_nothing() -> None:
    rating = terms("weighted_mean", "satisfaction", low=1.0, high=5.0, anchors=Anchors(2.5, 4.2, 4.9))
    facts = replace(FACTS, probability=0.0004, is_asked=False)
    [rare] = [key for key in cells_of([facts]) if key.measure == "resolved"]
    asked = Cell(0, "resolved", "000000", rare.probability_permille, 1, 1, 0, 0)

    given = evidence([*answers("satisfaction", [5] * 10), asked])

    assert found(rating, given).value[0] == 5.0
    weighted = Parameters(ClassRates({"": 0.5}), {}, asked=200, median_weight=2.0)
    assert early_lane(rating, given, weighted)[0] < 1


def test_a_share_has_a_wilson_interval_and_a_ratio_is_its_own() -> None:
    given = evidence([total("sla_met", 20, 15)])

    share, ratio = (found(terms(statistic, "sla_met"), given) for statistic in ("share", "ratio"))

    expected = wilson(0.75, 20)
    assert (share.low[0], share.high[0]) == pytest.approx((expected.low, expected.high))
    assert (ratio.value[0], ratio.low[0], ratio.high[0], ratio.n[0]) == (0.75, 0.75, 0.75, 20)


def test_cost_comes_back_in_whole_units() -> None:
    assert found(terms("ratio", "cost"), evidence([total("cost", 4, 10_050)])).value[0] == 25.125


def test_the_mean_of_a_sample_lies_inside_its_interval() -> None:
    polarity = terms("sample_mean", "text_polarity", low=-1.0, high=1.0, anchors=Anchors(-0.5, 0.2, 0.7))
    cells = [total("text_polarity", 10, -20_000, 10 * 2_000**2)]

    value = found(polarity, evidence(cells))

    assert value.value[0] == pytest.approx(-0.2)
    assert -1 < value.low[0] < -0.2 < value.high[0] < 0.2


def test_the_interval_of_a_sample_rests_on_its_sample_variance() -> None:
    apdex = terms("apdex", "response_time", anchors=Anchors(0.5, 0.85, 0.94))
    polarity = terms("sample_mean", "text_polarity", low=-1.0, high=1.0, anchors=Anchors(-0.5, 0.2, 0.7))
    timed = [total("response_time", n, 0, bucket=bucket) for bucket, n in ((0, 3), (1, 1), (2, 2))]
    texts = [total("text_polarity", 4, 10_000, 4 * 5_000**2)]  # three of .5, one of -.5

    for term, cells, values in (
        (apdex, timed, [1.0, 1.0, 1.0, 0.5, 0.0, 0.0]),
        (polarity, texts, [0.5, 0.5, 0.5, -0.5]),
    ):
        value, n = found(term, evidence(cells)), float(len(values))
        expected = moderated_wilson(
            float(np.mean(values)), float(np.var(values, ddof=1)), n, lo=term.low, hi=term.high
        )
        assert (value.low[0], value.high[0]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("unit", "minutes_in"), [("h", 60), ("d", 1440), ("x target", 1)])
def test_a_median_agrees_with_its_histogram_for_every_service(unit: str, minutes_in: int) -> None:
    draw = np.random.default_rng(7)
    samples = [draw.exponential(500, size) for size in (1, 2, 5, 6, 40, 301)] + [np.zeros(9)]
    cells = [
        Cell(service, "user_clock", "", 1000, bucket, n, 0, 0)
        for service, values in enumerate(samples)
        for bucket, n in LogHistogram.of(values).counts.items()
    ]

    value = found(terms("median", "user_clock", unit=unit), evidence(cells, services=8))

    for service, values in enumerate(samples):
        histogram = LogHistogram.of(values)
        limits = histogram.quantile_interval(0.5)
        assert value.value[service] * minutes_in == pytest.approx(histogram.quantile(0.5))
        assert math.isnan(value.low[service]) == (limits is None)
        if limits is not None:
            ends = (value.low[service] * minutes_in, value.high[service] * minutes_in)
            assert ends == pytest.approx((limits.low, limits.high))
    assert math.isnan(value.value[7])


def test_an_incident_rate_is_compared_per_user_day() -> None:
    given = [total("incident_rate", 30, 1000), total("incident_rate", 40, 2000, bucket=1)]

    value = found(terms("rate_ratio", "incident_rate"), evidence(given))

    assert value.value[0] == pytest.approx(1.5)
    assert value.low[0] < 1.5 < value.high[0]


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [total("incident_rate", 30, 0), total("incident_rate", 40, 2000, bucket=1)],
        [total("incident_rate", 30, 1000), total("incident_rate", 40, 0, bucket=1)],
        [total("incident_rate", 30, 1000), total("incident_rate", 0, 2000, bucket=1)],
    ],
    ids=["nothing", "no users", "no users before", "no incidents before"],
)
def test_an_incident_rate_without_users_or_a_past_is_missing(cells: list[Cell]) -> None:
    assert math.isnan(found(terms("rate_ratio", "incident_rate"), evidence(cells)).value[0])


def test_planned_and_unplanned_downtime_stay_apart() -> None:
    given = evidence([total("downtime", 1, 60), total("downtime", 1, 30, bucket=1)], watched=600.0)

    assert found(terms("availability", "downtime"), given).value[0] == pytest.approx(0.9)
    assert found(terms("planned_downtime", "downtime"), given).value[0] == pytest.approx(0.05)


@pytest.mark.parametrize(
    "statistic", ["share", "ratio", "sample_mean", "median", "apdex", "happiness", "top_box"]
)
def test_without_evidence_a_value_is_missing_and_never_zero(statistic: str) -> None:
    measure = "happiness" if statistic == "happiness" else "satisfaction"

    assert math.isnan(found(terms(statistic, measure), evidence([], services=2)).value[1])


# --- the rating beside other statistics of the same answers -------------------------------------------------


def test_the_rating_is_the_one_that_counts_and_then_the_mean() -> None:
    mean = terms("weighted_mean", "satisfaction", key="rating", weight=0.0)
    top_box = terms("top_box", "satisfaction", key="csat", weight=0.0)
    happiness = replace(HAPPINESS, key="happiness", weight=1.0)

    assert rating_terms([top_box, mean]) is mean
    assert rating_terms([top_box, mean, happiness]) is happiness
    assert rating_terms([terms("share", "reopened")]) is None


def test_an_agreement_on_happiness_is_measured_and_watched_like_one_on_stars() -> None:
    given = evidence(answers("happiness", [2] * 18 + [10] * 2))
    rating = replace(HAPPINESS, stream="X")

    result = measure(given, [rating], {"X": 1.0}, [None], PARAMETERS)[0]

    assert result.experience.value == "likely_red"
    assert result.rating is not None
    assert result.rating.value == pytest.approx(-80)
    assert result.rating_counts == {2: 18, 10: 2}
    assert early_lane(rating, given, PARAMETERS)[0] > 20


RATED = terms("weighted_mean", "satisfaction", stream="X", low=1.0, high=5.0, anchors=Anchors(2, 4, 5))
LOST = terms("weighted_mean", "lost_time", stream="X", key="lost", high=480.0, anchors=Anchors(300, 120, 30))


def test_an_indicator_with_four_answers_is_hidden_and_so_is_what_would_give_it_away() -> None:

    def told(minutes_of: int) -> Result:
        minutes = [Cell(0, "lost_time", "000000", 1000, kind, minutes_of, 100, 100) for kind in (0, 1)]
        given = evidence([*answers("satisfaction", [3] * 6), *minutes])
        return measure(given, [RATED, LOST], {"X": 1.0}, [None], PARAMETERS)[0]

    few, enough = told(4), told(5)
    assert [found.state for found in few.indicators] == ["too_few", "hidden"]
    assert [found.state for found in enough.indicators] == ["too_few", "too_few"]
    assert (few.lost_minutes, enough.lost_minutes) == (None, 100)
    assert document_of(few)["streams"]["X"]["score"] is None
    assert document_of(enough)["streams"]["X"]["score"] is not None


@pytest.mark.parametrize("told", [6, 9, 12])
def test_a_question_that_fewer_answer_holds_no_judgement_back(told: int) -> None:
    minutes = Cell(0, "lost_time", "000000", 1000, 0, told, 300 * told, 90_000 * told)
    given = evidence([*answers("satisfaction", [1] * 15 + [3] * 15), minutes])

    result = measure(given, [RATED, LOST], {"X": 1.0}, [None], PARAMETERS)[0]

    assert result.experience.value == "likely_red"


def test_the_test_of_the_one_indicator_that_has_an_interval_is_its_own() -> None:
    given = [
        *answers("satisfaction", [4] * 9 + [2] * 9),
        Cell(0, "lost_time", "000000", 1000, 0, 6, 600, 60_000),
    ]

    result = measure(evidence(given), [RATED, LOST], {"X": 1.0}, [None], PARAMETERS)[0]

    assert result.p_below == result.indicators[0].p_below


# --- cells --------------------------------------------------------------------------------------------------


def test_packed_days_come_back_and_add_up_in_any_order() -> None:
    first = [("satisfaction", "000102", 500, 110, 3, 4, 5), ("user_clock", "", 1000, ZERO_BUCKET, 1, 0, 0)]
    second = [("satisfaction", "000102", 500, 110, 1, 1, 1), ("satisfaction", "", 500, 110, 9, 0, 0)]
    packs = [packed(first), packed(second), packed([])]

    there = rows_of(summed(unpacked([1, 1, 0], packs)))
    back = rows_of(summed(unpacked([0, 1, 1], packs[::-1])))

    assert there == back
    assert sorted(there) == [
        Cell(1, "satisfaction", "", 500, 110, 9, 0, 0),
        Cell(1, "satisfaction", "000102", 500, 110, 4, 5, 6),
        Cell(1, "user_clock", "", 1000, ZERO_BUCKET, 1, 0, 0),
    ]


def test_people_count_once_each_and_nobody_known_each_time() -> None:
    packs = [packed_people([7, 7, None]), packed_people([7, 8]), packed_people([None, None])]

    there = people_of(*unpacked_people([0, 0, 1], packs), services=3)
    together = people_of(*unpacked_people([0, 0, 0], packs), services=1)

    assert there == [People(3, 5, 9 + 1 + 1), People(2, 2, 2), People(0, 0, 0)]
    assert together == [People(5, 7, 9 + 1 + 3)]


def test_part_of_the_evidence_is_numbered_anew() -> None:
    cells = [Cell(service, "reopened", "", 1000, 0, 10, service, 0) for service in range(3)]

    part = evidence(cells, services=3).part([2, 0])

    assert [cell.total for cell in rows_of(part.cells)] == [2, 0]
    assert part.services == 2


@pytest.mark.parametrize(
    ("facts", "measure", "expected"),
    [
        ({"reassignment_count": 0}, "no_hand_off", (1, 1)),
        ({"reassignment_count": 1}, "no_hand_off", (1, 0)),
        ({"reopen_count": 1}, "no_hand_off", (1, 0)),
        ({"reassignment_count": 1}, "reassigned_twice", (1, 0)),
        ({"reassignment_count": 2}, "reassigned_twice", (1, 1)),
        ({"waiting_minutes": 30}, "waiting", (120, 30)),
        ({"waiting_minutes": 500}, "waiting", (120, 120)),
    ],
)
def test_how_a_ticket_was_handled_is_counted(
    facts: dict[str, int], measure: str, expected: tuple[int, int]
) -> None:
    sums = cells_of([replace(FACTS, **facts)])[CellKey(measure)]

    assert (sums.count, sums.total) == expected


def test_time_is_counted_against_the_target_and_the_first_response_once_per_ticket() -> None:
    cells = cells_of([replace(FACTS, first_response_minutes=15)])
    again = cells_of([replace(FACTS, first_response_minutes=15, reopen_count=1)])

    assert cells[CellKey("time_to_target", bucket=bucket_of(1.5))].count == 1
    assert cells[CellKey("first_response", bucket=bucket_of(15))].count == 1
    assert not any(key.measure == "first_response" for key in again)
    assert not any(key.measure in ("waiting", "first_response") for key in cells_of([FACTS]))


@pytest.mark.parametrize(("after", "counts"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0)])
def test_a_ticket_opened_again_within_seven_days_is_reopened(after: timedelta, counts: int) -> None:
    sums = cells_of([replace(FACTS, reopened_at=FACTS.resolved_at + after)])[CellKey("reopened")]

    assert (sums.count, sums.total) == (1, counts)


def test_the_users_clock_and_the_sla_wait_for_the_last_resolution() -> None:
    closed = replace(FACTS, made_sla=True)
    reopened = replace(closed, reopened_at=FACTS.resolved_at + timedelta(days=1))

    of_last, of_first = ({key.measure for key in cells_of([facts])} for facts in (closed, reopened))

    assert of_last - of_first == {"user_clock", "sla_met"}


def test_an_answer_without_a_comment_belongs_to_no_model() -> None:
    silent = Answer("satisfaction", 4, None, None, "s1-abc")
    told = replace(silent, polarity=0.5)

    def versions(answer: Answer) -> set[str]:
        facts = replace(FACTS, probability=1.0, is_asked=True, answer=answer)
        return {key.model_version for key in cells_of([facts]) if key.measure == "satisfaction"}

    assert (versions(silent), versions(told)) == ({""}, {"s1-abc"})


# --- what the numbers of a result rest on -------------------------------------------------------------------

RARE = ClassRates({"": 0.5, "000000": 0.5, "110000": 0.01})
STARS = terms("weighted_mean", "satisfaction", low=1.0, high=5.0, anchors=Anchors(2.5, 4.2, 4.9))


def rated(code: str, rating: int, n: int) -> list[Cell]:
    inside = Cell(0, "resolved", code, 1000, 3, n, 0, 0)
    return [inside, Cell(0, "satisfaction", code, 1000, rating_bucket(rating, None), n, 0, 0)]


def test_a_few_rare_answers_are_trimmed() -> None:
    given = evidence([*rated("000000", 5, 20), *rated("110000", 1, 2)])

    value = native(STARS, given, Parameters(RARE, {}))

    heavy, light = trim([100.0, 2.0], [2, 20])
    assert value.value[0] == pytest.approx((2 * heavy * 1 + 20 * light * 5) / 22)
    assert value.value[0] > 3.5


def test_people_who_answer_often_make_answers_worth_less() -> None:
    cells = summed(cells_from(rated("000000", 4, 20)))

    value = native(STARS, Evidence(cells, [People(10, 20, 40)], [None]), PARAMETERS)

    assert value.n_effective[0] == pytest.approx(20 / 1.3)


def test_both_sides_are_scaled_to_the_tickets_in_the_frame() -> None:
    sides = [*rated("000000", 5, 10), *rated("010000", 1, 10)]
    not_asked = Cell(0, "resolved", "000000", 1000, 1, 20, 0, 0)
    out_of_frame = Cell(0, "resolved", "010000", 1000, 0, 999, 0, 0)

    value = found(STARS, evidence([*sides, not_asked, out_of_frame]))

    assert value.value[0] == pytest.approx((30 * 5 + 10 * 1) / 40)


def test_the_interval_of_a_mean_is_moderated_by_the_variance_of_the_organisation() -> None:
    given = evidence(answers("satisfaction", [5] * 6 + [1] * 6))

    value = native(STARS, given, Parameters(ClassRates({"": 0.5}), {"satisfaction": 0.5}))

    expected = moderated_wilson(3.0, 48 / 11, 12.0, lo=1.0, hi=5.0, pooled=0.5)
    assert (value.low[0], value.high[0]) == pytest.approx((expected.low, expected.high))


def test_indicators_of_the_same_people_are_combined_as_correlated() -> None:
    minutes = Cell(0, "lost_time", "000000", 1000, 0, 20, 4_000, 1_000_000)
    given = evidence([*answers("satisfaction", [4] * 10 + [3] * 10), minutes])

    result = measure(given, [RATED, LOST], {"X": 1.0}, [None], PARAMETERS)[0]

    scores = [indicator.score for indicator in result.indicators if indicator.score is not None]
    columns = ([getattr(score, name) for score in scores] for name in ("value", "low", "high"))
    expected = mover(*columns, [1.0, 1.0], correlation=0.5)
    assert result.streams["X"] is not None
    assert (result.streams["X"].low, result.streams["X"].high) == pytest.approx((expected.low, expected.high))


def test_the_silent_are_those_of_the_asked() -> None:
    others = [Cell(0, "resolved", "000000", 1000, bucket, 40, 0, 0) for bucket in (1, 2)]
    given = evidence([*answers("satisfaction", [3] * 10), *others])

    result = measure(given, [RATED], {"X": 1.0}, [None], PARAMETERS)[0]

    assert (result.response.eligible, result.response.asked, result.response.answered) == (90, 50, 10)
    assert result.tipping_shift == pytest.approx((4 - 3) / (1 - 10 / 50))


def test_anonymous_answers_are_never_more_than_were_asked() -> None:
    silent = Cell(0, "resolved", "", 1000, 2, -6, 0, 0)
    unjoined = [Cell(0, "resolved", "", 1000, 3, 6, 0, 0), Cell(0, "resolved", "000000", 1000, 2, 4, 0, 0)]

    result = measure(evidence([silent, *unjoined]), [RATED], {"X": 1.0}, [None], PARAMETERS)[0]

    assert (result.response.asked, result.response.answered) == (4, 4)


@pytest.mark.parametrize(("asked", "is_weighed"), [(199, False), (200, True)])
def test_the_early_lane_weighs_once_enough_were_asked(asked: int, is_weighed: bool) -> None:
    given = evidence([*rated("000000", 5, 10), *rated("110000", 1, 4)])

    e = early_lane(STARS, given, Parameters(RARE, {}, asked=asked, median_weight=2.0))

    counts, values = [[0, 0, 0, 0, 10], [4, 0, 0, 0, 0]], [0, 0.25, 0.5, 0.75, 1]
    weighed = e_value([counts], values, 0.8, relative_weights=[[1 / 3, 1.0]])
    alike = e_value([np.sum(counts, axis=0)], values, 0.8)
    assert e == pytest.approx(weighed if is_weighed else alike)
