"""Small worlds for the judging side: services whose people answered in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from experience.models import AgreementVersion, Sla
from experience.services.starter import create_starter_agreements
from surveys.models import BusinessService, Resolution, Response
from surveys.services.changes import mark_changed
from tests.factories import NOW, InvitationFactory, ResolutionFactory, ResponseFactory

LAST_YEAR = NOW.date() - timedelta(days=365)


def answered(
    service: BusinessService,
    ratings: Sequence[int],
    *,
    resolved_at: datetime = NOW - timedelta(days=3),
    made_sla: bool | None = True,
) -> list[Response]:
    """Return one accepted answer per rating, each by another person about another closed ticket."""
    responses = [_answer(service, rating, resolved_at, made_sla) for rating in ratings]
    mark_changed({(service.pk, resolved_at.date())})
    return responses


def _answer(service: BusinessService, rating: int, resolved_at: datetime, made_sla: bool | None) -> Response:
    resolution = ResolutionFactory.create(on_service=service, resolved_at=resolved_at)
    resolution.ticket.state, resolution.ticket.made_sla = "closed", made_sla
    resolution.ticket.save()
    invitation = InvitationFactory.create(resolution=resolution)
    return ResponseFactory.create(invitation=invitation, rating=rating)


def silent(service: BusinessService, tickets: int, *, resolved_at: datetime) -> list[Resolution]:
    """Return resolutions whose people were asked and said nothing."""
    resolutions = [
        ResolutionFactory.create(on_service=service, resolved_at=resolved_at) for _ in range(tickets)
    ]
    for resolution in resolutions:
        InvitationFactory.create(resolution=resolution)
    mark_changed({(service.pk, resolved_at.date())})
    return resolutions


def agreed(service: BusinessService, *, sla_target: float | None = 0.8) -> AgreementVersion:
    """Return the starter agreement over the service, valid for a long time, with an SLA beside it."""
    if sla_target is not None:
        Sla.objects.create(
            service=service, valid_from=NOW.date() - timedelta(days=365), target_share=sla_target
        )
    return create_starter_agreements(now=NOW, valid_from=NOW.date() - timedelta(days=365))
