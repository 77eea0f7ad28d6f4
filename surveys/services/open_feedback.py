"""Always-open feedback about a service: nobody was asked, so it is kept apart from answers that were."""

from __future__ import annotations

from datetime import datetime

from surveys.engine.scales import SCALES
from surveys.models import BusinessService, Question, Response, SurveyVersion
from surveys.services.default_survey import create_default_survey


def store_feedback(
    service: BusinessService, *, rating: int, comment: str, language: str, now: datetime
) -> Response:
    """Store feedback without a person and return it. Raises ValueError for a rating that is not 1 to 5."""
    SCALES[Question.Scale.SATISFACTION].bands(rating)
    return Response.objects.create(
        service=service,
        survey_version=_version(service, now),
        channel=Response.Channel.OPEN,
        state=Response.State.ACCEPTED,
        scale=Question.Scale.SATISFACTION,
        rating=rating,
        comment=comment,
        language=language,
        answered_at=now,
    )


def _version(service: BusinessService, now: datetime) -> SurveyVersion:
    version = service.survey.published_version() if service.survey else None
    return version or create_default_survey(now=now)
