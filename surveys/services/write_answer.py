"""Writing what was answered into a response, whoever gave the answer and whether or not it counts."""

from __future__ import annotations

from surveys.models import Invitation, Response, SentAnswer


def write_answer(response: Response, invitation: Invitation, sent: SentAnswer) -> None:
    """Let a response, unsaved, say what was sent to an invitation; it tells nobody who sent it and when."""
    response.service_id = invitation.service_id
    response.survey_version_id = invitation.survey_version_id
    response.channel = Response.Channel.INVITATION
    response.scale = invitation.survey_version.scale
    response.rating = sent.rating
    response.lost_time_minutes = sent.lost_time_minutes
    response.comment = sent.comment
    response.language = sent.language
    response.is_simulated = sent.is_simulated
