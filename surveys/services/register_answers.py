"""Storing past survey answers: the one path for a file of thousands and for a single one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from surveys.engine.answer_rows import AnswerRecord
from surveys.models import (
    BusinessService,
    CommentSentiment,
    Contradiction,
    Decision,
    Invitation,
    Message,
    Resolution,
    Response,
    ResponseReason,
    SurveyVersion,
)
from surveys.services.bulk import update_rows
from surveys.services.changes import mark_changed
from surveys.services.default_survey import create_default_survey
from surveys.services.jobs import Progress
from surveys.services.registration import Rejection, Sums

CHUNK = 1000
SAME_TIME = timedelta(minutes=1)  # many exports leave out the seconds
ANSWER_COLUMNS = (
    "scale",
    "rating",
    "lost_time_minutes",
    "is_solved",
    "comment",
    "language",
    "is_simulated",
    "answered_at",
)
DECISION_COLUMNS = ("reason", "is_asked", "is_eligible", "probability")


@dataclass(frozen=True)
class AnswerRegistration(Sums):
    """What came of a set of answers; `unworded` were taken without the words of people who were erased."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()
    unworded: int = 0


def register_answers(
    records: Sequence[AnswerRecord],
    *,
    source: str,
    now: datetime,
    progress: Progress | None = None,
) -> AnswerRegistration:
    """Store past answers about tickets of `source` as accepted responses; doing it again changes nothing.

    An answer goes to the invitation of its resolution. Where nobody had been invited by us, somebody else
    asked: the decision becomes asked, with certainty. An answer given through an invitation is never
    overwritten by a different one. What erased people wrote is left out. Works in chunks, each
    in one transaction.
    """
    total = AnswerRegistration()
    taken: dict[int, AnswerRecord] = {}
    for start in range(0, len(records), CHUNK):
        chunk = records[start : start + CHUNK]
        with transaction.atomic():
            total += _register_chunk(chunk, _Known.of(chunk, source, now), taken, now)
        if progress:
            progress("Writing", start + len(chunk), len(records))
    return total


@dataclass
class _Known:
    """What is stored about the tickets of a chunk, by ticket number or by resolution."""

    resolutions: dict[str, list[Resolution]] = field(default_factory=dict)
    invitations: dict[int, Invitation] = field(default_factory=dict)
    responses: dict[int, Response] = field(default_factory=dict)
    reasons: dict[int, set[str]] = field(default_factory=dict)
    versions: dict[int, SurveyVersion] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[AnswerRecord], source: str, now: datetime) -> _Known:
        known = cls()
        numbers = {record.number for record in records}
        found = Resolution.objects.filter(ticket__source=source, ticket__number__in=numbers)
        joined = found.select_related("ticket", "service", "decision", "person")
        resolutions = list(joined.order_by("resolved_at"))
        for resolution in resolutions:
            known.resolutions.setdefault(resolution.ticket.number, []).append(resolution)
        # Taken as an answer on the page takes it, so that the two wait for each other.
        invited = Invitation.objects.filter(resolution__in=resolutions).select_for_update(of=("self",))
        known.invitations = {
            invitation.resolution_id: invitation
            for invitation in invited.select_related("survey_version").order_by("pk")
        }
        for response in Response.objects.filter(resolution__in=resolutions).prefetch_related("reasons"):
            if response.resolution_id is not None:
                known.responses[response.resolution_id] = response
                known.reasons[response.resolution_id] = {reason.key for reason in response.reasons.all()}
        known.versions = _versions({resolution.service for resolution in resolutions}, now)
        return known


def _versions(services: set[BusinessService], now: datetime) -> dict[int, SurveyVersion]:
    """Return for each service the version its people would be asked with today."""
    newest = {version.survey_id: version for version in SurveyVersion.objects.published()}
    own = {service.pk: newest[service.survey_id] for service in services if service.survey_id in newest}
    others = [service.pk for service in services if service.pk not in own]
    return own | (dict.fromkeys(others, create_default_survey(now=now)) if others else {})


def _register_chunk(
    records: Sequence[AnswerRecord], known: _Known, taken: dict[int, AnswerRecord], now: datetime
) -> AnswerRegistration:
    rejected = []
    written: list[tuple[Response, AnswerRecord]] = []
    unchanged = unworded = 0
    for record in records:
        try:
            resolution = _resolution_of(record, known)
            _check(record, resolution, known, taken)
        except ValueError as error:
            rejected.append(Rejection(record.number, str(error), record.line))
            continue
        taken[resolution.pk] = record
        unworded += bool(record.comment) and _is_erased(resolution)
        response = _response(record, resolution, known)
        if response is None:
            unchanged += 1
        else:
            written.append((response, record))
    created = sum(response.pk is None for response, _ in written)
    _write(written, known, now)
    return AnswerRegistration(created, len(written) - created, unchanged, tuple(rejected), unworded)


def _resolution_of(record: AnswerRecord, known: _Known) -> Resolution:
    """Return the last resolution that an answer can be about. Raises ValueError, saying what to correct."""
    of_ticket = known.resolutions.get(record.number, [])
    if not of_ticket:
        raise ValueError("There is no resolved ticket of this number. Import the tickets first.")
    wanted = [
        resolution
        for resolution in of_ticket
        if resolution.resolved_at <= record.answered_at
        and (record.resolved_at is None or abs(record.resolved_at - resolution.resolved_at) < SAME_TIME)
    ]
    if not wanted:
        raise ValueError(
            "The ticket was not resolved then. Check `resolved_at`, which must lie before `answered_at`."
        )
    return wanted[-1]


def _check(
    record: AnswerRecord, resolution: Resolution, known: _Known, taken: dict[int, AnswerRecord]
) -> None:
    """Raise ValueError, saying why, for an answer that cannot be taken."""
    if resolution.pk in taken:
        line = taken[resolution.pk].line
        raise ValueError(f"It answers the same resolution as line {line}. Keep one of the two.")
    if _is_anonymous(known.invitations.get(resolution.pk)):
        raise ValueError("Its survey is anonymous: stored by ticket number the answer would name its person.")
    if resolution.withdrawn_at is not None:
        raise ValueError(
            "Its invitation was withdrawn when the ticket was reopened, so the answer cannot count."
        )
    response = known.responses.get(resolution.pk)
    is_ours = response is not None and response.channel == Response.Channel.INVITATION
    if response and is_ours and _differs(response, record, resolution, known):
        raise ValueError("It was answered through its invitation already, differently; that answer stays.")


def _is_anonymous(invitation: Invitation | None) -> bool:
    return invitation is not None and invitation.survey_version.mode == SurveyVersion.Mode.ANONYMOUS


def _values(record: AnswerRecord, resolution: Resolution, invitation: Invitation | None) -> dict[str, Any]:
    """Return the columns of an answer; in which language it was given the invitation knows when the row does
    not. What an erased person wrote is left out.
    """
    values = {column: getattr(record, column) for column in ANSWER_COLUMNS}
    values["language"] = record.language or (invitation.language if invitation else "")
    if _is_erased(resolution):
        values["comment"] = ""
    return values


def _is_erased(resolution: Resolution) -> bool:
    return resolution.person is not None and resolution.person.erased_at is not None


def _differs(response: Response, record: AnswerRecord, resolution: Resolution, known: _Known) -> bool:
    values = _values(record, resolution, known.invitations.get(resolution.pk))
    is_same = all(getattr(response, column) == value for column, value in values.items())
    return not is_same or known.reasons[resolution.pk] != record.reasons


def _response(record: AnswerRecord, resolution: Resolution, known: _Known) -> Response | None:
    """Return the response to write, filled in; None when it is stored like this already."""
    response = known.responses.get(resolution.pk)
    invitation = known.invitations.get(resolution.pk)
    if response is not None and not _differs(response, record, resolution, known):
        return None
    if response is None:
        response = Response(
            resolution=resolution,
            service=resolution.service,
            invitation=invitation,
            survey_version=invitation.survey_version if invitation else known.versions[resolution.service_id],
            channel=Response.Channel.INVITATION if invitation else Response.Channel.IMPORTED,
            state=Response.State.ACCEPTED,
            response_class=resolution.response_class,
        )
    for column, value in _values(record, resolution, invitation).items():
        setattr(response, column, value)
    response.is_comment_read = False
    return response


def _write(written: list[tuple[Response, AnswerRecord]], known: _Known, now: datetime) -> None:
    changed = [response for response, _ in written if response.pk]
    CommentSentiment.objects.filter(response__in=changed).delete()
    Contradiction.objects.filter(response__in=changed).delete()
    ResponseReason.objects.filter(response__in=changed).delete()
    update_rows(Response, changed, [*ANSWER_COLUMNS, "is_comment_read"])
    Response.objects.bulk_create(response for response, _ in written if response.pk is None)
    ResponseReason.objects.bulk_create(
        ResponseReason(response=response, key=key)
        for response, record in written
        for key in sorted(record.reasons)
    )
    resolutions = [response.resolution for response, _ in written if response.resolution is not None]
    uninvited = [resolution for resolution in resolutions if resolution.pk not in known.invitations]
    _decide_asked(uninvited, now)
    invitations = [known.invitations[row.pk] for row in resolutions if row.pk in known.invitations]
    waiting = Message.objects.filter(invitation__in=invitations, state=Message.State.DUE)
    waiting.update(state=Message.State.WITHDRAWN)
    mark_changed((resolution.service_id, resolution.resolved_on) for resolution in resolutions)


def _decide_asked(resolutions: Iterable[Resolution], now: datetime) -> None:
    """Let the decision say that these people were asked, whoever asked them."""
    decisions = [
        getattr(resolution, "decision", None) or Decision(resolution=resolution, decided_at=now)
        for resolution in resolutions
    ]
    for decision in decisions:
        decision.reason = Decision.Reason.ASKED
        decision.is_asked, decision.is_eligible, decision.probability = True, True, 1.0
    update_rows(Decision, (decision for decision in decisions if decision.pk), DECISION_COLUMNS)
    new = [decision for decision in decisions if decision.pk is None]
    Decision.objects.bulk_create(new)
    Resolution.objects.filter(pk__in=[decision.resolution_id for decision in new]).update(is_decided=True)
