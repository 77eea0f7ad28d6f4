"""The one rounding rule."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from experience import figures

N = "\u00a0"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.931, f"93{N}%"),
        (0.0, f"0{N}%"),
        (1.0, f"100{N}%"),
        (0.001, f"<1{N}%"),
        (0.999, f">99{N}%"),
        (None, "–"),
    ],
)
def test_a_share_is_whole_per_cent_and_never_rounded_to_nothing_or_everything(
    value: float | None, written: str
) -> None:
    assert figures.share(value) == written


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert figures.plain(-0.001) == "0.00"
    assert figures.plain(-0.01) == "−0.01"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.9987, f"99.87{N}%"), (1.0, f"100.00{N}%"), (0.99999, f">99.99{N}%"), (None, "–")],
)
def test_an_uptime_keeps_two_decimals(value: float | None, written: str) -> None:
    assert figures.uptime(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.2, f"1{N}in{N}5"),
        (0.21, f"1{N}in{N}5"),
        (0.34, f"1{N}in{N}3"),
        (0.41, f"2{N}in{N}5"),
        (0.02, f"2{N}%"),
        (0.0, f"0{N}%"),
        (None, "–"),
    ],
)
def test_a_share_is_said_as_a_natural_frequency_where_one_fits(value: float | None, written: str) -> None:
    assert figures.one_in(value) == written


def test_a_distance_agrees_with_the_figures_shown_beside_it() -> None:
    assert figures.rating(3.84) == "3.8"
    assert figures.distance(3.84, 4.2) == "0.4 below target"
    assert figures.distance(4.24, 4.2) == "on target"
    assert figures.distance(4.5, 4.2) == "0.3 above target"
    assert figures.distance(None, 4.2) == ""


def test_points_apart_agree_with_the_shares_shown_beside_them() -> None:
    assert figures.points_apart(0.931, 0.80) == "13 points above"
    assert figures.points_apart(0.794, 0.80) == "1 point below"
    assert figures.points_apart(0.801, 0.80) == "on target"


def test_an_interval_has_an_en_dash_and_its_unit_once() -> None:
    assert figures.interval(3.5, 3.94) == "3.5–3.9"
    assert figures.interval(0.181, 0.24, figures.share) == f"18–24{N}%"
    assert figures.interval(None, 3.9) == ""


def test_an_interval_below_zero_is_joined_by_a_word() -> None:
    assert figures.interval(-0.55, -0.15, figures.plain) == "−0.55 to −0.15"
    assert figures.interval(-0.1, 0.1, figures.plain) == "−0.10 to 0.10"


def test_hours_on_a_clock_below_two_are_minutes() -> None:
    assert [figures.clock(value) for value in (0.4, 38.2, None)] == [f"24{N}min", f"38{N}h", "–"]


@pytest.mark.parametrize(
    ("minutes", "written"), [(95, f"95{N}min"), (240, f"4.0{N}h"), (90_000, f"1,500{N}h"), (None, "–")]
)
def test_a_duration_is_said_in_minutes_or_hours(minutes: float | None, written: str) -> None:
    assert figures.duration(minutes) == written


def test_a_change_carries_its_sign() -> None:
    assert [figures.change(value) for value in (5.21, -15.0, -0.01, None)] == ["+5.2", "−15.0", "0.0", "–"]
    assert [figures.surplus(value) for value in (1204.4, -28.1, 0.2, None)] == ["+1,204", "−28", "0", "–"]


def test_german_pages_write_figures_and_dates_the_german_way() -> None:
    with translation.override("de"):
        assert figures.rating(3.84) == "3,8"
        assert figures.hours(1204) == f"1.204{N}Std."
        assert figures.change(-15.0) == "−15,0"
        assert figures.uptime(0.9987) == f"99,87{N}%"
        assert figures.interval(3.5, 3.94) == "3,5–3,9"
        assert figures.full_day(date(2026, 6, 3)) == "3. Juni 2026"
        assert figures.month(date(2026, 6, 3)) == "Juni 2026"


def test_english_dates_put_the_day_first() -> None:
    assert figures.day(date(2026, 6, 3)) == "3 June"
    assert figures.full_day(date(2026, 6, 3)) == "3 June 2026"
