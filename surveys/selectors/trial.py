"""A made-up invitation that shows what people would get, without anybody being asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from surveys.models import BusinessService, Invitation, Person, Resolution, SurveyVersion, Ticket

NUMBER = "INC0012345"


def trial_invitation(version: SurveyVersion, language: str, *, now: datetime) -> Invitation:
    """Return an unsaved invitation to a version in `language`, about an invented ticket of this morning."""
    service = version.survey.services.first() or BusinessService(name=_("Printing"))
    person = Person(language=language)
    ticket = Ticket(number=NUMBER, short_description=_("Printer on floor 3"), service=service)
    resolved_at = now - timedelta(hours=5)
    resolution = Resolution(ticket=ticket, service=service, person=person, resolved_at=resolved_at)
    return Invitation(
        resolution=resolution,
        service=service,
        person=person,
        survey_version=version,
        token="trial",
        language=language,
        due_at=now,
        closes_at=now + timedelta(days=version.open_days),
    )
