"""Measure agreements over periods and keep each result with its receipt.

A provisional result is overwritten while its inputs still change. A final one never is: a later change makes
a corrected result beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Q

from experience.engine.defaults import ENGINE_VERSION
from experience.engine.measure import Result, measure
from experience.engine.periods import Period, is_final, live_months, month_of, week_of, window
from experience.engine.receipt import input_hash
from experience.models import AgreementVersion, Measurement, ParameterSet
from experience.models.measurements import MeasurementPeriod
from experience.selectors.agreements import (
    InForce,
    primary_versions,
    slas_of,
    stream_weights,
    terms_of,
    versions_in_force,
)
from experience.selectors.windows import evidence_of
from experience.services.parameters import parameter_set_for, parameters_of
from experience.services.results import columns_of, inputs_of
from surveys.models import BusinessService
from surveys.services.bulk import update_rows

ROLLING_DAYS = 28


def measure_all(
    *,
    as_of: date,
    now: datetime,
    services: Collection[int] | None = None,
    changed_days: Iterable[date] = (),
) -> list[Measurement]:
    """Measure the live views of every service under its agreements: 28 days, this week, the open months.

    A period is judged by the versions in force on its last day, or on `as_of` while it runs. `services`
    restricts to these ids; `changed_days` adds the weeks and months that hold them. Returns the current
    measurement of each, also where nothing changed.
    """
    used = parameter_set_for(as_of, now=now)
    in_force = cache(versions_in_force)
    measured: list[Measurement] = []
    for kind, period in _periods(as_of, changed_days):
        for found in in_force(min(period.last_on, as_of)):
            wanted = [s for s in found.services if _is_wanted(s, services)]
            measured += measure_period(found, wanted, kind, period, used, now=now)
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
    version = found.version
    terms = terms_of(version)
    wanted = {term.measure for term in terms}
    evidence = evidence_of(services, period, now=now, scope=found.scope, measures=wanted)
    agreed = slas_of(services, period.last_on)
    slas = [agreed.get(service.pk) for service in services]
    names = {"agreement": f"{version.agreement.key}/{version.number}", "parameters": str(used.made_on)}
    results = measure(evidence, terms, stream_weights(version), slas, parameters_of(used))
    fresh = [
        _measurement(version, service, kind, period, used, now, inputs, result)
        for service, inputs, result in zip(services, inputs_of(evidence, slas, names), results, strict=True)
    ]
    return _store(fresh)


def _measurement(
    version: AgreementVersion,
    service: BusinessService,
    kind: MeasurementPeriod,
    period: Period,
    used: ParameterSet,
    now: datetime,
    inputs: dict[str, Any],
    result: Result,
) -> Measurement:
    closes = kind == MeasurementPeriod.MONTH and is_final(period, used.made_on)
    return Measurement(
        agreement_version=version,
        service=service,
        period=kind,
        starts_on=period.first_on,
        ends_on=period.last_on,
        state=Measurement.State.FINAL if closes else Measurement.State.PROVISIONAL,
        inputs=inputs,
        input_hash=input_hash(inputs),
        engine_version=str(ENGINE_VERSION),
        parameter_set=used,
        computed_at=now,
        **columns_of(result, is_baseline=version.is_baseline_on(period.last_on)),
    )


def experience_scores(
    services: Sequence[BusinessService], period: Period, *, as_of: date, now: datetime
) -> dict[int, float]:
    """Return the point estimate of the experience 0..100 per service id over any period, storing nothing."""
    used = parameters_of(parameter_set_for(as_of, now=now))
    wanted = {service.pk for service in services}
    scores: dict[int, float] = {}
    for found in primary_versions(as_of):
        version, own = found.version, [service for service in found.services if service.pk in wanted]
        evidence = evidence_of(own, period, now=now, scope=found.scope)
        results = measure(evidence, terms_of(version), stream_weights(version), [None] * len(own), used)
        for service, result in zip(own, results, strict=True):
            if (score := result.streams["X"]) is not None:
                scores[service.pk] = score.value
    return scores


@transaction.atomic
def _store(fresh: Sequence[Measurement]) -> list[Measurement]:
    """Store first results, overwrite provisional ones that changed, put corrections beside final ones."""
    old = _existing(fresh)
    kept = [_kept(old.get(new.service_id), new) for new in fresh]
    changed = [m for m in kept if m.pk is not None and m is not old.get(m.service_id)]
    added = [m for m in kept if m.pk is None]
    replaced = [old[m.service_id].pk for m in added if m.service_id in old]
    Measurement.objects.filter(pk__in=replaced).update(is_current=False)
    _replace_other_versions(fresh)
    update_rows(Measurement, changed, _COLUMNS)
    Measurement.objects.bulk_create(added, batch_size=200)
    return kept


def _existing(fresh: Sequence[Measurement]) -> dict[int, Measurement]:
    first = fresh[0]
    found = Measurement.objects.current().filter(
        agreement_version=first.agreement_version,
        service__in=[new.service_id for new in fresh],
        period=first.period,
        starts_on=first.starts_on,
        ends_on=first.ends_on,
    )
    return {old.service_id: old for old in found}


def _replace_other_versions(fresh: Sequence[Measurement]) -> None:
    """Leave one current result per service and period where another version, or another primary agreement,
    judged it before.
    """
    first = fresh[0]
    agreement = first.agreement_version.agreement
    same = Q(agreement_version__agreement=agreement)
    if agreement.is_primary:
        same |= Q(agreement_version__agreement__is_primary=True)
    same_period = Measurement.objects.current().filter(
        same,
        service__in=[new.service_id for new in fresh],
        period=first.period,
        starts_on=first.starts_on,
        ends_on=first.ends_on,
    )
    same_period.exclude(agreement_version=first.agreement_version).update(is_current=False)


def _kept(old: Measurement | None, new: Measurement) -> Measurement:
    """Return the measurement that is current from now on; one without a key is to be added."""
    if old is None:
        return new
    if old.state == Measurement.State.PROVISIONAL:
        if old.input_hash == new.input_hash and old.state == new.state:
            return _with_relations_of(new, old)
        new.pk = old.pk
        return new
    if _without_parameters(old) == _without_parameters(new):
        return _with_relations_of(new, old)
    new.corrects = old
    return new


def _with_relations_of(new: Measurement, old: Measurement) -> Measurement:
    """Return the old result with what the new one has at hand, so that its readers need no query each."""
    old.service, old.agreement_version = new.service, new.agreement_version
    return old


def _without_parameters(measurement: Measurement) -> dict[str, Any]:
    """Return the inputs that evidence decides: a final result does not move with nightly parameters."""
    return {**measurement.inputs, "parameters": ""}


_COLUMNS = [field.name for field in Measurement._meta.concrete_fields if not field.primary_key]
