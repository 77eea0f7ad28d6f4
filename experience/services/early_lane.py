"""The early lane over the live months: may be looked at after every answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from experience.engine.early_lane import early_lane
from experience.engine.indicators import rating_terms
from experience.engine.periods import Period
from experience.selectors.agreements import InForce, terms_of, versions_in_force
from experience.selectors.maturity import live_months
from experience.selectors.subjects import Subject
from experience.selectors.windows import evidence_of_subjects
from experience.services.parameters import parameter_set_for, parameters_of


def early_e_values(subjects: Collection[Subject], *, as_of: date, now: datetime) -> dict[Subject, float]:
    """Return the largest live e-value of each subject: this month's, and last month's until it is final.

    A month is watched by the version in force on its last day, or on `as_of` while it runs: answers are never
    held against a target that was agreed for a later month.
    """
    e_values: dict[Subject, float] = {}
    for month in live_months(as_of):
        for found in versions_in_force(min(month.last_on, as_of)):
            for subject, e in _version_e_values(found, subjects, month, now):
                e_values[subject] = max(e, e_values.get(subject, 0.0))
    return e_values


def _version_e_values(
    found: InForce, subjects: Collection[Subject], month: Period, now: datetime
) -> Iterator[tuple[Subject, float]]:
    rating = rating_terms(terms_of(found.version))
    if rating is None:
        return
    used = parameters_of(parameter_set_for(month.first_on, now=now))
    for watched, evidence in evidence_of_subjects(found, subjects, month, now=now):
        e_values = early_lane(rating, evidence, used)
        yield from ((one, float(e)) for one, e in zip(watched, e_values, strict=True))
