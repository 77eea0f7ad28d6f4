"""The early lane over the live months: may be looked at after every answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from experience.engine.early_lane import early_lane
from experience.engine.indicators import Terms, rating_terms
from experience.engine.periods import live_months
from experience.selectors.agreements import InForce, terms_of, versions_in_force
from experience.selectors.subjects import Subject
from experience.selectors.windows import evidence_of_subjects
from experience.services.parameters import parameter_set_for, parameters_of


def early_e_values(subjects: Collection[Subject], *, as_of: date, now: datetime) -> dict[Subject, float]:
    """Return the largest live e-value of each subject: this month's, and last month's until it is final."""
    e_values: dict[Subject, float] = {}
    for found in versions_in_force(as_of):
        rating = rating_terms(terms_of(found.version))
        if rating is not None:
            for subject, e in _version_e_values(found, rating, subjects, as_of, now):
                e_values[subject] = max(e, e_values.get(subject, 0.0))
    return e_values


def _version_e_values(
    found: InForce, rating: Terms, subjects: Collection[Subject], as_of: date, now: datetime
) -> Iterator[tuple[Subject, float]]:
    for month in live_months(as_of):
        used = parameters_of(parameter_set_for(month.first_on, now=now))
        for watched, evidence in evidence_of_subjects(found, subjects, month, now=now):
            e_values = early_lane(rating, evidence, used)
            yield from ((one, float(e)) for one, e in zip(watched, e_values, strict=True))
