"""Agreements as code: export, lint, compare, rehearse and apply YAML files of agreements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction

from experience.engine.agreement_file import Document, LineProblem, read_agreements, written
from experience.engine.agreement_problems import Problem
from experience.engine.agreement_terms import AgreementTerms, Change, Exclusion, differences
from experience.engine.rehearsal import Rehearsal
from experience.models import Agreement, AgreementVersion
from experience.selectors.agreements import draft_of, published_version, version_terms
from experience.services.agreement_problems import (
    AgreementError,
    publishing_problems,
    reference_problems,
    settled_problems,
)
from experience.services.agreements import exclude_days, publish, term_changes, write_agreement, write_draft
from experience.services.rehearse import rehearse
from surveys.models import User

_Done = TypeVar("_Done")


class FileError(Exception):
    """A file that cannot be used; `problems` name the lines."""

    def __init__(self, problems: Iterable[LineProblem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(f"{p.line}: {p.message}" for p in self.problems))


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one agreement of a file: `unchanged`, `drafted` or `published`, and as which version."""

    key: str
    outcome: str
    number: int
    excluded: int


def export_agreements(agreements: Iterable[Agreement]) -> str:
    """Return agreements as YAML: their published version, else their draft; retired ones are left out."""
    versions = [published_version(a) or draft_of(a) for a in agreements if a.retired_on is None]
    return written([version_terms(version) for version in versions if version is not None])


def lint(text: str, *, today: date) -> list[LineProblem]:
    """Return everything that would stop a file from being published today, by line; empty when nothing.

    Where a part cannot be read the rest is held to the same rules, so that one pass names all.
    """
    documents, problems = read_agreements(text)
    problems += _repeated(documents)
    for document in documents:
        found = _problems(document.terms, today)
        problems += [document.located(p) for p in found if not document.rests_on_unread(p)]
    return sorted(problems)


def _repeated(documents: Iterable[Document]) -> Iterator[LineProblem]:
    seen: set[str] = set()
    for document in documents:
        if document.terms.key in seen - {""}:
            yield document.located(Problem("agreement", "It is in this file twice. Keep one."))
        seen.add(document.terms.key)


def _problems(terms: AgreementTerms, today: date) -> list[Problem]:
    version = _published(terms.key)
    dropped = list(_dropped_exclusions(terms, version))
    if version is not None and not term_changes(version, terms):
        return [*reference_problems(terms), *settled_problems(terms), *dropped]
    return publishing_problems(terms, today=today) + dropped


def _dropped_exclusions(terms: AgreementTerms, version: AgreementVersion | None) -> Iterator[Problem]:
    for agreed in version_terms(version).exclusions if version else ():
        if agreed not in terms.exclusions:
            days = f"{agreed.first_on} to {agreed.last_on} ({agreed.reason})"
            yield Problem("exclusions", "%(days)s was agreed and stays. Add it to the file.", {"days": days})


def _published(key: str) -> AgreementVersion | None:
    agreement = Agreement.objects.filter(key=key).first()
    return published_version(agreement) if agreement else None


def _readable(text: str) -> list[Document]:
    documents, problems = read_agreements(text)
    if problems := [*problems, *_repeated(documents)]:
        raise FileError(problems)
    return documents


def diff(text: str) -> dict[str, list[Change]]:
    """Return per agreement of a file where it differs from what is published. Raises FileError."""
    found: dict[str, list[Change]] = {}
    for terms in (document.terms for document in _readable(text)):
        version = _published(terms.key)
        found[terms.key] = differences(version_terms(version) if version else None, terms)
    return found


def rehearse_file(text: str, *, today: date, now: datetime, months: int) -> dict[str, Rehearsal]:
    """Return per agreement of a file what it would have said in past months, also where another agreement
    still holds. Raises FileError.
    """
    return {
        document.terms.key: _located(
            document, lambda terms: rehearse(terms, today=today, now=now, months=months)
        )
        for document in _readable(text)
    }


@transaction.atomic
def apply(
    text: str, *, by: User | None, today: date, now: datetime, publishes: bool = False
) -> list[Applied]:
    """Draft the agreements of a file that differ from what is published, and publish them if asked to.

    All or nothing. Name, owner and second person change at once; exclusions are agreed with the published
    version. Raises FileError with the lines of what stops it.
    """
    if problems := lint(text, today=today):
        raise FileError(problems)
    return [
        _located(document, lambda terms: _apply(terms, by, now, publishes)) for document in _readable(text)
    ]


def _located(document: Document, act: Callable[[AgreementTerms], _Done]) -> _Done:
    """Do something with an agreement of a file; what is wrong with its terms is raised with its lines."""
    try:
        return act(document.terms)
    except AgreementError as error:
        raise FileError(document.located(problem) for problem in error.problems) from error


def _apply(terms: AgreementTerms, by: User | None, now: datetime, publishes: bool) -> Applied:
    version = _published(terms.key)
    if version is not None and not term_changes(version, terms):
        write_agreement(terms)
        excluded = _exclude(version.agreement, terms.exclusions, by, now) if publishes else 0
        return Applied(terms.key, "unchanged", version.number, excluded)
    draft = write_draft(terms, by=by)
    if not publishes:
        return Applied(terms.key, "drafted", draft.number, 0)
    publish(draft, by=by, now=now)
    excluded = _exclude(draft.agreement, terms.exclusions, by, now)
    return Applied(terms.key, "published", draft.number, excluded)


def _exclude(agreement: Agreement, exclusions: Iterable[Exclusion], by: User | None, now: datetime) -> int:
    known = set(agreement.exclusions.values_list("first_on", "last_on"))
    fresh = [e for e in exclusions if (e.first_on, e.last_on) not in known]
    for exclusion in fresh:
        exclude_days(agreement, exclusion, by=by, now=now)
    return len(fresh)
