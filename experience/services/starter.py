"""A first agreement, so that a new service is measured before anybody has negotiated terms."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from experience.models import Agreement, AgreementIndicator, AgreementVersion, Indicator
from experience.services.library import install_indicators
from surveys.models import BusinessService

STARTER_KEY = "starter"
AMBITION = "People get back to work quickly, need to ask only once, and can rely on the service being there."


@transaction.atomic
def create_starter_agreements(*, now: datetime, valid_from: date | None = None) -> AgreementVersion:
    """Return the starter agreement over every live service without a primary agreement, published now.

    Called again it adds the services that have come since; terms stay as they are. Without `valid_from` it
    holds from today.
    """
    version = AgreementVersion.objects.filter(
        agreement__key=STARTER_KEY, state=AgreementVersion.State.PUBLISHED
    ).first() or _publish(now, valid_from or now.date())
    taken = BusinessService.objects.filter(
        agreement_versions__state=AgreementVersion.State.PUBLISHED,
        agreement_versions__agreement__is_primary=True,
    )
    version.services.add(*BusinessService.objects.live().exclude(pk__in=taken.values("pk")))
    return version


def _publish(now: datetime, valid_from: date) -> AgreementVersion:
    agreement = Agreement.objects.create(key=STARTER_KEY, name="Starter agreement", ambition=AMBITION)
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=1,
        state=AgreementVersion.State.PUBLISHED,
        valid_from=valid_from,
        published_at=now,
        note="Default terms: satisfaction, lost time, repeat contacts, user's clock, availability.",
    )
    AgreementIndicator.objects.bulk_create(_agreed(version, i) for i in install_indicators().values())
    return version


def _agreed(version: AgreementVersion, indicator: Indicator) -> AgreementIndicator:
    return AgreementIndicator(version=version, indicator=indicator, weight=indicator.default_weight)
