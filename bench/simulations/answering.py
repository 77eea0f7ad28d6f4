"""Who answers: means over all tickets when answering depends on ticket facts, or on the rating itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bench.simulations.figures import Figure, Table, designed, mean, root_mean_square, share
from bench.simulations.populations import CUTS, POMP, SPREAD, interval_of
from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.intervals import Moments
from experience.engine.weighting import (
    calibrate,
    class_rates,
    class_weights,
    is_hassle,
    trim,
    weighted_moments,
)

FACTS = {
    "reopened": (0.92, 0.08),
    "time": (0.7, 0.2, 0.1),
    "site": (0.5, 0.3, 0.2),
    "persona": (0.6, 0.3, 0.1),
    "reassigned": (0.6, 0.25, 0.15),
}
ON_RATING = {
    "reopened": (0.0, -1.3),
    "time": (0.0, -0.5, -1.2),
    "site": (0.0, -0.15, -0.35),
    "persona": (0.0, 0.1, -0.5),
    "reassigned": (0.0, -0.35, -0.9),
}
ON_ANSWERING = {
    "reopened": (0.0, 0.9),
    "time": (0.0, 0.3, 0.7),
    "site": (0.0, -0.5, -1.0),
    "persona": (0.0, 0.2, -0.9),
    "reassigned": (0.0, 0.15, 0.4),
}
# A fact that stands in no class: priority.
PRIORITY = ((0.05, 0.15, 0.5, 0.3), (-0.3, -0.1, 0.0, 0.15), (-0.5, -0.2, 0.0, 0.1))
# Log-odds of answering by star: what ticket facts do not explain.
MOODS = {
    "": np.zeros(5),
    "the angry answer more": np.array([1.0, 0.6, 0.0, -0.2, 0.0]),
    "the happy answer more": np.array([-0.3, -0.3, -0.3, 0.0, 0.3]),
}
FINE, BAD = 1.55, 0.25  # latent level of services with a mean near 90 and near 70
SIZES = tuple(len(levels) for levels in FACTS.values())
CODES = ["0" + "".join(map(str, np.unravel_index(i, SIZES))) for i in range(int(np.prod(SIZES)))]
POOLED_ANSWER = 950.0
ORGANISATIONS = 20
ANSWERING_ROUNDS = 2000
# Bias, root mean square error and coverage; None is not stated.
RESPONSE_EXPECTED: dict[tuple[int, float, str, str], tuple[float | None, ...]] = {
    (60, FINE, "", "as answered"): (-1.45, 6.3, 0.97),
    (60, FINE, "", "weighted"): (0.1, 6.3, 0.98),
    (120, FINE, "", "as answered"): (-1.57, 4.7, 0.96),
    (120, FINE, "", "weighted"): (0.1, 4.4, 0.98),
    (400, FINE, "", "as answered"): (-1.68, 2.95, 0.91),
    (400, FINE, "", "weighted"): (0.0, 2.4, 0.98),
    (800, FINE, "", "as answered"): (None, None, 0.86),
    (800, FINE, "", "weighted"): (None, None, 0.975),
    (800, BAD, "", "as answered"): (-2.6, None, None),
    (800, BAD, "", "weighted"): (0.0, None, None),
    (800, BAD, "the angry answer more", "as answered"): (-11.0, None, None),
    (800, BAD, "the angry answer more", "weighted"): (-7.0, None, None),
    (800, BAD, "the happy answer more", "as answered"): (3.5, None, None),
    (800, BAD, "the happy answer more", "weighted"): (5.1, None, None),
}


@dataclass(frozen=True, slots=True)
class Estimates:
    """Errors of some estimated means, and whether their intervals contain the truth."""

    errors: FloatArray
    covered: BoolArray


def who_answers(rng: np.random.Generator) -> Table:
    """Return bias, error and coverage of the mean over all tickets when answering depends on ticket facts."""
    figures = []
    for tickets, level, mood in dict.fromkeys(key[:3] for key in RESPONSE_EXPECTED):
        rounds = 4000 if tickets < 800 else 1000
        for estimator, found in _services(rng, tickets, rounds, level, mood).items():
            about = f"mean near {90 if level == FINE else 70}" + (f", {mood}" if mood else "")
            expected = RESPONSE_EXPECTED[tickets, level, mood, estimator]
            figures += _estimate_figures(f"{tickets} tickets, {about}, {estimator}", found, expected)
    return Table(
        "Means over all tickets when slow and reopened ones are answered more, one site and field staff less",
        "Twenty organisations, each with response rates learned from 12 000 tickets. Weighting mends what "
        "ticket facts explain; it does not mend answering that depends on the rating itself, which is why "
        "the tipping point is shown.",
        figures,
    )


def _tickets(
    rng: np.random.Generator, shape: tuple[int, ...], level: float
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Return for every ticket its class number, the latent experience and the log-odds of answering."""
    levels = [rng.choice(len(chances), size=shape, p=chances) for chances in FACTS.values()]
    priority = rng.choice(len(PRIORITY[0]), size=shape, p=PRIORITY[0])
    latent = level + np.array(PRIORITY[1])[priority] + rng.normal(0.0, 0.35, shape)
    odds = np.array(PRIORITY[2])[priority]
    for fact, chosen in zip(FACTS, levels, strict=True):
        latent = latent + np.array(ON_RATING[fact])[chosen]
        odds = odds + np.array(ON_ANSWERING[fact])[chosen]
    return np.ravel_multi_index(tuple(levels), SIZES), latent, odds


def _ratings(rng: np.random.Generator, latent: FloatArray) -> NDArray[np.int64]:
    felt = latent + SPREAD * rng.normal(size=latent.shape)
    return np.asarray((felt[..., np.newaxis] > CUTS).sum(axis=-1))


def _services(
    rng: np.random.Generator, tickets: int, rounds: int, level: float, mood: str
) -> dict[str, Estimates]:
    """Return the estimates of services spread over twenty organisations with response rates of their own."""
    batches = [
        _one_organisation(rng, tickets, rounds // ORGANISATIONS, level, mood) for _ in range(ORGANISATIONS)
    ]
    return {
        name: Estimates(
            np.concatenate([batch[name].errors for batch in batches]),
            np.concatenate([batch[name].covered for batch in batches]),
        )
        for name in batches[0]
    }


def _one_organisation(
    rng: np.random.Generator, tickets: int, rounds: int, level: float, mood: str
) -> dict[str, Estimates]:
    code, latent, odds = _tickets(rng, (rounds, tickets), level)
    rating = _ratings(rng, latent)
    base = -1.5 + 0.3 * rng.normal(size=(rounds, 1))
    answered = rng.random(code.shape) < expit(base + odds + MOODS[mood][rating])
    usable = answered.sum(axis=1) >= 6
    code, rating, answered = code[usable], rating[usable], answered[usable]
    sums = [_per_class(code, answered * POMP[rating] ** power) for power in (0, 1, 2)]
    resolved = _per_class(code, np.ones(code.shape))
    truth = POMP[rating].mean(axis=1)
    return {
        "as answered": _estimates(np.ones_like(resolved), sums, truth),
        "weighted": _estimates(_weights(rng, sums[0], resolved, level, mood), sums, truth),
    }


def _weights(
    rng: np.random.Generator, answers: FloatArray, resolved: FloatArray, level: float, mood: str
) -> FloatArray:
    learned = np.broadcast_to(_organisation_weights(rng, level, mood), answers.shape)
    hassle = np.array([is_hassle(code) for code in CODES])
    return calibrate(
        trim(learned, answers),
        answers,
        hassle,
        resolved_hassle=resolved[:, hassle].sum(axis=1),
        resolved_other=resolved[:, ~hassle].sum(axis=1),
    )


def _per_class(code: NDArray[np.int64], amount: FloatArray) -> FloatArray:
    rows, width = len(code), len(CODES)
    index = code + width * np.arange(rows)[:, np.newaxis]
    sums = np.bincount(index.ravel(), weights=amount.ravel(), minlength=rows * width)
    return sums.astype(np.float64).reshape(rows, width)


def _organisation_weights(rng: np.random.Generator, level: float, mood: str) -> FloatArray:
    code, latent, odds = _tickets(rng, (12_000,), level)
    answered = rng.random(code.shape) < expit(-1.5 + odds + MOODS[mood][_ratings(rng, latent)])
    asked = np.bincount(code, minlength=len(CODES)).tolist()
    answers = np.bincount(code[answered], minlength=len(CODES)).tolist()
    rates = class_rates(dict(zip(CODES, asked, strict=True)), dict(zip(CODES, answers, strict=True)))
    return class_weights([rates.of(name) for name in CODES])


def _estimates(weights: FloatArray, sums: Sequence[FloatArray], truth: FloatArray) -> Estimates:
    found = weighted_moments(weights, *sums)
    limits = interval_of(Moments(found.mean, found.variance, found.kish), POOLED_ANSWER)
    return Estimates(found.mean - truth, (limits.low <= truth) & (truth <= limits.high))


def _estimate_figures(case: str, found: Estimates, expected: Sequence[float | None]) -> list[Figure]:
    bias, root, covered = (designed(value, ANSWERING_ROUNDS) for value in expected)
    return [
        mean(found.errors, case, "bias, POMP", bias),
        root_mean_square(found.errors, case, "root mean square error, POMP", root),
        share(found.covered, case, "coverage of 95 %", covered),
    ]
