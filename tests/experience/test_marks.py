"""The drawn marks: what they show, and that they never mislead at the edges."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from experience import figures
from experience.charts import week_data
from experience.marks import (
    Dot,
    Step,
    WeekLine,
    bar,
    interval_bar,
    quadrant,
    rows_of_shares,
    sparkline,
    waterfall_bars,
    week_chart,
)
from experience.marks.svg import Axis


def dot(**changes: object) -> Dot:
    values: dict[str, object] = {
        "key": "e-mail", "name": "E-mail", "sla_points": 5.0,
        "score": 60.0, "low": 50.0, "high": 70.0,
        "status": "likely_red", "is_watermelon": False, "is_flagged": False,
    }  # fmt: skip
    return Dot(**(values | changes))  # type: ignore[arg-type]


def drawn(dots: list[Dot]) -> str:
    chart = quadrant(
        dots, width=700, height=430, key="wide", description="words", link=lambda key: f"/services/{key}/"
    )
    ElementTree.fromstring(chart)
    return chart


def test_an_axis_keeps_values_from_outside_at_its_ends() -> None:
    axis = Axis(0, 100, 10, 210)

    assert [axis.at(value) for value in (-5, 0, 50, 100, 140)] == [10, 10, 110, 210, 210]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (3.4, 4.6, [3.5, 4.0, 4.5]), (-12, 13, [-10, -5, 0, 5, 10])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert [round(tick, 6) for tick in Axis(low, high, 0, 1).ticks(5)] == expected


@pytest.mark.parametrize(
    ("known", "least_span", "ends", "expected"),
    [
        ((3.3, 4.7), 1.0, (1, 5), [3.0, 5.0, 0.5]),
        ((45.0, 86.0), 30, (0, 100), [40, 100, 20]),
        ((0.79, 0.97), 0.2, (0.0, 1.0), [0.75, 1.0, 0.05]),
        ((100.0, 100.0), 30, (0, 100), [80, 100, 10]),
    ],
)
def test_the_axis_of_the_drawn_chart_is_round_from_end_to_end(
    known: tuple[float, ...], least_span: float, ends: tuple[float, float], expected: list[float]
) -> None:
    nothing: list[float | None] = [None] * len(known)
    weeks = [date(2026, 5, 4) + timedelta(weeks=number) for number in range(len(known))]
    line = WeekLine(weeks, known, nothing, nothing, None, figures.score, least_span, ends=ends)

    axis = week_data(line, name="Score", target_words="", counts=[])["axis"]

    assert list(axis) == pytest.approx(expected)


def test_a_watermelon_is_a_slice_and_the_others_have_the_shape_of_their_state() -> None:
    assert "slice-flesh" in drawn([dot(is_watermelon=True)])
    assert re.search(r'<polygon class="dot dot--lean_red"', drawn([dot(status="lean_red")]))
    assert re.search(r'<circle class="dot dot--likely_green"', drawn([dot(status="likely_green")]))


def test_a_service_without_sla_stands_in_a_lane_of_its_own() -> None:
    assert "no SLA" in drawn([dot(sla_points=None)])
    assert "no SLA" not in drawn([dot()])


def test_names_in_the_chart_are_never_markup() -> None:
    assert "<b>" not in drawn([dot(name="<b>bold</b>", is_flagged=True)])


def test_names_never_cover_each_other() -> None:
    chart = drawn([dot(key=str(n), name=f"A rather long name {n}") for n in range(20)])

    assert chart.count('class="quadrant__name"') < 5
    assert chart.count('class="quadrant__dot"') == 20


def test_in_a_crowd_only_flagged_services_keep_name_whisker_and_link() -> None:
    crowd = [dot(key=f"s{n}", name=f"S{n}", score=40 + n / 2, status="likely_green") for n in range(100)]

    chart = drawn([dot(name="Flagged", is_flagged=True), *crowd])

    assert chart.count("quadrant__whisker--") == chart.count("<a ") == 1
    assert "Flagged</text>" in chart
    assert chart.count("a3 3 0 1 0 6 0") == 100  # everybody else is still there, as a small disc


def test_an_interval_bar_shows_value_band_and_target_and_turns_where_less_is_better() -> None:
    up = interval_bar(3.7, 3.5, 3.9, 4.2, span=(2, 5), status="likely_red")
    down = interval_bar(3.7, 3.5, 3.9, 4.2, span=(5, 2), status="likely_red")

    place = [float(re.search(r'cx="([\d.]+)"', mark)[1]) for mark in (up, down)]  # type: ignore[index]
    assert place[0] + place[1] == pytest.approx(132, abs=0.2)
    assert "interval__band" in up
    assert "interval__target" in up


def test_without_an_interval_there_is_no_band_and_without_a_value_no_bar() -> None:
    assert "interval__band" not in interval_bar(3.7, None, None, 4.2, span=(2, 5), status="collecting")
    assert interval_bar(None, None, None, 4.2, span=(2, 5), status="missing") == ""


def test_a_sparkline_leaves_gaps_and_needs_two_weeks() -> None:
    mark = sparkline([4.0, 4.1, None, 3.9, 3.8], 4.2, label="5 weeks")

    assert mark.count("<polyline") == 2
    assert "spark__last--below" in mark
    assert sparkline([4.0], 4.2, label="") == ""
    assert sparkline([], None, label="") == ""


def test_small_noise_does_not_fill_the_sparkline() -> None:
    mark = sparkline([4.20, 4.21, 4.19, 4.20], 4.2, label="calm")

    heights = [float(y) for y in re.findall(r"[\d.]+,([\d.]+)", mark)]
    assert max(heights) - min(heights) < 1


def test_the_waterfall_joins_its_steps() -> None:
    marks = waterfall_bars([Step(70, is_level=True), Step(-10), Step(4), Step(64, is_level=True)])

    spans = [
        (float(x), float(x) + float(width))
        for mark in marks
        for x, width in re.findall(r'fall__bar--\w+" x="([\d.]+)" width="([\d.]+)"', mark)
    ]
    assert spans[1][0] == pytest.approx(spans[2][0], abs=0.2)  # where the loss ends, the gain begins
    assert "fall__bar--loss" in marks[1]
    assert "fall__bar--gain" in marks[2]


def test_bars_are_cut_at_the_whole_and_shares_of_nothing_are_nothing() -> None:
    assert 'width="100" height="10"/></svg>' in bar(1.4, "neutral")
    assert rows_of_shares([0, 0]) == [(0, 0.0, 0.0), (0, 0.0, 0.0)]
    assert rows_of_shares([]) == []
    assert rows_of_shares([3, 1]) == [(3, 0.75, 1.0), (1, 0.25, pytest.approx(1 / 3))]


def weeks(values: list[float | None], **changes: object) -> WeekLine:
    days = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(len(values))]
    low = [None if v is None else v - 0.2 for v in values]
    high = [None if v is None else v + 0.2 for v in values]
    line: dict[str, object] = {"weeks": days, "values": values, "low": low, "high": high, "target": 4.2}
    return WeekLine(**(line | {"write": figures.rating, "least_span": 1.0} | changes))  # type: ignore[arg-type]


def chart(line: WeekLine) -> str:
    drawing = week_chart(line, title="Rating", target_words="agreed 4.2", width=380, height=190)
    if drawing:
        ElementTree.fromstring(drawing)
    return drawing


def test_the_weeks_show_line_band_target_and_months() -> None:
    drawing = chart(weeks([4.0, 4.1, 3.9, 4.3, 4.0, 3.8]))

    assert drawing.count("<polyline") == 1
    assert drawing.count("<polygon") == 1
    assert "agreed 4.2" in drawing
    assert "Jan 2026" in drawing
    assert "Feb" in drawing
    assert "<title>Week of 5 January 2026: 4.0</title>" in drawing


def test_a_week_without_a_value_interrupts_line_and_band() -> None:
    drawing = chart(weeks([4.0, 4.1, None, 3.9, 4.0]))

    assert drawing.count("<polyline") == 2
    assert drawing.count("<polygon") == 2


def test_a_single_week_is_a_dot_with_its_interval() -> None:
    drawing = chart(weeks([None, 4.0, None]))

    assert drawing.count('<rect class="weeks__band"') == 1
    assert drawing.count("<circle") == 1


def test_weeks_without_any_value_draw_nothing() -> None:
    assert chart(weeks([None, None])) == ""


def test_an_action_stands_over_its_week_under_its_number() -> None:
    drawing = chart(weeks([4.0, 4.1, 3.9], marks=[(1, "2")]))

    assert drawing.count('class="weeks__mark"') == 1
    assert '<text class="weeks__number" text-anchor="middle" x="208" y="10">2</text>' in drawing
