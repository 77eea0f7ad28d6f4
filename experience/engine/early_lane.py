"""The early lane for a batch of services: one betting e-value per service over one month's answers."""

from __future__ import annotations

import numpy as np

from experience.engine.arrays import FloatArray
from experience.engine.daycells import rating_of_bucket
from experience.engine.gaps import e_value
from experience.engine.indicators import Evidence, Parameters, Terms
from experience.engine.native import pomp_values
from experience.engine.weighting import can_weigh_early, class_weights, relative_weights


def early_lane(terms: Terms, evidence: Evidence, parameters: Parameters) -> FloatArray:
    """Return the e-value of each service against "the mean rating is at target or better"; 1 without answers.

    `terms` is the rating indicator; ratings are used raw. Answers weigh by response class once the class
    table holds 200 asked resolutions and a median weight, else all alike.
    """
    counts = _counts(terms, evidence)
    values = pomp_values(terms.low, terms.high, counts.shape[-1])
    target = (terms.anchors.target - terms.low) / (terms.high - terms.low)
    if parameters.median_weight is None or not can_weigh_early(parameters.asked):
        return e_value(counts.sum(axis=1), values, target)
    rates = [parameters.rates.of(code) for code, _ in evidence.strata]
    chances = [permille / 1000.0 for _, permille in evidence.strata]
    weights = relative_weights(class_weights(rates, chances), parameters.median_weight)
    return e_value(counts, values, target, relative_weights=weights)


def _counts(terms: Terms, evidence: Evidence) -> FloatArray:
    """Return answers per service, stratum and rating."""
    answers = int(terms.high - terms.low) + 1
    counts = np.zeros((evidence.services, len(evidence.strata), answers))
    for answer in range(answers):
        cells = [
            c for c in evidence.of(terms.measure) if rating_of_bucket(c.bucket) == answer + int(terms.low)
        ]
        counts[:, :, answer] = evidence.per_stratum(cells, lambda cell: cell.n)
    return counts
