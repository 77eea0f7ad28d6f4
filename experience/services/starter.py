"""A first agreement, so that a new service is measured before anybody has negotiated terms."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from experience.engine.agreement_terms import PRESETS, AgreedIndicator, AgreementTerms
from experience.models import AgreementVersion
from experience.services.agreements import publish, write_draft
from experience.services.library import install_indicators

STARTER_KEY = "starter"
AMBITION = "People get back to work quickly, need to ask only once, and can rely on the service being there."
# The six that count: what people say, whether they had to come back, whether the service was there.
COUNTED = {
    "rating": 3.0,
    "solved": 2.0,
    "lost_time": 1.0,
    "repeat_contact": 2.0,
    "user_clock": 1.0,
    "availability": 1.0,
}
SHOWN = ("sentiment", "time_to_resolve", "reopen_share", "apdex")


@transaction.atomic
def create_starter_agreements(
    *, now: datetime, valid_from: date | None = None, preset: str = "balanced"
) -> AgreementVersion:
    """Return the starter agreement over every live service without another primary agreement.

    Published on first use, valid from `valid_from` or today; later calls leave its terms as they are. Its
    coverage follows the catalogue by itself. Raises KeyError for an unknown preset of stream weights.
    """
    install_indicators()
    found = AgreementVersion.objects.filter(
        agreement__key=STARTER_KEY, state=AgreementVersion.State.PUBLISHED
    ).first()
    return found or publish(
        write_draft(starter_terms(valid_from or now.date(), preset), by=None), by=None, now=now
    )


def starter_terms(valid_from: date, preset: str = "balanced") -> AgreementTerms:
    """Return the terms of the starter agreement: six indicators that count, four that are only shown."""
    weights = COUNTED | dict.fromkeys(SHOWN, 0.0)
    return AgreementTerms(
        key=STARTER_KEY,
        name="Starter agreement",
        valid_from=valid_from,
        ambition=AMBITION,
        covers_rest=True,
        weights=tuple(PRESETS[preset].items()),
        indicators=tuple(AgreedIndicator(key, weight) for key, weight in weights.items()),
        note="Default terms, until the parties agree on their own.",
    )
