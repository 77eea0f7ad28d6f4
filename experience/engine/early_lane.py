"""The early lane for a batch of services: one betting e-value per service over one month's answers."""

from __future__ import annotations

import numpy as np

from experience.engine.arrays import FloatArray
from experience.engine.evidence import RATING_SCALES, Evidence, ratings_of
from experience.engine.gaps import e_value
from experience.engine.indicators import Parameters, Terms, answer_values
from experience.engine.normalise import pomp
from experience.engine.weighting import can_weigh_early, class_weights, relative_weights


def early_lane(terms: Terms, evidence: Evidence, parameters: Parameters) -> FloatArray:
    """Return the e-value of each service against "the mean rating is at target or better"; 1 without answers.

    `terms` is the rating indicator; ratings are used raw. Answers weigh by response class once the class
    table holds 200 asked resolutions and a median weight, else all alike.
    """
    counts = _counts(terms, evidence)
    worst, best = RATING_SCALES[terms.measure]
    values = pomp(answer_values(terms, np.arange(worst, best + 1)), terms.low, terms.high) / 100.0
    target = (terms.anchors.target - terms.low) / (terms.high - terms.low)
    if parameters.median_weight is None or not can_weigh_early(parameters.asked):
        return e_value(counts.sum(axis=1), values, target)
    rates = [parameters.rates.of(code) for code, _ in evidence.strata]
    chances = [chance for _, chance in evidence.strata]
    weights = relative_weights(class_weights(rates, chances), parameters.median_weight)
    return e_value(counts, values, target, relative_weights=weights)


def _counts(terms: Terms, evidence: Evidence) -> FloatArray:
    """Return answers per service, stratum and rating."""
    worst, best = RATING_SCALES[terms.measure]
    cells = evidence.of(terms.measure)
    ratings = ratings_of(cells["bucket"])
    by_rating = [cells[ratings == rating] for rating in range(worst, best + 1)]
    return np.stack([evidence.per_stratum(found, found["n"]) for found in by_rating], axis=-1)
