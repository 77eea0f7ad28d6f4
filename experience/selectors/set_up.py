"""How far an installation is set up, read from its data alone: there is nothing to keep in step with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet

from experience.models import AgreementService, AgreementVersion, Measurement
from surveys.models import (
    BusinessService,
    IntakeSource,
    Invitation,
    Message,
    Resolution,
    Response,
    Survey,
    Ticket,
)

SAMPLE_PREFIX = "sample-"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an installation holds of its own, sample data left out.

    `unasked` and `unagreed` count the live services without a survey that asks, and without a primary
    agreement, `names_addresses` tells whether anybody who had a ticket
    resolved has a mail address. `next_mail_at` is when the next invitation is due, None when none waits.
    """

    services: int
    tickets: int
    sources: int
    unasked: int
    unagreed: int
    agreements: int
    resolved: int
    undecided: int
    names_addresses: bool
    invited: int
    answers: int
    results: int
    next_mail_at: datetime | None
    has_sample: bool

    @property
    def is_empty(self) -> bool:
        """Say whether nobody has begun."""
        return not (self.services or self.tickets or self.sources or self.agreements)


def set_up() -> SetUp:
    """Return how far the installation is set up; a dozen queries, each a count over an index."""
    own = BusinessService.objects.filter(is_sample=False)
    live = own.live()
    resolutions = Resolution.objects.filter(service__in=own)
    waiting = Message.objects.filter(
        kind=Message.Kind.INVITATION, state=Message.State.DUE, invitation__service__in=own
    )
    return SetUp(
        services=own.count(),
        tickets=Ticket.objects.filter(service__in=own).count(),
        sources=IntakeSource.objects.filter(is_active=True).count(),
        unasked=unasked_services().count(),
        unagreed=unagreed_services().count() if live.exists() else 0,
        agreements=_own_agreements(),
        resolved=resolutions.count(),
        undecided=resolutions.filter(is_decided=False, withdrawn_at=None).count(),
        names_addresses=resolutions.filter(person__email__gt="").exists(),
        invited=Invitation.objects.filter(service__in=own).count(),
        answers=Response.objects.filter(service__in=own, state=Response.State.ACCEPTED).count(),
        results=Measurement.objects.published().filter(service__in=own).count(),
        next_mail_at=waiting.aggregate(first=Min("due_at"))["first"],
        has_sample=BusinessService.objects.filter(is_sample=True).exists(),
    )


def _own_agreements() -> int:
    published = AgreementVersion.objects.filter(state=AgreementVersion.State.PUBLISHED)
    return published.exclude(services__is_sample=True).count()


def sample_services() -> list[BusinessService]:
    """Return the services of the small sample, in whatever state they are; those of the demo are others."""
    return list(BusinessService.objects.filter(is_sample=True, key__startswith=SAMPLE_PREFIX))


def asking_surveys() -> QuerySet[Survey]:
    """Return the surveys that can ask: with a published version and a sending rule."""
    found = Survey.objects.filter(versions__published_at__isnull=False, rules__isnull=False)
    return found.distinct().order_by("name")


def unasked_services() -> QuerySet[BusinessService]:
    """Return the own live services about which nobody is asked, because they have no survey that asks."""
    live = BusinessService.objects.live().filter(is_sample=False)
    return live.exclude(survey__in=asking_surveys().order_by().values("pk"))


def unagreed_services() -> QuerySet[BusinessService]:
    """Return the own live services that no primary agreement names or covers, now or from a later day on."""
    live = BusinessService.objects.live().filter(is_sample=False)
    if AgreementVersion.objects.filter(
        state=AgreementVersion.State.PUBLISHED, covers_rest=True, agreement__is_primary=True
    ).exists():
        return live.none()
    return live.exclude(pk__in=AgreementService.objects.filter(is_primary=True).values("service"))
