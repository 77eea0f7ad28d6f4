"""The life of an agreement: drafted, published, superseded by its next version, retired.

A version that was published never changes (experience/models/agreements.py refuses it). It holds from its
first day until the next version's, so publishing ahead of time leaves no hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_noop

from experience.engine.agreement_problems import Problem
from experience.engine.agreement_terms import (
    AgreementTerms,
    Change,
    Exclusion,
    differences,
    proposed_target,
)
from experience.engine.periods import Period
from experience.models import (
    Agreement,
    AgreementExclusion,
    AgreementIndicator,
    AgreementService,
    AgreementVersion,
    Measurement,
)
from experience.selectors.agreements import (
    PLAIN_TERMS,
    WEIGHT_COLUMNS,
    draft_of,
    indicator_scales,
    newest_indicators,
    version_terms,
)
from experience.services.agreement_problems import (
    AgreementError,
    person_problems,
    publishing_problems,
    rest_problems,
    storage_problems,
)
from surveys.models import BusinessService, User
from surveys.services.audit import record_change
from surveys.services.changes import mark_changed
from xla_service.moments import organisation_day
from xla_service.stored_words import stored

# Kept in the audit log in English, and said there in the language of whoever reads it.
_PUBLISHED = stored(gettext_noop("Version %(number)s published"))
_WITHDRAWN = stored(gettext_noop("Version %(number)s withdrawn before use"))
_RETIRED = stored(gettext_noop("Retired on %(day)s"))


@transaction.atomic
def write_draft(terms: AgreementTerms, *, by: User | None) -> AgreementVersion:
    """Return the agreement's draft with these terms, made or rewritten; an equal draft stays as it is.

    Name, owner and second person belong to the agreement and change at once. Exclusions are agreed apart
    (`exclude_days`). Raises AgreementError for unknown names and for what was settled by publishing.
    """
    problems = list(storage_problems(terms))
    if problems:
        raise AgreementError(*problems)
    agreement = write_agreement(terms)
    draft = draft_of(agreement)
    if draft is not None and not term_changes(draft, terms):
        return draft
    draft = draft or AgreementVersion(agreement=agreement, number=_next_number(agreement))
    draft.drafted_by = by
    _write_terms(draft, terms)
    return draft


def term_changes(version: AgreementVersion, terms: AgreementTerms) -> list[Change]:
    """Return where terms differ from a version, apart from what belongs to the agreement as a whole."""
    before = version_terms(version)
    whole = ("name", "owner", "needs_second_person", "exclusions")
    return differences(before, replace(terms, **{name: getattr(before, name) for name in whole}))


def _next_number(agreement: Agreement) -> int:
    newest: int | None = agreement.versions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def write_agreement(terms: AgreementTerms) -> Agreement:
    """Store what belongs to an agreement through all its versions: name, owner, second person."""
    owner = User.objects.get(username=terms.owner) if terms.owner else None
    columns = {
        "name": terms.name,
        "owner": owner,
        "is_primary": terms.is_primary,
        "needs_second_person": terms.needs_second_person,
    }
    return Agreement.objects.update_or_create(key=terms.key, defaults=columns)[0]


def _write_terms(draft: AgreementVersion, terms: AgreementTerms) -> None:
    for name in PLAIN_TERMS:
        setattr(draft, name, getattr(terms, name))
    draft.personas, draft.sites = list(terms.personas), list(terms.sites)
    weights = dict(terms.weights)
    for stream, column in WEIGHT_COLUMNS.items():
        setattr(draft, column, weights.get(stream, 0.0))
    draft.save()
    draft.services.set(BusinessService.objects.filter(key__in=terms.services))
    draft.indicators.all().delete()
    library = newest_indicators()
    AgreementIndicator.objects.bulk_create(
        AgreementIndicator(
            version=draft,
            indicator=library[agreed.key],
            weight=agreed.weight,
            floor=agreed.floor,
            target=agreed.target,
            ceiling=agreed.ceiling,
        )
        for agreed in terms.indicators
    )


@transaction.atomic
def publish(draft: AgreementVersion, *, by: User | None, now: datetime) -> AgreementVersion:
    """Publish a draft and supersede the version before it; the old one holds until the new one's first day.

    Raises AgreementError when terms are missing, a service has another primary agreement (which is named),
    a second person is needed, or the first day does not come after the version before.
    """
    agreement = Agreement.objects.select_for_update().get(pk=draft.agreement_id)
    terms = version_terms(draft)
    problems = [
        *publishing_problems(terms, today=organisation_day(now)),
        *person_problems(draft, agreement, by),
    ]
    if problems:
        raise AgreementError(*problems)
    agreement.versions.filter(state=AgreementVersion.State.PUBLISHED).update(
        state=AgreementVersion.State.SUPERSEDED
    )
    published = AgreementVersion.objects.drafts().filter(pk=draft.pk)
    if not published.update(state=AgreementVersion.State.PUBLISHED, published_at=now, published_by=by):
        raise AgreementError(Problem("agreement", "This draft was published or deleted just now."))
    _claim_services(draft, agreement)
    record_change(_subject(agreement), _PUBLISHED % {"number": draft.number}, by=by, now=now)
    draft.refresh_from_db()
    return draft


def _subject(agreement: Agreement) -> str:
    return f"agreement {agreement.key}"


def _claim_services(version: AgreementVersion, agreement: Agreement) -> None:
    covered = AgreementService.objects.filter(version__agreement=agreement)
    list(BusinessService.objects.filter(pk__in=covered.values("service")).in_turn())
    covered.update(is_primary=False)
    if not agreement.is_primary:
        return
    try:
        with transaction.atomic():
            version.covered.update(is_primary=True)
    except IntegrityError as error:
        taken = Problem(
            "services", "Another primary agreement took one of these services just now. Try again."
        )
        raise AgreementError(taken) from error


@transaction.atomic
def withdraw(version: AgreementVersion, *, by: User | None, now: datetime) -> AgreementVersion:
    """Undo a publication before it was used; return a draft with its terms. The version before holds again.

    Raises AgreementError once a result was computed under it, or when it is not the published one.
    """
    if version.measurements.exists():
        raise AgreementError(
            Problem("agreement", "Results were computed under this version, so it stays. Draft the next one.")
        )
    published = AgreementVersion.objects.filter(pk=version.pk, state=AgreementVersion.State.PUBLISHED)
    if not published.update(state=AgreementVersion.State.WITHDRAWN):
        raise AgreementError(Problem("agreement", "Only the published version can be withdrawn."))
    agreement = version.agreement
    AgreementService.objects.filter(version=version).update(is_primary=False)
    _hold_before(agreement)
    record_change(_subject(agreement), _WITHDRAWN % {"number": version.number}, by=by, now=now)
    return draft_of(agreement) or write_draft(version_terms(version), by=by)


def _hold_before(agreement: Agreement) -> None:
    """Have the version before hold again, where there is one."""
    before = agreement.versions.filter(state=AgreementVersion.State.SUPERSEDED).order_by("-number").first()
    if before is not None:
        if problems := list(rest_problems(version_terms(before))):
            raise AgreementError(*problems)
        AgreementVersion.objects.filter(pk=before.pk).update(state=AgreementVersion.State.PUBLISHED)
        _claim_services(before, agreement)


@transaction.atomic
def retire(agreement: Agreement, *, by: User | None, now: datetime, on: date | None = None) -> None:
    """End an agreement: from `on` (default: today) nothing of it holds; results are kept, a draft is dropped.

    Raises AgreementError when no version is published.
    """
    published = agreement.versions.filter(state=AgreementVersion.State.PUBLISHED)
    if not published.update(state=AgreementVersion.State.RETIRED):
        raise AgreementError(Problem("agreement", "No version is published, so there is nothing to retire."))
    agreement.versions.drafts().delete()
    AgreementService.objects.filter(version__agreement=agreement).update(is_primary=False)
    agreement.retired_on, agreement.retired_by = on or organisation_day(now), by
    agreement.save(update_fields=["retired_on", "retired_by"])
    record_change(_subject(agreement), _RETIRED % {"day": agreement.retired_on}, by=by, now=now)


@transaction.atomic
def exclude_days(
    agreement: Agreement, exclusion: Exclusion, *, by: User | None, now: datetime
) -> AgreementExclusion:
    """Leave days out of an agreement's evidence, for example those of a major incident.

    Their results are measured again by the next sweep; a final one gets a correction beside it. Planned
    downtime needs no exclusion. Raises AgreementError without a reason, or for days agreed before.
    """
    if not exclusion.reason.strip():
        raise AgreementError(Problem("exclusions", "Say why these days do not count."))
    days = Period(exclusion.first_on, exclusion.last_on)
    row, is_new = AgreementExclusion.objects.get_or_create(
        agreement=agreement,
        first_on=days.first_on,
        last_on=days.last_on,
        defaults={"reason": exclusion.reason, "agreed_by": by, "agreed_at": now},
    )
    if not is_new:
        raise AgreementError(
            Problem(
                "exclusions",
                "%(first_on)s to %(last_on)s are excluded already.",
                {"first_on": days.first_on, "last_on": days.last_on},
            )
        )
    _mark_changed(agreement, days)
    return row


def _mark_changed(agreement: Agreement, days: Period) -> None:
    services = set(
        AgreementService.objects.filter(version__agreement=agreement).values_list("service_id", flat=True)
    )
    if agreement.versions.frozen().filter(covers_rest=True).exists():
        services |= set(BusinessService.objects.live().values_list("pk", flat=True))
    dates = [days.first_on + timedelta(days=step) for step in range(days.days)]
    mark_changed({(service, day) for service in services for day in dates})


def draft_from_baseline(
    version: AgreementVersion, *, by: User | None, valid_from: date | None = None
) -> AgreementVersion:
    """Draft the next version with targets proposed from what the baseline measured.

    A target is the median of the monthly native values of its services; floor and ceiling follow from it. An
    indicator that no month measured, or whose median lies on an end of its scale, keeps its terms. The draft
    begins the day after the baseline unless told otherwise. Raises AgreementError without a baseline.
    """
    if version.baseline_until is None:
        raise AgreementError(Problem("baseline_until", "This version has no baseline to propose from."))
    terms = version_terms(version)
    months = _monthly_values(version, version.baseline_until)
    scales = indicator_scales()
    proposed = [
        replace(agreed, target=target, floor=None, ceiling=None)
        if (target := proposed_target(months.get(agreed.key, ()))) is not None
        and scales[agreed.key].low < target < scales[agreed.key].high
        else agreed
        for agreed in terms.indicators
    ]
    begins = valid_from or version.baseline_until + timedelta(days=1)
    return write_draft(
        replace(terms, indicators=tuple(proposed), valid_from=begins, baseline_until=None), by=by
    )


def _monthly_values(version: AgreementVersion, until: date) -> dict[str, Sequence[float | None]]:
    """Return what each month told by indicator; a target would tell what is hidden from everybody."""
    results = Measurement.objects.published().filter(
        agreement_version=version,
        period=Measurement.Period.MONTH,
        ends_on__lte=until,
        service__isnull=bool(version.journey),
    )
    values: dict[str, list[float | None]] = {}
    shown = results.exclude(status=Measurement.Status.HIDDEN)
    for document in shown.values_list("results", flat=True):
        for indicator in document["indicators"]:
            if indicator["state"] != "hidden":
                values.setdefault(indicator["key"], []).append(indicator["value"])
    return dict(values)
