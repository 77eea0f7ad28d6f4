"""Judging one period: coverage of intervals, flags in a fleet, power of one service's test."""

from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from bench.simulations.figures import Figure, Table, designed, mean, share
from bench.simulations.populations import (
    MATERIAL_POMP,
    POMP,
    TARGET,
    answers_of,
    chances_at,
    interval_of,
    p_of,
    rated,
    variance_at,
)
from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.gaps import discard_bh

STARS = {
    "good (mean 88)": (0.03, 0.02, 0.05, 0.20, 0.70),
    "middling (mean 71)": (0.10, 0.08, 0.12, 0.30, 0.40),
    "polar (a quarter give one star)": (0.25, 0.05, 0.05, 0.15, 0.50),
    "great (mean 95)": (0.01, 0.01, 0.02, 0.11, 0.85),
}
COVERAGE_ROUNDS = 20_000
COVERAGE_EXPECTED = {
    ("good", 5): 0.977,
    ("good", 10): 0.972,
    ("good", 20): 0.958,
    ("great", 10): 0.967,
    ("great", 30): 0.960,
    ("polar", 5): 0.889,
    ("polar", 20): 0.947,
}


def coverage(rng: np.random.Generator) -> Table:
    """Return how often nominal 95 % intervals contain the true mean of star ratings."""
    within = [np.array(p) @ POMP**2 - (np.array(p) @ POMP) ** 2 for p in STARS.values()]
    figures = []
    for name, chances in STARS.items():
        for n in (5, 10, 20, 30, 100):
            figures += _coverage_of(rng, name, np.array(chances), n, float(np.mean(within)))
    return Table(
        "Coverage of nominal 95 % intervals, 20 000 services each",
        "The moderated Wilson interval keeps its promise down to few answers, except for polar answers at "
        "n = 5. The t interval misses on the low side: it calls services green that are not.",
        figures,
    )


def _coverage_of(
    rng: np.random.Generator, name: str, chances: FloatArray, n: int, pooled: float
) -> list[Figure]:
    found = rated(rng.multinomial(n, chances, size=COVERAGE_ROUNDS))
    truth = float(chances @ POMP)
    limits = interval_of(found, pooled)
    half = stdtrit(n - 1, 0.975) * np.sqrt(found.variance / n)
    expected = (0.940, 0.950) if n == 100 else COVERAGE_EXPECTED.get((name.split(maxsplit=1)[0], n))
    return [
        share(
            (limits.low <= truth + 1e-9) & (truth <= limits.high + 1e-9),
            f"{name}, n = {n}",
            "moderated Wilson",
            designed(expected, COVERAGE_ROUNDS),
        ),
        share(np.abs(found.mean - truth) <= half + 1e-9, f"{name}, n = {n}", "t interval"),
    ]


FLEET = 60
FLAGS_ROUNDS = 4000
RULES = ("mean below target", "p < .05 and gap", "discard-BH and gap")
FLAGS_EXPECTED = {
    ("realistic", "mean below target", "false share of flags"): 0.385,
    ("realistic", "p < .05 and gap", "false share of flags"): 0.077,
    ("realistic", "discard-BH and gap", "false share of flags"): 0.013,
    ("realistic", "mean below target", "found, gap 8-12"): 0.90,
    ("realistic", "p < .05 and gap", "found, gap 8-12"): 0.46,
    ("realistic", "discard-BH and gap", "found, gap 8-12"): 0.27,
    ("realistic", "mean below target", "found, gap 12 and more"): 0.94,
    ("realistic", "p < .05 and gap", "found, gap 12 and more"): 0.63,
    ("realistic", "discard-BH and gap", "found, gap 12 and more"): 0.45,
    ("all on target", "p < .05 and gap", "any false flag"): 0.86,
    ("all on target", "discard-BH and gap", "any false flag"): 0.07,
}


def fleet_flags(rng: np.random.Generator) -> Table:
    """Return which flags are raised at one period close in fleets of 60 services, 80 % of them SLA-green."""
    figures = []
    for fleet in ("realistic", "all on target"):
        rounds = 8000
        truth = np.full((rounds, FLEET), TARGET)
        if fleet == "realistic":
            truth = np.clip(rng.normal(76.0, 8.0, (rounds, FLEET)), 20.0, 96.0)
        figures += _fleet_figures(fleet, truth, *_fleet_flags(rng, truth))
    return Table(
        "Flags at one period close, 8 000 fleets of 60 services, n median 25",
        "Realistic: services ~ N(76, 8), target 70. Discarding services clearly above target keeps the power "
        "that plain Benjamini-Hochberg wastes on them.",
        figures,
    )


def _fleet_flags(rng: np.random.Generator, truth: FloatArray) -> tuple[dict[str, BoolArray], BoolArray]:
    sizes = np.clip(np.exp(rng.normal(np.log(25.0), 1.0, truth.shape)).astype(int), 5, 600)
    green = rng.random(truth.shape) < 0.8
    found = rated(answers_of(rng, sizes, truth))
    df = found.n - 1.0
    pooled = (df * found.variance).sum(axis=1, keepdims=True) / df.sum(axis=1, keepdims=True)
    p = p_of(found, pooled)
    family, gap = green & (found.n >= 8), TARGET - found.mean >= MATERIAL_POMP
    discovered = np.zeros_like(family)
    for row in range(len(truth)):
        discovered[row, family[row]] = discard_bh(p[row, family[row]])
    flags = dict(
        zip(RULES, (green & (found.mean < TARGET), family & gap & (p < 0.05), discovered & gap), strict=True)
    )
    return flags, green


def _fleet_figures(
    fleet: str, truth: FloatArray, flags: dict[str, BoolArray], green: BoolArray
) -> list[Figure]:
    figures = []
    gap = TARGET - truth
    for rule, flag in flags.items():
        false = flag & (gap <= 1e-9)
        measured = [
            mean(false.sum(axis=1) / np.maximum(flag.sum(axis=1), 1), fleet, "false share of flags"),
            share(false.any(axis=1), fleet, "any false flag"),
        ]
        if fleet == "realistic":
            measured += [
                share(flag[green & (gap >= 8.0) & (gap < 12.0)], fleet, "found, gap 8-12"),
                share(flag[green & (gap >= 12.0)], fleet, "found, gap 12 and more"),
            ]
        for figure in measured:
            expected = FLAGS_EXPECTED.get((fleet, rule, figure.what))
            figures.append(replace(figure, case=f"{fleet}: {rule}", design=designed(expected, FLAGS_ROUNDS)))
    return figures


POWER_ROUNDS = 20_000
POWER_EXPECTED = {
    10: (0.04, 0.12, 0.24, 0.41, 0.59),
    20: (0.05, 0.18, 0.39, 0.66, 0.85),
    30: (0.05, 0.22, 0.52, 0.80, 0.95),
    50: (0.05, 0.29, 0.71, 0.94, 1.00),
    150: (0.05, 0.61, 0.98, 1.00, 1.00),
}


def power(rng: np.random.Generator) -> Table:
    """Return how often one service's test (p < .05 and gap) finds a true gap."""
    figures = []
    for n, expected in POWER_EXPECTED.items():
        for gap, value in zip((0.0, 5.0, 10.0, 15.0, 20.0), expected, strict=True):
            found = rated(rng.multinomial(n, chances_at(np.array(TARGET - gap)), size=POWER_ROUNDS))
            p = p_of(found, variance_at(76.0))
            flag = (p < 0.05) & (TARGET - found.mean >= MATERIAL_POMP)
            figures.append(
                share(flag, f"{n} answers", f"true gap {gap:.0f} POMP", designed(value, POWER_ROUNDS))
            )
    return Table(
        "What a number of answers could have shown (p < .05 and gap), 20 000 services each",
        "This is the table behind the sentence on how many answers would reveal a shortfall.",
        figures,
    )
