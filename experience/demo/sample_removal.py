"""Removing the sample: every row of it, from the last consequence back to the services, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_noop

from experience.demo.sample import AGREEMENT, CALLER, MONITOR, SOURCE, SURVEY
from experience.models import (
    Agreement,
    AgreementVersion,
    DayCell,
    Gap,
    Improvement,
    Measurement,
    Outage,
    PackedDay,
    ParameterSet,
    SignalBatch,
    Sla,
    SlaReport,
)
from experience.selectors.set_up import sample_services
from surveys.models import (
    BusinessService,
    EvidenceChange,
    FollowUp,
    Invitation,
    Message,
    Person,
    Question,
    Resolution,
    Response,
    SendingRule,
    SilentSample,
    Survey,
    SurveyVersion,
    Ticket,
    User,
)
from surveys.services.audit import record_change
from surveys.services.jobs import JobRefusedError, Progress

# Rows of one transaction: other writers come in between.
AT_ONCE = 500


def remove_sample(*, now: datetime, by: User | None, progress: Progress) -> dict[str, int]:
    """Remove everything that the sample brought and what was made from it; return how many rows went.

    May be begun again where it was interrupted. The audit log keeps that it was there. Raises JobRefusedError
    where something else came to hang on a sample service.
    """
    keys = [service.pk for service in sample_services()]
    _refuse_what_others_use(keys)
    # From now on no sweep measures them.
    BusinessService.objects.filter(pk__in=keys).update(lifecycle=BusinessService.Lifecycle.RETIRED)
    parts = list(_parts(keys))
    total = sum(rows.count() for _, rows in parts)
    gone = 0
    for words, rows in parts:
        for count in _delete(rows):
            gone += count
            progress(words, gone, total)
    record_change("sample data", "Removed", by=by, now=now)
    return {"rows": gone}


def _refuse_what_others_use(keys: list[int]) -> None:
    agreements = Agreement.objects.filter(versions__services__in=keys).exclude(key=AGREEMENT)
    if (agreement := agreements.first()) is not None:
        raise JobRefusedError(
            f"The agreement {agreement.name!r} names a sample service, so the sample stays. Where it is a "
            "draft, take the service out of it."
        )
    own = Ticket.objects.filter(service__in=keys).exclude(source=SOURCE)
    if (ticket := own.select_related("service").first()) is not None:
        raise JobRefusedError(
            f"Tickets of {ticket.source!r} belong to {ticket.service.name!r}. Give that name to a service of "
            "your own, import them again, then remove the sample."
        )


def _parts(keys: list[int]) -> Iterator[tuple[str, QuerySet]]:
    """Yield what to delete in an order in which nothing is left to point at what goes."""
    mine = Q(service__in=keys)
    loaded = AgreementVersion.objects.filter(agreement__key=AGREEMENT).order_by("published_at").first()
    yield gettext_noop("Removing gaps"), Improvement.objects.filter(mine)
    yield gettext_noop("Removing gaps"), Gap.objects.filter(mine | Q(agreement__key=AGREEMENT))
    # A correction keeps what it corrects, so the last of each goes first.
    yield gettext_noop("Removing results"), Measurement.objects.filter(mine, corrected_by=None)
    if loaded is not None and loaded.published_at is not None:
        made_since = ParameterSet.objects.filter(made_at__gte=loaded.published_at)
        yield gettext_noop("Removing results"), made_since.filter(measurements=None)
    yield gettext_noop("Removing answers"), SilentSample.objects.filter(mine)
    yield gettext_noop("Removing answers"), FollowUp.objects.filter(mine)
    yield gettext_noop("Removing answers"), Response.objects.filter(mine)
    yield gettext_noop("Removing answers"), Message.objects.filter(invitation__service__in=keys)
    yield gettext_noop("Removing answers"), Invitation.objects.filter(mine)
    yield gettext_noop("Removing tickets"), Resolution.objects.filter(mine)
    yield gettext_noop("Removing tickets"), Ticket.objects.filter(mine)
    yield gettext_noop("Removing people"), _people()
    yield gettext_noop("Removing signals"), Outage.objects.filter(mine)
    yield gettext_noop("Removing signals"), SignalBatch.objects.filter(source=MONITOR)
    yield gettext_noop("Removing evidence"), DayCell.objects.filter(mine)
    yield gettext_noop("Removing evidence"), PackedDay.objects.filter(mine)
    yield gettext_noop("Removing evidence"), EvidenceChange.objects.filter(mine)
    yield gettext_noop("Removing services"), AgreementVersion.objects.filter(agreement__key=AGREEMENT)
    yield gettext_noop("Removing services"), Agreement.objects.filter(key=AGREEMENT)
    yield gettext_noop("Removing services"), Sla.objects.filter(mine)
    yield gettext_noop("Removing services"), SlaReport.objects.filter(mine)
    yield gettext_noop("Removing services"), BusinessService.objects.filter(pk__in=keys)
    yield gettext_noop("Removing services"), SendingRule.objects.filter(survey__key=SURVEY)
    yield gettext_noop("Removing services"), Question.objects.filter(version__survey__key=SURVEY)
    yield gettext_noop("Removing services"), SurveyVersion.objects.filter(survey__key=SURVEY)
    yield gettext_noop("Removing services"), Survey.objects.filter(key=SURVEY)


def _people() -> QuerySet[Person]:
    """Return the sample's people of whom nothing else is known."""
    sample = Person.objects.filter(external_id__startswith=CALLER, email__endswith="@example.test")
    return sample.filter(tickets=None, resolutions=None, invitations=None)


def _delete(rows: QuerySet) -> Iterator[int]:
    """Delete rows in short transactions; yield how many went each time."""
    model: type[Model] = rows.model
    while keys := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        # Django's own deletion: an agreement that was published refuses any other, and this one goes whole.
        QuerySet.delete(model._base_manager.filter(pk__in=keys))
        yield len(keys)
