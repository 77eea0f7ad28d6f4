"""Did the action work: acting on the worst-looking service of a fleet."""

import numpy as np

from bench.simulations.figures import Table, designed, mean, share
from bench.simulations.populations import answers_of, rated
from experience.engine.arrays import BoolArray, FloatArray
from experience.engine.change import Effect, did

SERVICES, ANSWERS = 40, 40
ACTION_ROUNDS = 1500
ACTION_EXPECTED = {
    ("after against trigger month", 0.0): (0.14, 0.27),
    ("DiD from the trigger month", 0.0): (0.20, 0.22),
    ("DiD from three earlier months", 0.0): (0.025, 0.046),
    ("DiD from three earlier months", 10.0): (0.34, 0.45),
}


def actions(rng: np.random.Generator) -> Table:
    """Return how often an action on the worst-looking service is said to have worked."""
    figures = []
    for effect in (0.0, 10.0):
        for common, own in ((0.0, 0.0), (2.0, 0.0), (2.0, 3.0)):
            for method, (worked, estimate) in _actions(rng, effect, common, own).items():
                case = f"effect {effect:.0f}, shocks {common:.0f} common and {own:.0f} own: {method}"
                expected = designed(ACTION_EXPECTED.get((method, effect)), ACTION_ROUNDS)
                figures.append(share(worked, case, "said to have worked", expected))
                figures.append(mean(estimate, case, "mean estimate, POMP"))
    return Table(
        "Acting on the worst-looking of 40 services (40 answers a month), 4 000 fleets each",
        "With effect 0 every 'worked' is false. The trigger month is bad partly by chance, so comparing with "
        "it finds an improvement that would have come anyway; controls do not remove that, an earlier "
        "baseline does.",
        figures,
    )


def _actions(
    rng: np.random.Generator, effect: float, common: float, own: float, rounds: int = 4000
) -> dict[str, tuple[BoolArray, FloatArray]]:
    truth = rng.normal(74.0, 6.0, (rounds, SERVICES, 1)) + rng.normal(0.0, common, (rounds, 1, 6))
    truth = truth + rng.normal(0.0, own, (rounds, SERVICES, 6))
    before = rated(answers_of(rng, ANSWERS, np.clip(truth, 15.0, 97.0)))
    treated = before.mean[:, :, 4].argmin(axis=1)
    rows = np.arange(rounds)
    truth[rows, treated, 5] += effect
    later = rated(answers_of(rng, ANSWERS, np.clip(truth[:, :, 5], 15.0, 97.0)))
    means, variances = before.mean.copy(), before.variance.copy()
    means[:, :, 5], variances[:, :, 5] = later.mean, later.variance
    trigger = means[rows, treated, 5] - means[rows, treated, 4]
    pooled = variances.mean(axis=(1, 2))
    noise = ((ANSWERS - 1) * variances[rows, treated] + 4.0 * pooled[:, np.newaxis]) / (ANSWERS + 3) / ANSWERS
    methods = {"after against trigger month": (trigger > 1.96 * np.sqrt(noise[:, 4] + noise[:, 5]), trigger)}
    for name, months in (("DiD from the trigger month", [4]), ("DiD from three earlier months", [1, 2, 3])):
        found = [_effect(means[row], int(treated[row]), months) for row in rows]
        methods[name] = (np.array([worked for worked, _ in found]), np.array([value for _, value in found]))
    return methods


def _effect(means: FloatArray, treated: int, baseline: list[int]) -> tuple[bool, float]:
    others = np.arange(SERVICES) != treated
    found = did(
        means[treated, baseline], float(means[treated, 5]), means[others][:, baseline], means[others, 5]
    )
    if found is None:
        raise ValueError("A fleet of 40 services has 39 controls; check the selection of controls.")
    return found.verdict is Effect.IMPROVED, found.value
