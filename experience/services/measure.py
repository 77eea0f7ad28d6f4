"""Measure agreements over periods and keep each result with its receipt.

A provisional result is overwritten while its inputs still change. A final one never is: a later change makes
a corrected result beside it. What is shown waits for 5 more people than were shown before: until then the new
result is kept unpublished beside the published one (services/publishing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from experience.engine.defaults import DEFAULTS, ENGINE_VERSION
from experience.engine.evidence import Evidence
from experience.engine.measure import SlaTerms, measure
from experience.engine.periods import Period, month_of, week_of, window
from experience.engine.receipt import input_hash
from experience.models import AgreementVersion, Measurement, ParameterSet, Sla
from experience.models.measurements import MeasurementPeriod
from experience.selectors.agreements import (
    InForce,
    headline_slas,
    limits_of,
    stream_weights,
    terms_of,
    versions_in_force,
)
from experience.selectors.maturity import is_final, live_months
from experience.selectors.subjects import Subject, same_subjects
from experience.selectors.windows import evidence_of, evidence_of_subjects, evidence_together
from experience.services.parameters import parameter_set_for, parameters_of
from experience.services.publishing import last_published, mark_published
from experience.services.results import columns_of, inputs_of
from surveys.models import BusinessService
from surveys.services.bulk import update_rows

ROLLING_DAYS = DEFAULTS.window_days[0]
_ATTEMPTS = 5
# What tells whether a current result is still the one that was read.
_STANDING = ("pk", "input_hash", "state", "is_published")


def measure_all(
    *,
    as_of: date,
    now: datetime,
    services: Collection[int] | None = None,
    changed_days: Iterable[date] = (),
) -> list[Measurement]:
    """Measure the live views of every service and journey under its agreements: 28 days, week, open months.

    A period is judged by the versions in force on its last day, or on `as_of` while it runs. `services`
    restricts to these ids; `changed_days` adds the weeks and months that hold them. Returns the current
    measurement of each, also where nothing changed. Where 28 days bring too few answers the live view looks
    further back; by what it is judged then is in `judged_live_views`.
    """
    used = parameter_set_for(as_of, now=now)
    in_force = cache(versions_in_force)
    measured: list[Measurement] = []
    for kind, period in _periods(as_of, changed_days):
        for found in in_force(min(period.last_on, as_of)):
            wanted = [s for s in found.services if _is_wanted(s, services)]
            measured += measure_period(found, wanted, kind, period, used, now=now)
            if found.version.journey and wanted:
                measured += measure_journey(found, kind, period, used, now=now)
    return measured


def _is_wanted(service: BusinessService, services: Collection[int] | None) -> bool:
    return service.lifecycle == BusinessService.Lifecycle.LIVE and (
        services is None or service.pk in services
    )


def _periods(as_of: date, changed_days: Iterable[date]) -> list[tuple[MeasurementPeriod, Period]]:
    days = {as_of, *(day for day in changed_days if day <= as_of)}
    weeks = {week_of(day) for day in days}
    months = {month_of(day) for day in days} | set(live_months(as_of))
    return [
        (MeasurementPeriod.ROLLING, window(as_of, ROLLING_DAYS)),
        *((MeasurementPeriod.WEEK, week) for week in sorted(weeks)),
        *((MeasurementPeriod.MONTH, month) for month in sorted(months)),
    ]


def measure_period(
    found: InForce,
    services: Sequence[BusinessService],
    kind: MeasurementPeriod,
    period: Period,
    used: ParameterSet,
    *,
    now: datetime,
) -> list[Measurement]:
    """Measure one agreement version over one period for these services and store what changed."""
    if not services:
        return []

    def read(places: Sequence[int], days: Period) -> list[Measurement]:
        return results_now(found, [services[place] for place in places], kind, days, used, now=now)

    current = _current(found.version, Q(service__in=services), kind, period)
    return _stored(current, lambda: _widened(read, len(services), kind, period))


def measure_journey(
    found: InForce, kind: MeasurementPeriod, period: Period, used: ParameterSet, *, now: datetime
) -> list[Measurement]:
    """Measure a journey as one, in which a person counts once, and store it when it changed."""

    def read(places: Sequence[int], days: Period) -> list[Measurement]:
        return [journey_now(found, kind, days, used, now=now)]

    current = _current(found.version, Q(service=None), kind, period)
    return _stored(current, lambda: _widened(read, 1, kind, period))


def _widened(
    read: Callable[[Sequence[int], Period], list[Measurement]],
    subjects: int,
    kind: MeasurementPeriod,
    period: Period,
) -> list[Measurement]:
    """Return what to show of so many subjects, read by their places: live views over 28, 56 or 84 days, the
    shortest that brings an effective n of 10. A wider one keeps that of the 28 days, which is never shown.
    """
    judged = read(range(subjects), period)
    shown = list(judged)
    for days in DEFAULTS.window_days[1:] if kind == MeasurementPeriod.ROLLING else ():
        thin = [p for p, m in enumerate(shown) if (m.n_effective or 0.0) < DEFAULTS.least_n_for_flag]
        for place, wider in zip(thin, read(thin, window(period.last_on, days)) if thin else (), strict=True):
            judged[place].is_published = False
            wider.judged = judged[place]
            shown[place] = wider
    return shown


def judged_live_views(measured: Iterable[Measurement]) -> list[Measurement]:
    """Return of the live views among these the results of the last 28 days, which gaps are judged by."""
    return [m.judged or m for m in measured if m.period == MeasurementPeriod.ROLLING]


def results_now(
    found: InForce,
    services: Sequence[BusinessService],
    kind: MeasurementPeriod,
    period: Period,
    used: ParameterSet,
    *,
    now: datetime,
) -> list[Measurement]:
    """Return what the evidence says today of these services, as results that are not stored."""
    promised = headline_slas(services, min(period.last_on, used.made_on))
    evidence = evidence_of(
        services, period, now=now, scope=found.scope, measures=_measures(found), limits=limits_of(promised)
    )
    slas = [_sla_terms(promised.get(service.pk)) for service in services]
    return _measured(found, services, evidence, slas, kind, period, used, now)


def _sla_terms(promised: Sla | None) -> SlaTerms | None:
    return SlaTerms(promised.target_share, promised.amber_band) if promised else None


def journey_now(
    found: InForce, kind: MeasurementPeriod, period: Period, used: ParameterSet, *, now: datetime
) -> Measurement:
    """Return what the evidence says today of a journey as one, not stored.

    No SLA stands beside it: each holds for one service.
    """
    evidence = evidence_together(
        found.services, period, now=now, scope=found.scope, measures=_measures(found)
    )
    return _measured(found, [None], evidence, [None], kind, period, used, now)[0]


def _measures(found: InForce) -> set[str]:
    return {term.measure for term in terms_of(found.version)}


def _measured(
    found: InForce,
    subjects: Sequence[BusinessService | None],
    evidence: Evidence,
    slas: Sequence[SlaTerms | None],
    kind: MeasurementPeriod,
    period: Period,
    used: ParameterSet,
    now: datetime,
) -> list[Measurement]:
    version = found.version
    names = {"agreement": f"{version.agreement.key}/{version.number}", "parameters": str(used.made_on)}
    results = measure(evidence, terms_of(version), stream_weights(version), slas, parameters_of(used))
    return [
        Measurement(
            agreement_version=version,
            service=subject,
            period=kind,
            starts_on=period.first_on,
            ends_on=period.last_on,
            state=_state(kind, period, used),
            engine_version=str(ENGINE_VERSION),
            parameter_set=used,
            computed_at=now,
            **_receipt(inputs),
            **columns_of(result, is_baseline=version.is_baseline_on(period.last_on)),
        )
        for subject, inputs, result in zip(subjects, inputs_of(evidence, slas, names), results, strict=True)
    ]


def _receipt(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that tell what a result was computed from."""
    return {"inputs": inputs, "input_hash": input_hash(inputs), "n_people": inputs["people"][0]}


def _state(kind: MeasurementPeriod, period: Period, used: ParameterSet) -> str:
    """Return whether a result stays as it is told: that of a month does, once its late answers are in."""
    closes = kind == MeasurementPeriod.MONTH and is_final(period, used.made_on)
    return Measurement.State.FINAL if closes else Measurement.State.PROVISIONAL


def experience_scores(
    services: Sequence[BusinessService], period: Period, *, as_of: date, now: datetime
) -> dict[int, float]:
    """Return the point estimate of the experience 0..100 per service id under the primary agreements."""
    subjects = {Subject(None, service.pk) for service in services}
    found = subject_scores(subjects, period, as_of=as_of, now=now)
    return {whom.service_id: score for whom, score in found.items() if whom.service_id is not None}


def subject_scores(
    subjects: Collection[Subject], period: Period, *, as_of: date, now: datetime
) -> dict[Subject, float]:
    """Return the point estimate of the experience 0..100 of each subject over any period, storing nothing.

    Those without answers are absent.
    """
    used = parameters_of(parameter_set_for(as_of, now=now))
    scores: dict[Subject, float] = {}
    for found in versions_in_force(as_of):
        for judged, evidence in evidence_of_subjects(found, subjects, period, now=now):
            slas = [None] * len(judged)
            results = measure(evidence, terms_of(found.version), stream_weights(found.version), slas, used)
            for subject, result in zip(judged, results, strict=True):
                if (score := result.streams["X"]) is not None:
                    scores[subject] = score.value
    return scores


class OvertakenError(Exception):
    """Other sweeps went on storing the same results; the next sweep measures them again."""


def _current(
    version: AgreementVersion, whom: Q, kind: MeasurementPeriod, period: Period
) -> QuerySet[Measurement]:
    return Measurement.objects.current().filter(
        whom,
        agreement_version=version,
        period=kind,
        ends_on=period.last_on,
    )


def _stored(current: QuerySet[Measurement], measured: Callable[[], list[Measurement]]) -> list[Measurement]:
    """Store what is measured; measure it afresh where another sweep stored after this one began to read.

    So the last result stored is the one whose evidence was read last. Raises OvertakenError when that does
    not end.
    """
    for _ in range(_ATTEMPTS):
        before = set(current.values_list(*_STANDING))
        kept = _store(measured(), current, before)
        if kept is not None:
            return kept
    raise OvertakenError


@transaction.atomic
def _store(
    fresh: Sequence[Measurement], current: QuerySet[Measurement], before: Set[tuple[Any, ...]]
) -> list[Measurement] | None:
    """Store first results, overwrite provisional ones that changed, put corrections beside final ones.

    None, and nothing stored, when the current results are no longer those of `before`.
    """
    lock = AgreementVersion.objects.select_for_update(no_key=True)
    lock.filter(pk=fresh[0].agreement_version_id).first()
    old, shown = {m.service_id: m for m in current.all()}, last_published(fresh)
    if {tuple(getattr(m, name) for name in _STANDING) for m in old.values()} != before:
        return None
    mark_published(fresh, shown)
    kept = [_kept(old.get(new.service_id), shown.get(new.service_id), new) for new in fresh]
    changed = [m for m in kept if m.pk is not None and m is not old.get(m.service_id)]
    added = [m for m in kept if m.pk is None]
    _step_back(old, kept)
    _replace_other_versions(fresh)
    update_rows(Measurement, changed, _COLUMNS)
    Measurement.objects.bulk_create(added, batch_size=200)
    return kept


def _step_back(old: Mapping[int | None, Measurement], kept: Iterable[Measurement]) -> None:
    """Make room for what is current from now on: what it replaces stays, unless it was never shown."""
    replaced = [old[m.service_id] for m in kept if m.service_id in old and m.pk != old[m.service_id].pk]
    corrected = [m.pk for m in replaced if m.state == Measurement.State.FINAL]
    unseen = [m.pk for m in replaced if not m.is_published]
    Measurement.objects.filter(pk__in=[m.pk for m in replaced]).update(is_current=False)
    Measurement.objects.filter(pk__in=corrected).update(is_published=False)
    Measurement.objects.filter(pk__in=unseen, state=Measurement.State.PROVISIONAL).delete()


def _replace_other_versions(fresh: Sequence[Measurement]) -> None:
    """Leave one current result per subject and period where another version, or another primary agreement,
    judged it before.
    """
    first = fresh[0]
    agreement = first.agreement_version.agreement
    same = Q(agreement_version__agreement=agreement)
    if agreement.is_primary:
        same |= Q(agreement_version__agreement__is_primary=True)
    same_period = Measurement.objects.filter(
        same,
        same_subjects(fresh),
        Q(is_current=True) | Q(is_published=True),
        period=first.period,
        ends_on=first.ends_on,
    )
    others = same_period.exclude(agreement_version=first.agreement_version)
    others.update(is_current=False, is_published=False)


def _kept(old: Measurement | None, shown: Measurement | None, new: Measurement) -> Measurement:
    """Return the measurement that is current from now on; one without a key is to be added.

    `shown` is the published result that the new one would follow; of the same period, it is overwritten.
    """
    if old is None:
        return new
    if old.state == Measurement.State.FINAL:
        if without_parameters(old) == without_parameters(new):
            return _with_relations_of(new, old)
        new.corrects = old
        return new
    if (old.input_hash, old.state, old.is_published) == (new.input_hash, new.state, new.is_published):
        return _with_relations_of(new, old)
    if new.is_published:
        same = shown is not None and shown.ends_on == new.ends_on
        new.pk = shown.pk if shown is not None and same else old.pk
    elif not old.is_published:
        new.pk = old.pk
    return new


def _with_relations_of(new: Measurement, old: Measurement) -> Measurement:
    """Return the old result with what the new one has at hand, so that its readers need no query each."""
    old.service, old.agreement_version, old.judged = new.service, new.agreement_version, new.judged
    return old


def without_parameters(measurement: Measurement) -> dict[str, Any]:
    """Return the inputs that evidence decides: a final result does not move with nightly parameters."""
    return {**measurement.inputs, "parameters": ""}


_COLUMNS = [field.name for field in Measurement._meta.concrete_fields if not field.primary_key]
