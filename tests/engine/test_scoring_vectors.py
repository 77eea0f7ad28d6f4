"""Every worked value of tests/data/scoring.json, computed by the engine.

Each adapter turns a vector's inputs into the engine's arguments and returns the figures the vector lists,
under the same names. Methods the product does not use are computed with scipy and say so in their name.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experience.engine import blend, gaps, intervals, native, normalise
from experience.engine.sla import sla_status

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "scoring.json").read_text(encoding="utf-8"))
STARS = (1, 2, 3, 4, 5)
Inputs = dict[str, Any]


def piecewise_score(given: Inputs) -> float:
    return normalise.Anchors(given["floor"], given["target"], given["ceiling"]).score(given["x"])


def percent_of_maximum(given: Inputs) -> float:
    return normalise.pomp(given["x"], given["lo"], given["hi"])


def happiness(given: Inputs) -> Inputs:
    groups = native.happiness_groups(given["counts"])
    mean = float(intervals.moments_of_counts(groups, native.HAPPINESS_VALUES).mean)
    unhappy, neutral, happy = groups
    return {
        "nps": mean,
        "promoters": happy,
        "passives": neutral,
        "detractors": unhappy,
        "linear_0_100": normalise.pomp(mean, -100.0, 100.0),
    }


def top_box(given: Inputs) -> Inputs:
    return {"p": native.top_box_share(given["counts_1_to_5"]), "n": sum(given["counts_1_to_5"])}


def apdex(given: Inputs) -> float:
    counts = [given["frustrated"], given["tolerating"], given["satisfied"]]
    return float(intervals.moments_of_counts(counts, native.APDEX_VALUES).mean)


def budget_burn(given: Inputs) -> Inputs:
    burn = normalise.budget_burn(given["availability"], given["target"])
    return {"burn": burn, "score": normalise.DEFAULT_ANCHORS["availability"].score(burn)}


def wilson(given: Inputs) -> Inputs:
    found = intervals.wilson(given["x"] / given["n"], given["n"], given["level"])
    return {"low": found.low, "high": found.high}


def rating_mean(given: Inputs) -> Inputs:
    found = intervals.moments_of_counts(given["counts_1_to_5"], STARS)
    mean, variance, n = float(found.mean), float(found.variance), float(found.n)
    scale = {"lo": 1.0, "hi": 5.0, "pooled": given["s0_sq"]}
    worth = intervals.moderate(mean, variance, n, **scale)
    limits = intervals.moderated_wilson(mean, variance, n, **scale)
    return {
        "n": n,
        "mean": mean,
        "s2": variance,
        "v_mod": worth.variance,
        "n_star": worth.n_star,
        "low": limits.low,
        "high": limits.high,
        "p_below_target": intervals.p_below(mean, variance, n, target=given["target"], **scale),
    }


def lost_time_mean(given: Inputs) -> Inputs:
    scale = {"lo": given["lo"], "hi": given["hi"]}
    worth = intervals.moderate(given["mean"], given["s2"], given["n_eff"], **scale)
    limits = intervals.moderated_wilson(given["mean"], given["s2"], given["n_eff"], **scale)
    return {"low": limits.low, "high": limits.high, "n_star": worth.n_star, "v_mod": worth.variance}


def median_interval(given: Inputs) -> Inputs:
    ranks = intervals.order_statistic_ranks(len(given["x"]), 0.5, given["level"])
    found = intervals.order_statistic(given["x"], 0.5, given["level"])
    assert ranks is not None
    assert found is not None
    return {"k_low": ranks[0], "low": found.low, "high": found.high, "median": found.value}


def weighted_geometric_mean(given: Inputs) -> float:
    names = [str(x) for x in given["x"]]
    values = dict(zip(names, given["x"], strict=True))
    return blend.geometric_mean(values, dict(zip(names, given["w"], strict=True)), floor=1e-9)


def _dimensions(scores: list[float | None]) -> dict[str, blend.Score | None]:
    named = zip("XOT", scores, strict=True)
    return {name: None if s is None else blend.Score.census(s) for name, s in named}


def composite(given: Inputs) -> Inputs:
    found = blend.composite(_dimensions(given["S"]), dict(zip("XOT", given["w"], strict=True)))
    assert found is not None
    return {
        "geometric": found.score.value,
        "contributions_vs_70": list(found.contributions.values()),
        "sum_contributions": sum(found.contributions.values()),
    }


def missing_dimension(given: Inputs) -> Inputs:
    found = blend.composite(_dimensions(given["S"]), dict(zip("XOT", given["w"], strict=True)))
    assert found is not None
    return {"geometric": found.score.value, "coverage": found.score.coverage}


def matched_basket_change(given: Inputs) -> Inputs:
    headline = [
        blend.geometric_mean({k: v for k, v in given[period].items() if v is not None}, given["w"])
        for period in ("previous", "current")
    ]
    matched = blend.matched_change(given["previous"], given["current"], given["w"])
    assert matched is not None
    return {
        "headline_prev": headline[0],
        "headline_now": headline[1],
        "naive_change": headline[1] - headline[0],
        "matched_change": matched.change,
    }


def mover(given: Inputs) -> Inputs:
    found = intervals.mover(
        given["est"], given["low"], given["high"], given["w"], correlation=given.get("rho", 0.0)
    )
    return {"est": found.value, "low": found.low, "high": found.high}


def discoveries(given: Inputs) -> Inputs:
    adjusted = gaps.adjusted_bh(given["p"])
    kept = [p / given["tau"] for p in given["p"] if p <= given["tau"]]
    return {
        "bh": (adjusted <= given["q"]).tolist(),
        "bh_adjusted": adjusted.tolist(),
        "discard_bh": gaps.discard_bh(given["p"], rate=given["q"], tau=given["tau"]).tolist(),
        "discard_adjusted": gaps.adjusted_bh(kept).tolist(),
    }


def betting(given: Inputs) -> Inputs:
    e = float(gaps.e_value(given["counts"], given["values"], given["T"]))
    return {
        "e": e,
        "log_e": float(gaps.log_e_value(given["counts"], given["values"], given["T"])),
        "flag_at_20": e >= 20.0,
        "mean": float(intervals.moments_of_counts(given["counts"], given["values"]).mean),
    }


def severity(given: Inputs) -> Inputs:
    found = gaps.severity(
        shrunk_score=given["score_shrunk"],
        upper90=given["upper90_one_sided"],
        affected_users=given["affected_users"],
        target=given["target"],
    )
    return {"user_points": found.user_points, "confident_user_points": found.confident_user_points}


def sla(given: Inputs) -> str:
    return sla_status(given["attainment"], given["target"], amber_band=given["amber_band"])


def watermelon(given: Inputs) -> Inputs:
    found = intervals.moments_of_counts(given["counts_1_to_5"], STARS)
    mean, variance, n = float(found.mean), float(found.variance), float(found.n)
    scale = {"lo": 1.0, "hi": 5.0, "pooled": given["s0_sq"]}
    limits = intervals.moderated_wilson(mean, variance, n, **scale)
    p = intervals.p_below(mean, variance, n, target=given["target_rating"], **scale)
    anchors = normalise.rating_anchors(1.0, 5.0)
    x = anchors.score_interval(limits)
    dimensions = {
        "X": blend.Score(anchors.score(mean), x.low, x.high, 1.0, n),
        "O": blend.Score(given["O"]["score"], given["O"]["low"], given["O"]["high"], 1.0, None),
        "T": blend.Score.census(given["T"]),
    }
    xla = blend.composite(dimensions, dict(zip("XOT", given["w"], strict=True)))
    assert xla is not None
    aim = normalise.pomp(given["target_rating"], 1.0, 5.0) / 100.0
    e = float(gaps.e_value(given["counts_1_to_5"], native.pomp_values(1.0, 5.0, 5), aim))
    state = gaps.experience_state(anchors.score(mean), p, n_effective=n, respondents=int(n))
    sla_state = sla_status(given["sla_attainment"], given["sla_target"])
    return {
        "mean": mean,
        "ci": [limits.low, limits.high],
        "X": anchors.score(mean),
        "X_ci": [x.low, x.high],
        "p_below": p,
        "e_value": e,
        "xla": xla.score.value,
        "xla_ci": [xla.score.low, xla.score.high],
        "sla": sla_state,
        "x_status": "red_confirmed" if state is gaps.Experience.LIKELY_RED else state,
        "flag": gaps.classify(sla_state, state, gap_is_open=e >= 20.0),
    }


# The longest matching beginning of a vector's name decides.
ADAPTERS: dict[str, Callable[[Inputs], Any]] = {
    "pwl": piecewise_score,
    "POMP": percent_of_maximum,
    "NPS-like happiness": happiness,
    "CSAT top-box": top_box,
    "Apdex": apdex,
    "availability error-budget burn": budget_burn,
    "Wilson 95%": wilson,
    "moderated Wilson mean rating": rating_mean,
    "moderated Wilson, weighted lost time": lost_time_mean,
    "median CI by order statistics": median_interval,
    "weighted geometric mean": weighted_geometric_mean,
    "composite + LMDI": composite,
    "missing dimension": missing_dimension,
    "matched-basket change": matched_basket_change,
    "MOVER": mover,
    "BH and discard-BH": discoveries,
    "betting e-value": betting,
    "severity": severity,
    "SLA status": sla,
    "watermelon, one service": watermelon,
}


def adapter_of(name: str) -> Callable[[Inputs], Any] | None:
    return next((adapt for start, adapt in ADAPTERS.items() if name.startswith(start)), None)


def same(found: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, dict):
        for key in expected.keys() & found.keys():
            same(found[key], expected[key], tolerance)
    elif isinstance(expected, float | list) and not isinstance(expected, bool):
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)
    else:
        assert found == expected


@pytest.mark.parametrize("vector", [v for v in VECTORS if adapter_of(v["name"])], ids=lambda v: v["name"])
def test_the_engine_reproduces_the_worked_value(vector: Inputs) -> None:
    adapt = adapter_of(vector["name"])
    assert adapt is not None

    found = adapt(vector["inputs"])

    same(found, vector["expected"], vector["tolerance"])
