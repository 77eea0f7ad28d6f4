"""Whom a result is about: a service under its primary agreement or an extra one, or a journey as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from experience.models import AgreementVersion, Gap, Measurement
from surveys.models import BusinessService


class Subject(NamedTuple):
    """The extra agreement (None: whichever is primary) and the service (None: the journey as a whole)."""

    agreement_id: int | None
    service_id: int | None


def subject(version: AgreementVersion, service: BusinessService | None) -> Subject:
    """Return what a version judges when it judges this service, or its journey."""
    extra = None if version.agreement.is_primary else version.agreement_id
    return Subject(extra, service.pk if service else None)


def subject_of(m: Measurement) -> Subject:
    """Return whom a result is about."""
    version = m.agreement_version
    return Subject(None if version.agreement.is_primary else version.agreement_id, m.service_id)


def subject_of_gap(gap: Gap) -> Subject:
    """Return whom a gap is about."""
    return Subject(gap.agreement_id, gap.service_id)


def same_subjects(measured: Iterable[Measurement]) -> Q:
    """Return the condition that a result is about one of the services, or the journey, of these results.

    They are of one agreement, and all of services or all of its journey.
    """
    services = [m.service_id for m in measured]
    return Q(service=None) if None in services else Q(service__in=services)
