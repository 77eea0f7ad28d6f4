"""Asking a random sample of those who did not answer: drawing, answering, ending, cancelling."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.engine.sampling import simple_sample
from surveys.engine.scales import SCALES
from surveys.models import (
    BusinessService,
    Invitation,
    Question,
    Response,
    ResponseReason,
    SilentSample,
    SilentSampleLine,
    SurveyVersion,
    User,
)
from surveys.selectors.silent_samples import SilentFrame, silent_frame
from surveys.services.answer import Answer, NotAnswerableError, offered
from surveys.services.audit import record_change
from xla_service.stored_words import stored

OPEN_FOR = timedelta(days=14)
# The log is kept in English and read in anybody's language.
_DREW = stored(
    gettext_noop("%(month)s: drew %(count)s of %(silent)s who did not answer, and shows their names")
)
_ENDED = stored(gettext_noop("%(month)s: ended asking those who had not answered"))
_CANCELLED = stored(gettext_noop("%(month)s: cancelled the draw of those who had not answered"))


class SilentSampleError(ValueError):
    """Nothing was drawn, ended or cancelled; the words say why and what to do."""


@transaction.atomic
def draw_silent_sample(
    service: BusinessService, *, starts_on: date, ends_on: date, count: int, by: User, now: datetime
) -> SilentSample:
    """Draw `count` of the silent of a service and a period and keep what the figure needs of the others.

    The period must be over long enough for every late answer. The seed is service and period, so that
    cancelling and drawing again names the same people. Raises SilentSampleError when it was drawn before or
    fewer can be asked.
    """
    # Whoever draws takes the service's row, so that two presses draw once.
    BusinessService.objects.select_for_update(no_key=True).get(pk=service.pk)
    if SilentSample.objects.filter(service=service, starts_on=starts_on).exists():
        raise SilentSampleError(_("This month was drawn before. Its list is below; nobody is drawn twice."))
    frame = silent_frame(service, starts_on=starts_on, ends_on=ends_on, now=now)
    if frame is None or not 0 < count <= len(frame.silent):
        raise SilentSampleError(_("Fewer people can be asked by now. Choose one of the numbers below."))
    sample = _sample(service, frame, starts_on, ends_on)
    sample.drawn_by, sample.drawn_at, sample.closes_at = by, now, now + OPEN_FOR
    sample.save()
    chosen = simple_sample(frame.silent, seed=sample.seed, count=count)
    SilentSampleLine.objects.bulk_create(SilentSampleLine(sample=sample, invitation_id=key) for key in chosen)
    _record(sample, _DREW, by, now, count=count, silent=len(frame.silent))
    return sample


def _sample(service: BusinessService, frame: SilentFrame, starts_on: date, ends_on: date) -> SilentSample:
    return SilentSample(
        service=service,
        starts_on=starts_on,
        ends_on=ends_on,
        scale=frame.scale,
        asked_count=frame.asked,
        rating_counts=list(frame.rating_counts),
        seed=f"{service.key} {starts_on}",
        frame=list(frame.silent),
    )


def _record(sample: SilentSample, what: str, by: User, now: datetime, **values: int) -> None:
    words = what % {"month": f"{sample.starts_on:%Y-%m}", **values}
    record_change(f"service {sample.service.key}", words, by=by, now=now)


@transaction.atomic
def end_silent_sample(sample_id: int, *, by: User, now: datetime) -> None:
    """Take no more answers, so that the figure can be shown. Raises SilentSampleError when it was over."""
    sample = _still_open(sample_id, now)
    sample.closes_at = now
    sample.save(update_fields=["closes_at"])
    _record(sample, _ENDED, by, now)


@transaction.atomic
def cancel_silent_sample(sample_id: int, *, by: User, now: datetime) -> None:
    """Undo a draw that nobody has answered yet. Raises SilentSampleError after the first answer."""
    sample = _still_open(sample_id, now)
    if sample.lines.filter(response__isnull=False).exists():
        raise SilentSampleError(_("Somebody has answered, so the list stays. End the asking instead."))
    _record(sample, _CANCELLED, by, now)
    sample.delete()


def _still_open(sample_id: int, now: datetime) -> SilentSample:
    found = SilentSample.objects.select_for_update(of=("self",)).select_related("service")
    sample = found.filter(pk=sample_id).first()
    if sample is None or not sample.is_open(now):
        raise SilentSampleError(_("This is over already. Look at where it stands now."))
    return sample


@transaction.atomic
def answer_again(line_id: int, answer: Answer, *, language: str, now: datetime) -> Response:
    """Keep what a drawn person says and return it; a second answer replaces the first.

    It is kept apart from the answers of the month by its channel, and names no resolution. Raises
    NotAnswerableError once the sample is over or cancelled, ValueError for a rating off the scale.
    """
    # An answer waits for an ending or a cancelling, and they for it.
    lines = SilentSampleLine.objects.open(now).select_for_update(of=("sample",)).filter(pk=line_id)
    line = lines.select_related("sample", "response", "invitation__service").first()
    if line is None:
        raise NotAnswerableError(f"Line {line_id} takes no answer any more.")
    response = _response(line.invitation, answer, line.response or Response())
    response.language, response.answered_at = language, now
    response.save()
    _keep_reasons(response, answer)
    line.response = response
    line.save(update_fields=["response"])
    return response


def _response(invitation: Invitation, answer: Answer, response: Response) -> Response:
    response.service = invitation.service
    response.survey_version = invitation.survey_version
    response.channel = Response.Channel.SILENT
    response.state = Response.State.ACCEPTED
    response.scale = _rating_question(invitation.survey_version).scale
    response.rating = answer.rating
    response.lost_time_minutes = answer.lost_time_minutes
    response.comment = answer.comment
    return response


def _rating_question(version: SurveyVersion) -> Question:
    return version.questions.get(kind=Question.Kind.RATING)


def _keep_reasons(response: Response, answer: Answer) -> None:
    question = response.survey_version.questions.filter(kind=Question.Kind.REASONS).first()
    keys = offered(answer, SCALES[response.scale], question.options if question else [])
    response.reasons.all().delete()
    ResponseReason.objects.bulk_create(ResponseReason(response=response, key=key) for key in sorted(keys))
