"""Taking an answer and noting a visit of the answer page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from surveys.engine.scales import SCALES, Scale
from surveys.models import CommentSentiment, Invitation, Message, Question, Response, ResponseReason, Visit
from surveys.services.changes import mark_changed
from surveys.services.contradictions import judge_again


@dataclass(frozen=True)
class Answer:
    """What a respondent says; everything but the rating may be left out."""

    rating: int
    reasons: frozenset[str] = frozenset()
    lost_time_minutes: int | None = None
    comment: str = ""


class NotAnswerableError(Exception):
    """The invitation takes no answer: it is closed or withdrawn. Show the page that says so."""


@transaction.atomic
def record_answer(
    invitation_id: int, answer: Answer, *, now: datetime, is_simulated: bool = False
) -> Response:
    """Store an answer, or change the one given before, and return it: one response per invitation.

    Reasons that the survey does not offer for this rating are left out, for the page hides them. Raises
    NotAnswerableError for an invitation that is not open, ValueError for a rating off the survey's scale.
    """
    # Taking the row lets two tabs answer one after the other, and an answer finish before a withdrawal.
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    if invitation.state != Invitation.State.OPEN or invitation.closes_at <= now:
        raise NotAnswerableError(f"Invitation {invitation_id} takes no answer any more.")
    response = _store(invitation, answer, now, is_simulated)
    judge_again(response, now=now)
    invitation.messages.filter(state=Message.State.DUE).update(state=Message.State.WITHDRAWN)
    mark_changed([(invitation.service_id, invitation.resolution.resolved_on)])
    return response


def record_visit(invitation: Invitation, *, now: datetime, network_hash: str, rating: int | None) -> None:
    """Note that the answer page was opened; a visit changes no answer."""
    Visit.objects.create(
        invitation=invitation, visited_at=now, network_hash=network_hash, chosen_rating=rating
    )


def _store(invitation: Invitation, answer: Answer, now: datetime, is_simulated: bool) -> Response:
    questions = {question.kind: question for question in invitation.survey_version.questions.all()}
    scale = SCALES[questions[Question.Kind.RATING].scale]
    reasons = _offered(answer, scale, questions.get(Question.Kind.REASONS))
    response = Response.objects.filter(resolution=invitation.resolution_id).first() or Response()
    if response.comment != answer.comment and response.pk:
        CommentSentiment.objects.filter(response=response).delete()
    _fill(response, invitation, answer, scale, now)
    response.is_simulated = is_simulated
    response.save()
    response.reasons.exclude(key__in=reasons).delete()
    ResponseReason.objects.bulk_create(
        [ResponseReason(response=response, key=key) for key in sorted(reasons)], ignore_conflicts=True
    )
    return response


def _offered(answer: Answer, scale: Scale, question: Question | None) -> set[str]:
    bands = scale.bands(answer.rating)
    options = question.options if question else []
    return {option["key"] for option in options if option["band"] in bands} & answer.reasons


def _fill(response: Response, invitation: Invitation, answer: Answer, scale: Scale, now: datetime) -> None:
    response.invitation = invitation
    response.resolution = invitation.resolution
    response.service = invitation.service
    response.survey_version = invitation.survey_version
    response.channel = Response.Channel.INVITATION
    response.state = Response.State.ACCEPTED
    response.set_apart_reason = ""
    response.scale = scale.key
    response.rating = answer.rating
    response.lost_time_minutes = answer.lost_time_minutes
    response.comment = answer.comment
    response.language = invitation.language
    response.answered_at = now
    response.response_class = invitation.resolution.response_class
