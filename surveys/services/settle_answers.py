"""Judging the answers sent to an invitation, and writing the one that stands as its response.

The same path serves an answer just sent, the sweep a few seconds later (a scanner may have gone on to the
next link meanwhile), the closing of the survey and a decision on the audit page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from surveys.engine import scanners
from surveys.engine.standing import Candidate, Standing, standing_answer
from surveys.models import (
    CommentSentiment,
    Invitation,
    Message,
    Response,
    ResponseReason,
    SentAnswer,
    Visit,
)
from surveys.services.bulk import column_values, has_changed
from surveys.services.changes import mark_changed
from surveys.services.contradictions import judge_again
from surveys.services.follow_up import follow
from surveys.services.write_answer import write_answer

# Longer than the pause that ends a sitting: what belongs together has come by then.
SETTLES_AFTER = scanners.PAUSE + timedelta(seconds=5)
EXCLUDED_WORDS = "excluded by hand"


def settle_invitation(invitation: Invitation, *, now: datetime, is_closing: bool = False) -> Response | None:
    """Judge every answer sent to `invitation` and return its response, None when nothing was sent.

    Call it in a transaction that holds the invitation's row.
    """
    sent = list(invitation.sent_answers.order_by("sent_at", "pk"))
    if not sent:
        return None
    _judge(invitation, sent, now)
    is_closed = is_closing or invitation.state == Invitation.State.CLOSED
    key, standing = standing_answer([_candidate(row) for row in sent], is_closed=is_closed)
    if standing == Standing.PROVISIONAL and invitation.state == Invitation.State.WITHDRAWN:
        # A click that waited for its confirmation was set apart with the withdrawal, and stays so.
        return Response.objects.filter(resolution=invitation.resolution_id).first()
    return _write(invitation, next(row for row in sent if row.pk == key), standing, now)


def settle_answers(*, now: datetime) -> int:
    """Judge once more the answers sent 15 seconds ago or earlier; return how many invitations had some."""
    due = SentAnswer.objects.to_settle(now - SETTLES_AFTER).order_by("sent_at")
    keys = list(dict.fromkeys(due.values_list("invitation_id", flat=True)))
    for key in keys:
        settle_one(key, now=now)
    return len(keys)


def settle_one(invitation_id: int, *, now: datetime, is_closing: bool = False) -> None:
    """Judge the answers of one invitation in a transaction of its own."""
    with transaction.atomic():
        held = Invitation.objects.select_for_update(of=("self",)).select_related(
            "resolution", "survey_version"
        )
        settle_invitation(held.get(pk=invitation_id), now=now, is_closing=is_closing)


def _judge(invitation: Invitation, sent: Sequence[SentAnswer], now: datetime) -> None:
    visits = list(invitation.visits.all())
    found = scanners.signals(
        [_touch(visit) for visit in visits],
        [_post(row) for row in sent],
        delivered_at=invitation.delivered_at(),
        crowds=_crowds(visits, sent),
    )
    for row in sent:
        before = column_values(row)
        row.suspicion = scanners.in_words(found[row.pk])
        row.is_settled = row.sent_at <= now - SETTLES_AFTER
        if has_changed(row, before):
            row.save(update_fields=["suspicion", "is_settled"])


def _touch(visit: Visit) -> scanners.Touch:
    return scanners.Touch(
        key=visit.pk,
        at=visit.visited_at,
        network=visit.network_hash,
        option=visit.chosen_rating,
        is_trap=visit.is_trap,
        is_headless=visit.is_headless,
    )


def _post(row: SentAnswer) -> scanners.Post:
    return scanners.Post(
        key=row.pk,
        at=row.sent_at,
        network=row.network_hash,
        touch=row.visit_id,
        is_headless=row.is_headless,
    )


def _crowds(visits: Sequence[Visit], sent: Sequence[SentAnswer]) -> frozenset[str]:
    """Return the networks of headless answers that opened many people's invitations: without the other weak
    signal a crowd says nothing, an office is one too.
    """
    headless = [(row.network_hash, row.visited_at) for row in visits if row.is_headless]
    headless += [(row.network_hash, row.sent_at) for row in sent if row.is_headless]
    minutes = {(network, at.replace(second=0, microsecond=0)) for network, at in headless if network}
    return frozenset(network for network, minute in minutes if _is_crowd(network, minute))


def _is_crowd(network: str, minute: datetime) -> bool:
    around = (minute - scanners.CROWD_WINDOW, minute + scanners.CROWD_WINDOW)
    opened = Visit.objects.filter(network_hash=network, visited_at__range=around)
    people = opened.values_list("invitation__person_id", flat=True).distinct()[: scanners.CROWD]
    return len(people) >= scanners.CROWD


def _candidate(row: SentAnswer) -> Candidate:
    is_suspicious = bool(row.suspicion) and settings.SET_SCANNERS_APART
    by_hand = {SentAnswer.HandVerdict.RESTORED: True, SentAnswer.HandVerdict.EXCLUDED: False}
    return Candidate(
        key=row.pk,
        sent_at=row.sent_at,
        is_confirmed=row.is_confirmed,
        is_trusted=by_hand.get(SentAnswer.HandVerdict(row.hand_verdict), not is_suspicious),
    )


def _write(invitation: Invitation, sent: SentAnswer, standing: Standing, now: datetime) -> Response:
    response = Response.objects.filter(resolution=invitation.resolution_id).first() or Response()
    before = column_values(response)
    _fill(response, invitation, sent, standing)
    if response.pk and not has_changed(response, before):
        return response
    if response.pk:
        _change(response, before, sent, now)
    else:
        response.save()
    ResponseReason.objects.bulk_create(
        [ResponseReason(response=response, key=key) for key in sent.reasons], ignore_conflicts=True
    )
    if Standing.ACCEPTED in (standing, before["state"]):
        mark_changed([(invitation.service_id, invitation.resolution.resolved_on)])
    if standing == Standing.ACCEPTED:
        invitation.messages.filter(state=Message.State.DUE).update(state=Message.State.WITHDRAWN)
        follow(response, now=now)
    return response


def _change(response: Response, before: Mapping[str, Any], sent: SentAnswer, now: datetime) -> None:
    """Store a response that said something else, and take back what was concluded from it."""
    if response.comment != before["comment"]:
        CommentSentiment.objects.filter(response=response).delete()
        response.is_comment_read = False
    response.save()
    response.reasons.exclude(key__in=sent.reasons).delete()
    judge_again(response, now=now)


def _fill(response: Response, invitation: Invitation, sent: SentAnswer, standing: Standing) -> None:
    write_answer(response, invitation, sent)
    response.invitation = invitation
    response.resolution = invitation.resolution
    response.state = standing.value
    response.set_apart_reason = (sent.suspicion or EXCLUDED_WORDS) if standing == Standing.SET_APART else ""
    response.is_solved = sent.is_solved
    response.answered_at = sent.sent_at
    response.response_class = invitation.resolution.response_class
