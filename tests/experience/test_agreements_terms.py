"""What an agreement says: derived anchors, what is missing, differences, left-out days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experience.engine.agreement_problems import term_problems
from experience.engine.agreement_terms import (
    AgreedIndicator,
    AgreementTerms,
    Exclusion,
    IndicatorScale,
    Scope,
    derived_anchors,
    differences,
    proposed_target,
)
from experience.engine.normalise import Anchors
from experience.engine.periods import Period
from experience.services.library import LIBRARY

LIBRARY_SCALES = {
    d.key: IndicatorScale(d.key, str(d.stream), d.low, d.high, Anchors(d.floor, d.target, d.ceiling))
    for d in LIBRARY
}
RATING, LOST_TIME = LIBRARY_SCALES["rating"], LIBRARY_SCALES["lost_time"]
AVAILABILITY = LIBRARY_SCALES["availability"]
SOUND = AgreementTerms(
    key="workplace",
    name="Workplace",
    ambition="People get on with their work.",
    valid_from=date(2026, 7, 1),
    services=("printing",),
    indicators=(AgreedIndicator("rating"), AgreedIndicator("user_clock"), AgreedIndicator("availability")),
)


@pytest.mark.parametrize(
    ("scale", "target", "floor", "ceiling"),
    [
        pytest.param(RATING, None, 2.5, 4.9, id="nothing set: the indicator's own"),
        pytest.param(RATING, 4.6, 3.75, 4.95, id="harder: half the way to the best, so half the distances"),
        pytest.param(RATING, 2.6, 1.75, 2.95, id="easier: half the way to the worst"),
        pytest.param(LOST_TIME, 60, 150, 15, id="lower is better, harder"),
        pytest.param(LOST_TIME, 300, 390, 255, id="lower is better, easier"),
        pytest.param(AVAILABILITY, 0.999, 0.998, 1.0, id="an error budget stays used twice at the floor"),
        pytest.param(AVAILABILITY, 0.98, 0.96, 1.0, id="also a larger one, and not at all at the ceiling"),
    ],
)
def test_floor_and_ceiling_follow_the_target(
    scale: IndicatorScale, target: float | None, floor: float, ceiling: float
) -> None:
    anchors = derived_anchors(scale, target=target)

    assert (anchors.floor, anchors.ceiling) == (pytest.approx(floor), pytest.approx(ceiling))


@given(key=st.sampled_from(sorted(LIBRARY_SCALES)), place=st.floats(0.001, 0.999))
def test_derived_anchors_stay_on_the_scale_and_in_order(key: str, place: float) -> None:
    scale = LIBRARY_SCALES[key]

    anchors = derived_anchors(scale, target=scale.low + place * (scale.high - scale.low))

    slack = 1e-9 * (scale.high - scale.low)
    assert all(
        scale.low - slack <= a <= scale.high + slack for a in (anchors.floor, anchors.target, anchors.ceiling)
    )
    assert anchors.higher_is_better == scale.anchors.higher_is_better


def test_anchors_that_were_set_stand() -> None:
    assert derived_anchors(RATING, target=4.0, floor=3.0, ceiling=4.5) == Anchors(3.0, 4.0, 4.5)


@pytest.mark.parametrize(
    ("given_anchors", "said"),
    [
        ({"target": 5.0}, "between 1 and 5"),
        ({"target": 4.0, "floor": 4.5}, "rise or fall strictly"),
    ],
)
def test_anchors_that_cannot_be_are_refused(given_anchors: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        derived_anchors(RATING, **given_anchors)


@pytest.mark.parametrize(
    ("monthly", "target"), [([3.9, None, 4.1, 4.4], 4.1), ([4.0, 4.2], 4.1), ([None], None), ([], None)]
)
def test_a_target_is_proposed_as_the_median_of_the_months(
    monthly: list[float | None], target: float | None
) -> None:
    assert proposed_target(monthly) == target


def test_sound_terms_have_no_problems() -> None:
    assert term_problems(SOUND, LIBRARY_SCALES) == []


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"key": "No Key"}, "agreement", "lower-case"),
        ({"name": " "}, "name", "name"),
        ({"ambition": ""}, "ambition", "plain words"),
        ({"services": ()}, "services", "Name services"),
        ({"covers_rest": True}, "services", "Name services"),
        ({"services": (), "covers_rest": True, "is_primary": False}, "services", "Only a primary"),
        ({"journey": "new joiner", "is_primary": False}, "journey", "at least two"),
        ({"personas": ("sales",)}, "personas", "primary: false"),
        ({"sites": ("Oslo",)}, "sites", "primary: false"),
        ({"baseline_until": date(2026, 6, 30)}, "baseline_until", "cannot end before"),
        ({"review_on": date(2026, 7, 1)}, "review_on", "after 2026-07-01"),
        ({"weights": (("X", -1.0),)}, "weights.X", "between 0"),
        ({"weights": (("X", 0.5), ("O", 0.3), ("T", 0.1), ("S", 0.1))}, "weights.S", "No indicator"),
        ({"weights": (("O", 0.5), ("T", 0.5))}, "weights", "gives X"),
        ({"indicators": (*SOUND.indicators, AgreedIndicator("mood"))}, "indicators.mood", "no indicator"),
        (
            {"indicators": (*SOUND.indicators, AgreedIndicator("lost_time", 1001))},
            "indicators.lost_time.weight",
            "between 0",
        ),
        (
            {"weights": (("X", 0.5), ("O", 0.5))},
            "indicators.availability.weight",
            "Stream T has no weight",
        ),
        (
            {"indicators": (*SOUND.indicators, AgreedIndicator("lost_time", target=500))},
            "indicators.lost_time.target",
            "between 0 and 480",
        ),
    ],
)
def test_each_problem_is_named_with_its_place(change: dict[str, object], path: str, said: str) -> None:
    problems = term_problems(replace(SOUND, **change), LIBRARY_SCALES)  # type: ignore[arg-type]

    assert [p.message for p in problems if p.path == path and said in p.message], problems


def test_differences_name_what_changed_and_nothing_else() -> None:
    harder = AgreedIndicator("rating", target=4.4)
    changed = replace(SOUND, indicators=(harder, *SOUND.indicators[1:]), services=("e-mail", "printing"))

    found = {(c.path, c.before, c.after) for c in differences(SOUND, changed)}

    assert found == {("services.e-mail", None, "yes"), ("indicators.rating.target", None, "4.4")}


def test_the_order_of_indicators_is_no_difference() -> None:
    assert differences(SOUND, replace(SOUND, indicators=SOUND.indicators[::-1])) == []


def test_without_terms_before_everything_is_new() -> None:
    assert all(change.before is None for change in differences(None, SOUND))


def test_left_out_days_cut_a_period_and_may_overlap() -> None:
    may = Period(date(2026, 5, 1), date(2026, 5, 31))
    out = (Period(date(2026, 4, 28), date(2026, 5, 2)), Period(date(2026, 5, 10), date(2026, 5, 12)))
    overlapping = (*out, Period(date(2026, 5, 12), date(2026, 5, 14)))

    assert Scope(left_out=overlapping).kept(may) == (
        Period(date(2026, 5, 3), date(2026, 5, 9)),
        Period(date(2026, 5, 15), date(2026, 5, 31)),
    )
    assert Scope(left_out=(may,)).kept(may) == ()


def test_exclusions_of_the_terms_are_left_out() -> None:
    incident = Exclusion(date(2026, 5, 3), date(2026, 5, 4), "Fire in the data centre")

    scope = replace(SOUND, exclusions=(incident,)).scope

    assert scope.left_out == (Period(date(2026, 5, 3), date(2026, 5, 4)),)
