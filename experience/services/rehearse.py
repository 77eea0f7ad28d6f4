"""Replay terms on past months, as if they had been agreed then. Reads evidence; stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from experience.engine.agreement_problems import Problem, term_problems
from experience.engine.agreement_terms import AgreementTerms, Scope
from experience.engine.evidence import Evidence
from experience.engine.indicators import Parameters, Terms
from experience.engine.measure import Result, measure
from experience.engine.periods import Period, month_of, months_before
from experience.engine.rehearsal import (
    MOST_MONTHS,
    NO_COLOUR,
    Rehearsal,
    RehearsedResult,
    Sensitivity,
    past_of,
    rehearsed,
    sensitivity,
)
from experience.models import AgreementVersion
from experience.selectors.agreements import (
    InForce,
    headline_slas,
    indicator_scales,
    indicator_terms,
    limits_of,
    newest_indicators,
    scope_of,
    stream_weights,
    terms_of,
    versions_in_force,
)
from experience.selectors.windows import evidence_of, evidence_together
from experience.services.agreement_problems import AgreementError, reference_problems
from experience.services.parameters import parameters_for_replay
from surveys.models import BusinessService


def rehearse(terms: AgreementTerms, *, today: date, now: datetime, months: int = 12) -> Rehearsal:
    """Return what these terms, saved or not, would have said in the last complete months (1 to 24).

    Reads the evidence of a month once for all services, once more only where the version in force counts
    other people or days. Raises AgreementError for terms that could not be published, ValueError for another
    number of months.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise ValueError(f"Rehearse between 1 and {MOST_MONTHS} months, not {months}.")
    problems: list[Problem] = [*term_problems(terms, indicator_scales()), *reference_problems(terms)]
    if problems:
        raise AgreementError(*problems)
    stage = _stage(terms, today, now)
    past = months_before(month_of(today), months)
    used = parameters_for_replay(reversed(past), today=today)
    replayed = [_replay(stage, month, parameters) for month, parameters in used.items()]
    return Rehearsal(
        months=tuple(month.period for month in replayed),
        results=tuple(result for month in replayed for result in month.results),
        sensitivities=tuple(_newest_sensitivities(stage, replayed)),
        past=past_of([draft for month in replayed for draft in month.drafts]),
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """Terms in the shape the engine takes."""

    indicators: Sequence[Terms]
    weights: Mapping[str, float]
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Stage:
    """What is replayed: the draft on its services, beside the rules in force with the subjects they judge."""

    draft: _Rules
    services: Sequence[BusinessService]
    subjects: Sequence[str]
    is_journey: bool
    in_force: Sequence[tuple[_Rules, Sequence[int]]]
    now: datetime


@dataclass(frozen=True, slots=True)
class _Month:
    period: Period
    results: Sequence[RehearsedResult]
    drafts: Sequence[Result]
    respondents: Sequence[int]


def _stage(terms: AgreementTerms, today: date, now: datetime) -> _Stage:
    library = newest_indicators()
    indicators = sorted(terms.indicators, key=lambda agreed: agreed.key)
    draft = _Rules(
        [indicator_terms(library[agreed.key], agreed) for agreed in indicators],
        terms.stream_weights,
        terms.scope,
    )
    today_in_force = versions_in_force(today)
    services = _services(terms, today_in_force)
    is_journey = bool(terms.journey)
    subjects = [terms.journey] if is_journey else [service.key for service in services]
    return _Stage(draft, services, subjects, is_journey, _in_force(terms, services, today_in_force), now)


def _services(terms: AgreementTerms, in_force: Sequence[InForce]) -> list[BusinessService]:
    if not terms.covers_rest:
        return list(BusinessService.objects.filter(key__in=terms.services).order_by("key"))
    primary = (found for found in in_force if found.version.agreement.is_primary)
    others = (found for found in primary if found.version.agreement.key != terms.key)
    taken = {s.pk for found in others if not found.version.covers_rest for s in found.services}
    return list(BusinessService.objects.live().exclude(pk__in=taken).order_by("key"))


def _in_force(
    terms: AgreementTerms, services: Sequence[BusinessService], in_force: Sequence[InForce]
) -> list[tuple[_Rules, list[int]]]:
    """Return the rules that judge these services today, each with the positions of the subjects it judges.

    That is the agreement's own version; for a service it does not cover yet, the primary one that does.
    """
    judged: dict[int, AgreementVersion] = {}
    for found in in_force:
        agreement = found.version.agreement
        if agreement.key == terms.key or (agreement.is_primary and terms.is_primary):
            judged |= {service.pk: found.version for service in found.services}
    if terms.journey:
        return [(_rules(version), [0]) for version in list(judged.values())[:1]]
    places: dict[int, list[int]] = {}
    for place, service in enumerate(services):
        if service.pk in judged:
            places.setdefault(judged[service.pk].pk, []).append(place)
    versions = {version.pk: version for version in judged.values()}
    return [(_rules(versions[pk]), own) for pk, own in places.items()]


def _rules(version: AgreementVersion) -> _Rules:
    return _Rules(terms_of(version), stream_weights(version), scope_of(version))


def _replay(stage: _Stage, period: Period, used: Parameters) -> _Month:
    read = {stage.draft.scope: _evidence(stage, period, stage.draft.scope)}
    evidence = read[stage.draft.scope]
    drafts = _measured(stage.draft, evidence, used)
    before: dict[int, Result] = {}
    for rules, places in stage.in_force:
        if rules.scope not in read:
            read[rules.scope] = _evidence(stage, period, rules.scope)
        before |= zip(places, _measured(rules, read[rules.scope].part(places), used), strict=True)
    results = [
        rehearsed(subject, period, drafts[place], before.get(place))
        for place, subject in enumerate(stage.subjects)
    ]
    return _Month(period, results, drafts, [people.distinct for people in evidence.people])


def _evidence(stage: _Stage, period: Period, scope: Scope) -> Evidence:
    rules = [stage.draft, *(rules for rules, _ in stage.in_force)]
    measures = {terms.measure for each in rules for terms in each.indicators}
    if stage.is_journey:
        return evidence_together(stage.services, period, now=stage.now, scope=scope, measures=measures)
    limits = limits_of(headline_slas(stage.services, period.last_on))
    return evidence_of(stage.services, period, now=stage.now, scope=scope, measures=measures, limits=limits)


def _measured(rules: _Rules, evidence: Evidence, used: Parameters) -> list[Result]:
    return measure(evidence, rules.indicators, rules.weights, [None] * evidence.services, used)


def _newest_sensitivities(stage: _Stage, months: Sequence[_Month]) -> list[Sensitivity]:
    """Return for each subject what its newest coloured month hangs on."""
    found: list[Sensitivity] = []
    for place, subject in enumerate(stage.subjects):
        newest = next((m for m in reversed(months) if m.drafts[place].colour != NO_COLOUR), None)
        if newest is not None:
            draft, people = newest.drafts[place], newest.respondents[place]
            found.append(sensitivity(subject, newest.period, draft, stage.draft.weights, people))
    return found
