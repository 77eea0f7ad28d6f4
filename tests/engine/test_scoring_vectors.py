"""Every worked value of tests/data/scoring.json, computed by the engine.

Each adapter turns a vector's inputs into the engine's arguments and returns the figures the vector lists,
under the same names. Methods the product does not use are computed with scipy and say so in their name.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from experience.engine import (
    agreement_terms,
    blend,
    change,
    drivers,
    gaps,
    histogram,
    indicators,
    intervals,
    normalise,
    pooling,
    sentiment,
    strata,
    weighting,
)
from experience.selectors.agreements import scale_of
from experience.services.library import declared_indicators
from surveys.engine import contradictions

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "scoring.json").read_text(encoding="utf-8"))
STARS = (1, 2, 3, 4, 5)
Inputs = dict[str, Any]


def declared_scale(key: str) -> agreement_terms.IndicatorScale:
    return scale_of(declared_indicators()[key])


def piecewise_score(given: Inputs) -> float:
    return normalise.Anchors(given["floor"], given["target"], given["ceiling"]).score(given["x"])


def percent_of_maximum(given: Inputs) -> float:
    return normalise.pomp(given["x"], given["lo"], given["hi"])


def happiness(given: Inputs) -> Inputs:
    worth = [indicators.happiness_value(answer) for answer in range(11)]
    mean = float(intervals.moments_of_counts(given["counts"], worth).mean)
    promoters, passives, detractors = (
        sum(n for n, value in zip(given["counts"], worth, strict=True) if value == group)
        for group in (100.0, 0.0, -100.0)
    )
    return {
        "nps": mean,
        "promoters": promoters,
        "passives": passives,
        "detractors": detractors,
        "linear_0_100": normalise.pomp(mean, -100.0, 100.0),
    }


def top_box(given: Inputs) -> Inputs:
    found = intervals.moments_of_counts(given["counts_1_to_5"], [0, 0, 0, 1, 1])
    return {"p": float(found.mean), "n": float(found.n)}


def apdex(given: Inputs) -> float:
    counts = [given["satisfied"], given["tolerating"], given["frustrated"]]
    return float(intervals.moments_of_counts(counts, indicators.APDEX_VALUES).mean)


def budget_burn(given: Inputs) -> Inputs:
    """The product scores the availability; anchors of any target are its budget used 2, 1 or 0 times."""
    anchors = agreement_terms.derived_anchors(declared_scale("availability"), target=given["target"])
    return {
        "burn": (1.0 - given["availability"]) / (1.0 - given["target"]),
        "score": anchors.score(given["availability"]),
    }


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
    return gaps.sla_status(given["attainment"], given["target"], amber_band=given["amber_band"])


def watermelon(given: Inputs) -> Inputs:
    found = intervals.moments_of_counts(given["counts_1_to_5"], STARS)
    mean, variance, n = float(found.mean), float(found.variance), float(found.n)
    scale = {"lo": 1.0, "hi": 5.0, "pooled": given["s0_sq"]}
    limits = intervals.moderated_wilson(mean, variance, n, **scale)
    p = intervals.p_below(mean, variance, n, target=given["target_rating"], **scale)
    anchors = declared_scale("rating").anchors
    x = anchors.score_interval(limits)
    dimensions = {
        "X": blend.Score(anchors.score(mean), x.low, x.high, 1.0, n),
        "O": blend.Score(given["O"]["score"], given["O"]["low"], given["O"]["high"], 1.0, None),
        "T": blend.Score.census(given["T"]),
    }
    xla = blend.composite(dimensions, dict(zip("XOT", given["w"], strict=True)))
    assert xla is not None
    aim = normalise.pomp(given["target_rating"], 1.0, 5.0) / 100.0
    e = float(gaps.e_value(given["counts_1_to_5"], [0.0, 0.25, 0.5, 0.75, 1.0], aim))
    state = gaps.experience_state(anchors.score(mean), p, n_effective=n, respondents=int(n))
    sla_state = gaps.sla_status(given["sla_attainment"], given["sla_target"])
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


def reference_adjusted_wald_nps(given: Inputs) -> Inputs:
    """Cross-check of the happiness interval; the product uses the moderated Wilson interval."""
    n = given["promoters"] + given["passives"] + given["detractors"]
    happy, unhappy = ((given[k] + 0.75) / (n + 3) for k in ("promoters", "detractors"))
    centre = happy - unhappy
    half = stats.norm.ppf(0.975) * np.sqrt((happy + unhappy - centre**2) / (n + 3))
    nps = 100.0 * (given["promoters"] - given["detractors"]) / n
    return {"nps": nps, "low": 100.0 * (centre - half), "high": 100.0 * (centre + half)}


def reference_merged_moments(given: Inputs) -> Inputs:
    """The product merges integer sums instead; a merge of means and squares agrees."""
    a, b = given["a"], given["b"]
    n, distance = a["n"] + b["n"], b["mean"] - a["mean"]
    squares = a["M2"] + b["M2"] + distance**2 * a["n"] * b["n"] / n
    mean = a["mean"] + distance * b["n"] / n
    return {"n": n, "mean": mean, "M2": squares, "var": squares / (n - 1)}


def fleet(given: Inputs) -> Inputs:
    found = pooling.paule_mandel(given["y"], given["v"])
    return {"mu": found.mean, "tau2": found.between}


def kish(given: Inputs) -> float:
    return weighting.kish(given["w"])


def trimmed(given: Inputs) -> Inputs:
    weights = np.array(given["w"], dtype=float)
    found = weighting.trim(weights, np.ones_like(weights), factor=given["c"], passes=given["iterations"])
    return {
        "w_mean1": found.tolist(),
        "kish_before": weighting.kish(weights),
        "kish_after": weighting.kish(found),
    }


def post_stratified(given: Inputs) -> Inputs:
    cells = {c["h"]: strata.Cell(c["N"], c["n"], c["sum"], c["sumsq"]) for c in given["cells"]}
    process, period = weighting.post_stratify(cells), weighting.post_stratify(cells, this_period_only=True)
    assert process is not None
    assert period is not None
    return {
        "mean": process.mean,
        "se_fpc": period.standard_error,
        "se_no_fpc": process.standard_error,
        "kish": process.kish,
    }


def raked(given: Inputs) -> Inputs:
    cells = given["cells"]
    margins = [([c[name] for c in cells], given["margins"][name]) for name in ("stype", "sw")]
    answers, totals = np.array([c["n"] for c in cells], float), np.array([c["sum"] for c in cells])
    weights = weighting.rake(answers, margins)
    found = weighting.weighted_moments(weights, answers, totals, totals)
    return {"mean": float(found.mean), "weights": weights.tolist()}


def response_classes(given: Inputs) -> Inputs:
    answers, totals = np.array(given["n"], float), np.array(given["sum_score"], float)
    weights = weighting.class_weights(given["class_rate"])
    split = given["own_split"]
    hassle = np.isin(np.arange(len(answers)), split["hassle_classes"])
    scaled = weighting.calibrate(
        weights,
        answers,
        hassle,
        resolved_hassle=split["N_hassle"],
        resolved_other=split["N_other"],
    )

    def mean(w: NDArray[np.float64]) -> float:
        return float(weighting.weighted_moments(w, answers, totals, totals).mean)

    return {
        "raw_mean": mean(np.ones_like(weights)),
        "class_weighted": mean(weights),
        "calibrated": mean(scaled),
    }


def reference_cochran(given: Inputs) -> Inputs:
    """Not used: pages say how many answers reveal a shortfall (`planning.answers_to_reveal`)."""
    quantile = stats.norm.ppf(0.5 + given["level"] / 2.0)
    unlimited = quantile**2 * given["p"] * (1.0 - given["p"]) / given["e"] ** 2
    tickets = given["N"] or np.inf
    n = float(unlimited / (1.0 + (unlimited - 1.0) / tickets))
    return {"n": n, "n_ceil": float(np.ceil(n))}


def tipping(given: Inputs) -> Inputs:
    found = weighting.tipping_point(
        target=given["target"],
        response_rate=given["resp_rate"],
        raw_mean=given["mean_raw"],
        weighted_mean=given["mean_weighted"],
    )
    assert found is not None
    return {"period_mean": found.period_mean, "delta_star": found.shift}


def representativity(given: Inputs) -> float:
    return weighting.r_indicator(given["class_rate"], given["N"])


def reference_confidence_sequence(given: Inputs) -> float:
    """Not used: the betting e-value finds more at the same guarantee."""
    scale = given["n"] * given["rho2"] + 1.0
    return float(
        np.sqrt(2.0 * scale * np.log(np.sqrt(scale) / given["alpha"]) / (given["n"] * scale - given["n"]))
    )


def reference_ewma_run_length(given: Inputs) -> Inputs:
    """Markov chain of the chart; says where the limit 2.86 comes from, the product needs only the limit."""
    lam, size = given["lam"], 401
    spread = np.sqrt(lam / (2.0 - lam))
    edge = given["L"] * spread
    top = edge if given["sides"] == 2 else 6.0 * spread
    width = (top + edge) / size
    state = -edge + width * (np.arange(size) + 0.5)
    shifted = state[None, :] - (1.0 - lam) * state[:, None]
    move = stats.norm.cdf((shifted + width / 2) / lam) - stats.norm.cdf((shifted - width / 2) / lam)
    if given["sides"] == 1:
        move[:, -1] += stats.norm.sf((top - (1.0 - lam) * state) / lam)
    length = np.linalg.solve(np.eye(size) - move, np.ones(size))
    return {"arl0": float(np.interp(0.0, state, length))}


def ewma_path(given: Inputs) -> Inputs:
    points = change.ewma(given["z"], smoothing=given["lam"])
    return {"ewma_final": points[-1].level, "standardised": [point.standardised for point in points]}


def reference_welch(given: Inputs) -> Inputs:
    """Not used: two periods are compared by their own intervals, square and add (`change.difference`)."""
    sides = [(g["mean"], g["sd"], g["n"]) for g in (given["after"], given["before"])]
    test = stats.ttest_ind_from_stats(*sides[0], *sides[1], equal_var=False)
    parts = [sd**2 / n for _, sd, n in sides]
    df = sum(parts) ** 2 / sum(part**2 / (n - 1) for part, (_, _, n) in zip(parts, sides, strict=True))
    value, half = sides[0][0] - sides[1][0], float(stats.t.ppf(0.975, df) * np.sqrt(sum(parts)))
    return {
        "diff": value,
        "t": float(test.statistic),
        "p_two_sided": float(test.pvalue),
        "df": df,
        "low": value - half,
        "high": value + half,
    }


def trend(given: Inputs) -> Inputs:
    found = change.trend(given["mean"], given["n"], answer_variance=given["within_var"])
    assert found is not None
    return {
        "slope": found.slope,
        "phi_used": found.phi,
        "se": found.standard_error,
        "t": found.t,
        "p": found.p,
    }


def rate_ratio(given: Inputs) -> Inputs:
    found = change.rate_ratio(
        count_now=given["count_now"],
        exposure_now=given["exposure_now"],
        count_before=given["count_base"],
        exposure_before=given["exposure_base"],
    )
    assert found is not None
    return {"rr": found.value, "low": found.low, "high": found.high, "p": found.p}


def lmg(given: Inputs) -> Inputs:
    """The engine keeps the rating in the last column, the vector in the first."""
    covariance = np.roll(np.array(given["cov"]), -1, axis=(0, 1))
    found = drivers.lmg(covariance, [[column] for column in range(len(given["x"]))])
    return {"lmg": dict(zip(given["x"], found.tolist(), strict=True)), "r2": float(found.sum())}


def response_blend(given: Inputs) -> float:
    return sentiment.blended(given["rating_pomp"], given["calibrated_sentiment"], weight=given["lam"])


def contradiction(given: Inputs) -> Inputs:
    found = contradictions.contradiction(
        normalise.pomp(given["rating"], 1, given["scale_max"]),
        given["polarity"],
        confidence=given["classifier_confidence"],
    )
    return {"contradiction": found}


def reference_negative_share(given: Inputs) -> float:
    """Not used: no page tells a share of negative comments."""
    skill = given["sensitivity"] + given["specificity"] - 1.0
    return float((given["observed"] + given["specificity"] - 1.0) / skill)


def log_histogram(given: Inputs) -> Inputs:
    found = histogram.LogHistogram.of(given["values"])
    return {
        "bucket_index": [histogram.bucket_of(value) for value in given["values"]],
        "p50": found.quantile(0.5),
        "p90": found.quantile(0.9),
    }


# By the beginning of a vector's name; an earlier entry wins.
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
    "NPS adjusted-Wald(3)": reference_adjusted_wald_nps,
    "merge two buckets": reference_merged_moments,
    "Paule-Mandel": fleet,
    "Kish effective n": kish,
    "weight trimming": trimmed,
    "post-stratified mean": post_stratified,
    "raking": raked,
    "response-class weights": response_classes,
    "Cochran n": reference_cochran,
    "tipping point": tipping,
    "R-indicator": representativity,
    "asymptotic confidence sequence": reference_confidence_sequence,
    "EWMA path": ewma_path,
    "EWMA": reference_ewma_run_length,
    "Welch before/after": reference_welch,
    "weekly trend": trend,
    "incident rate ratio": rate_ratio,
    "LMG drivers": lmg,
    "response-level blend": response_blend,
    "contradiction flag": contradiction,
    "Rogan-Gladen": reference_negative_share,
    "log histogram": log_histogram,
}

# Figures that vectors list beside the method: steps on the way, or rival methods that the product leaves out.
NOT_COMPUTED = {
    "composite": {"arithmetic", "harmonic"},
    "rating_mean": {"t", "z_score"},
    "watermelon": {"arithmetic_xla"},
    "cochran": {"n"},
    "trend": {"phi_hat", "kendall_tau", "kendall_p"},
    "log_histogram": {"gamma"},
}


def adapter_of(name: str) -> Callable[[Inputs], Any]:
    return next(adapt for start, adapt in ADAPTERS.items() if name.startswith(start))


def assert_same(found: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_same(found[key], expected[key], tolerance)
    elif isinstance(expected, str):
        assert found == expected
    else:
        # Vectors are rounded to ten decimals; tiny p-values to four digits.
        assert found == pytest.approx(
            expected, rel=max(tolerance, 1e-4) if tiny(expected) else tolerance, abs=1e-9
        )


def tiny(expected: Any) -> bool:
    return isinstance(expected, float) and 0.0 < abs(expected) < 1e-3


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_engine_reproduces_the_worked_value(vector: Inputs) -> None:
    adapt = adapter_of(vector["name"])
    expected = vector["expected"]
    for figure in NOT_COMPUTED.get(adapt.__name__, ()):
        expected.pop(figure, None)

    found = adapt(vector["inputs"])

    assert_same(found, expected, vector["tolerance"])


def test_every_adapter_meets_a_vector() -> None:
    used = {adapter_of(vector["name"]) for vector in VECTORS}

    assert used == set(ADAPTERS.values())
