"""The worked example of docs/method.md is what the engine computes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experience.engine.blend import Score, composite
from experience.engine.gaps import e_value
from experience.engine.intervals import moderate, moderated_wilson, moments_of_counts
from experience.engine.normalise import Anchors
from experience.engine.simulated import FALSE_ALARMS_PER_YEAR

COUNTS, STARS, POOLED = [14, 9, 13, 22, 32], [1, 2, 3, 4, 5], 1.44
METHOD = Path(__file__).parents[2] / "docs" / "method.md"


@pytest.fixture(scope="module")
def printed() -> dict[str, list[float]]:
    """The results column of the tables, by step."""
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", METHOD.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {
        step: [float(n.replace(",", "")) for n in re.findall(r"[+-]?\d[\d,]*\.?\d*", result)]
        for step, result in rows
    }


def test_the_rating_and_its_interval(printed: dict[str, list[float]]) -> None:
    moments = moments_of_counts(COUNTS, STARS)
    mean, variance = float(moments.mean), float(moments.variance)
    worth = moderate(mean, variance, 90.0, lo=1, hi=5, pooled=POOLED)
    interval = moderated_wilson(mean, variance, 90.0, lo=1, hi=5, pooled=POOLED)

    assert printed["mean"] == [pytest.approx(mean, abs=5e-5)]
    assert printed["variance"] == [pytest.approx(variance, abs=5e-5)]
    assert printed["v"] == [pytest.approx(worth.variance, abs=5e-5)]
    assert printed["n*"] == [pytest.approx(worth.n_star, abs=5e-3)]
    assert printed["interval"] == pytest.approx([interval.low, interval.high], abs=5e-5)


def test_the_score_the_bet_and_the_blend(printed: dict[str, list[float]]) -> None:
    mean = float(moments_of_counts(COUNTS, STARS).mean)
    score = Anchors(2.5, 4.2, 4.9).score(mean)
    blend = composite(
        {"X": Score.census(score), "O": Score.census(88), "T": Score.census(96)},
        {"X": 0.5, "O": 0.25, "T": 0.25},
    )

    assert blend is not None
    assert printed["score"] == [pytest.approx(score, abs=5e-3)]
    assert printed["early lane"] == [
        pytest.approx(float(e_value(COUNTS, [0, 0.25, 0.5, 0.75, 1], 0.8)), abs=0.5)
    ]
    assert printed["XLA"] == [pytest.approx(blend.score.value, abs=5e-3)]
    for step, stream in (("X costs", "X"), ("O gives", "O"), ("T gives", "T")):
        assert printed[step] == [pytest.approx(blend.contributions[stream], abs=5e-3)]


def test_the_false_alarms_are_those_of_the_simulation() -> None:
    assert f"opens {FALSE_ALARMS_PER_YEAR} gaps a year" in METHOD.read_text(encoding="utf-8")
