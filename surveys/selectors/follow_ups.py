"""Who hears that something is not solved, what waits for them, and what was improved."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from surveys.engine.wording import DEFAULT_LANGUAGE
from surveys.models import (
    BusinessService,
    FollowUp,
    FollowUpReceiver,
    HookDelivery,
    Invitation,
    Resolution,
    ServiceNotice,
    SurveyVersion,
)
from surveys.selectors.narrowing import EVERYTHING, Narrowing, NarrowingChoices, choices_among

NOTICES_SHOWN = 2


def receiver_of(resolution: Resolution) -> FollowUpReceiver | None:
    """Return who hears about this resolution: its group's receiver, else everybody's, else None."""
    groups = {"", resolution.assignment_group}
    found = {
        row.assignment_group: row for row in FollowUpReceiver.objects.filter(assignment_group__in=groups)
    }
    return found.get(resolution.assignment_group) or found.get("")


def asks_solved(invitation: Invitation) -> bool:
    """Say whether "was it really solved?" is asked: where a "no" reaches somebody, and names nobody who was
    promised not to be named.
    """
    if invitation.survey_version.mode == SurveyVersion.Mode.ANONYMOUS:
        return False
    return receiver_of(invitation.resolution) is not None


def contact_receiver(invitation: Invitation) -> FollowUpReceiver | None:
    """Return who may be asked to get in touch: in anonymous surveys alone, for others are followed up."""
    if invitation.survey_version.mode != SurveyVersion.Mode.ANONYMOUS:
        return None
    return receiver_of(invitation.resolution)


def narrowing_choices(services: QuerySet[BusinessService]) -> NarrowingChoices:
    """Return by whom the open follow-ups of these services may be narrowed; one query."""
    waiting = FollowUp.objects.open().filter(service__in=services).order_by()
    names = waiting.values_list("service__supplier", "resolution__assignment_group").distinct()
    return choices_among(names)


def open_follow_ups(
    services: QuerySet[BusinessService], narrowing: Narrowing = EVERYTHING
) -> QuerySet[FollowUp]:
    """Return the open follow-ups of these services with what their page shows, the most urgent first."""
    wanted = narrowing.rows(supplier="service__supplier", group="resolution__assignment_group")
    rows = FollowUp.objects.open().filter(wanted, service__in=services)
    return rows.select_related("resolution__ticket", "service", "receiver").order_by("due_at", "pk")


def receivers() -> QuerySet[FollowUpReceiver]:
    """Return who hears that something is not solved, the one for everybody else first."""
    return FollowUpReceiver.objects.order_by("assignment_group")


def deliveries() -> QuerySet[FollowUp]:
    """Return what was posted to ticket systems or waits to be, the newest first, as its page shows it."""
    rows = FollowUp.objects.posted().select_related("resolution__ticket", "receiver")
    return rows.order_by("-told_at", "-pk")


def other_deliveries() -> QuerySet[HookDelivery]:
    """Return what else was posted or waits to be, the newest first."""
    return HookDelivery.objects.select_related("receiver").order_by("-put_at", "-pk")


def improvements(service: BusinessService, *, language: str, today: date) -> list[str]:
    """Return what was improved in a service because of answers, the newest two, in `language` or English."""
    running = ServiceNotice.objects.filter(
        Q(shown_until__isnull=True) | Q(shown_until__gte=today), service=service, shown_from__lte=today
    )
    texts = [
        row.wording.get(language) or row.wording.get(DEFAULT_LANGUAGE, "")
        for row in running.order_by("-shown_from", "-pk")[:NOTICES_SHOWN]
    ]
    return [text for text in texts if text]
