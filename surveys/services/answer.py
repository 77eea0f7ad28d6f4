"""Taking an answer or a click, and noting a visit of the answer page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.engine.scales import SCALES, Band, Scale
from surveys.models import Invitation, Question, Response, SentAnswer, SurveyVersion, Visit
from surveys.selectors.asked import reason_order
from surveys.services.anonymous import remember_touch, store_anonymous
from surveys.services.settle_answers import SETTLES_AFTER, settle_invitation

MOST_SENT = 200  # answers kept per invitation; a person needs a handful


@dataclass(frozen=True)
class Answer:
    """What a respondent says; everything but the rating may be left out."""

    rating: int
    reasons: frozenset[str] = frozenset()
    lost_time_minutes: int | None = None
    comment: str = ""
    is_solved: bool | None = None


@dataclass(frozen=True)
class Sender:
    """What the server saw of whoever sent something: the keyed hash of the network, and whether it looked
    like a program. `visit_id` is the opening of the page that it came from.
    """

    network_hash: str = ""
    is_headless: bool = False
    visit_id: int | None = None


UNSEEN = Sender()


class NotAnswerableError(Exception):
    """The invitation takes no answer: it is closed or withdrawn. Show the page that says so."""


def record_answer(
    invitation_id: int,
    answer: Answer,
    *,
    now: datetime,
    sender: Sender = UNSEEN,
    language: str = "",
) -> Response:
    """Keep an answer and return the response that stands: one per invitation, changed until it closes.

    Every answer sent is kept; one that looks like a mail scanner's is set apart and changes nothing that
    counts. Reasons that the survey does not offer for this rating are left out, for the page hides them.
    `language` is that of the page, the invitation's by default. Raises NotAnswerableError for an invitation
    that is not open, ValueError for a rating off the survey's scale.
    """
    return _record(invitation_id, answer, is_confirmed=True, now=now, sender=sender, language=language)


def change_rating(
    invitation_id: int, response: Response, rating: int, *, now: datetime, sender: Sender = UNSEEN
) -> Response:
    """Record the answer that stands with another rating; reasons that do not fit it any more fall away.

    Raises what `record_answer` raises.
    """
    answer = Answer(
        rating=rating,
        reasons=frozenset(response.reasons.values_list("key", flat=True)),
        lost_time_minutes=response.lost_time_minutes,
        comment=response.comment,
        is_solved=response.is_solved,
    )
    return record_answer(invitation_id, answer, now=now, sender=sender, language=response.language)


def record_click(
    invitation_id: int, rating: int, *, now: datetime, sender: Sender = UNSEEN
) -> Response | None:
    """Keep the rating that a visible page shows, provisional: it counts once confirmed, or at closing.

    Anonymous surveys keep no clicks: None. Raises what `record_answer` raises.
    """
    anonymous = Invitation.objects.filter(survey_version__mode=SurveyVersion.Mode.ANONYMOUS)
    if anonymous.filter(pk=invitation_id).exists():
        return None
    return _record(invitation_id, Answer(rating), is_confirmed=False, now=now, sender=sender)


@transaction.atomic
def record_visit(
    invitation: Invitation, *, now: datetime, sender: Sender, rating: int | None = None, is_trap: bool = False
) -> Visit | None:
    """Note that the answer page or, with `is_trap`, the hidden link was opened; a visit changes no answer.

    Of anonymous surveys the database keeps no visit: None.
    """
    if invitation.survey_version.mode == SurveyVersion.Mode.ANONYMOUS:
        remember_touch(
            invitation,
            now=now,
            network=sender.network_hash,
            option=rating,
            is_trap=is_trap,
            is_headless=sender.is_headless,
        )
        return None
    return Visit.objects.create(
        invitation=invitation,
        visited_at=now,
        network_hash=sender.network_hash,
        is_headless=sender.is_headless,
        chosen_rating=rating,
        is_trap=is_trap,
    )


@transaction.atomic
def _record(
    invitation_id: int,
    answer: Answer,
    *,
    is_confirmed: bool,
    now: datetime,
    sender: Sender,
    language: str = "",
) -> Response:
    invitation = _held(invitation_id, now)
    sent = _sent_answer(invitation, answer, sender)
    sent.sent_at, sent.is_confirmed, sent.language = now, is_confirmed, language or invitation.language
    if invitation.survey_version.mode == SurveyVersion.Mode.ANONYMOUS:
        return store_anonymous(invitation, sent)
    _keep_earlier(invitation)
    _keep(invitation, sent)
    response = settle_invitation(invitation, now=now)
    assert response is not None  # an answer was kept above
    return response


def _held(invitation_id: int, now: datetime) -> Invitation:
    """Return the invitation, locked, with what is asked. Raises NotAnswerableError."""
    # Taking the row lets two tabs answer one after the other, and an answer finish before a withdrawal.
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("resolution", "survey_version")
        .prefetch_related("survey_version__questions")
        .get(pk=invitation_id)
    )
    if invitation.state != Invitation.State.OPEN or invitation.closes_at <= now:
        raise NotAnswerableError(f"Invitation {invitation_id} takes no answer any more.")
    return invitation


def _keep_earlier(invitation: Invitation) -> None:
    """Begin the history with an answer that was imported, or stored before histories were kept."""
    response = Response.objects.filter(resolution=invitation.resolution_id).first()
    if response is None or response.rating is None or invitation.sent_answers.exists():
        return
    SentAnswer.objects.create(
        invitation=invitation,
        sent_at=response.answered_at or invitation.due_at,
        is_confirmed=True,
        rating=response.rating,
        is_solved=response.is_solved,
        lost_time_minutes=response.lost_time_minutes,
        reasons=sorted(response.reasons.values_list("key", flat=True)),
        comment=response.comment,
        language=response.language,
        is_simulated=response.is_simulated,
        is_settled=True,
    )


def _sent_answer(invitation: Invitation, answer: Answer, sender: Sender) -> SentAnswer:
    questions = invitation.survey_version.questions.all()
    options = [each for row in questions if row.kind == Question.Kind.REASONS for each in row.options]
    scale = SCALES[invitation.survey_version.scale]
    visit = invitation.visits.filter(pk=sender.visit_id).first() if sender.visit_id else None
    return SentAnswer(
        invitation=invitation,
        visit=visit,
        rating=answer.rating,
        is_solved=answer.is_solved,
        lost_time_minutes=answer.lost_time_minutes,
        reasons=sorted(offered(answer, scale, options)),
        reason_order=reason_order([option["key"] for option in options], invitation),
        comment=answer.comment,
        network_hash=sender.network_hash,
        is_headless=sender.is_headless,
    )


def _keep(invitation: Invitation, sent: SentAnswer) -> None:
    """Store what was sent, unless it is the same as the last: a double press, or a script's second word."""
    kept = invitation.sent_answers.order_by("-sent_at", "-pk")
    last = kept.first()
    if last is not None:
        sent.sent_at = max(sent.sent_at, last.sent_at)  # the machine's clock may have been set back
    if last is not None and _says(last) == _says(sent) and sent.sent_at - last.sent_at < SETTLES_AFTER:
        return
    if last is not None and kept.count() >= MOST_SENT:
        last.delete()
    sent.save()


def _says(sent: SentAnswer) -> tuple[object, ...]:
    content = (sent.rating, sent.is_solved, sent.lost_time_minutes, sent.reasons, sent.comment)
    return (*content, sent.is_confirmed, sent.is_simulated, sent.language, sent.visit_id)


def offered(answer: Answer, scale: Scale, options: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the reasons of an answer that the survey offers for its rating; the page hides the others."""
    bands = scale.bands(answer.rating) | {Band.ANY}
    return {option["key"] for option in options if option["band"] in bands} & answer.reasons
