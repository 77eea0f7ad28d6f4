"""Answers of anonymous surveys: stored without the person, the ticket and the time.

The database holds the service, the ISO week, a response class that at least five people share, and a
nullifier. No visit, no click and no history is stored. What the scanner rule needs waits in the cache for ten
minutes under the nullifier, and reaches the database never.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings

from surveys.engine import scanners
from surveys.engine.response_class import DIGITS
from surveys.engine.weeks import iso_week
from surveys.links import nullifier
from surveys.models import CommentSentiment, Invitation, Response, ResponseReason, SentAnswer
from surveys.services.changes import mark_changed
from surveys.services.write_answer import write_answer
from surveys.short_memory import recall, remember
from xla_service.moments import organisation_day

# Keys of answers are drawn, not counted: their order would tell the order of answering.
FIRST_DRAWN_KEY = 1 << 40
DRAWN_KEYS = 1 << 52
REMEMBERED_SECONDS = 600
# A survey is open for less than a week, and comments may be read on a later night.
WEEKS_COUNTED = 3


@dataclass(frozen=True)
class Sitting:
    """What was seen of one invitation in the last ten minutes."""

    touches: tuple[scanners.Touch, ...] = ()
    posts: tuple[scanners.Post, ...] = ()


def remember_touch(
    invitation: Invitation,
    *,
    now: datetime,
    network: str,
    option: int | None = None,
    is_trap: bool = False,
    is_headless: bool = False,
) -> None:
    """Keep an opening of the page for ten minutes, outside the database."""
    seen = _seen(invitation)
    touch = scanners.Touch(len(seen.touches) + 1, now, network, option, is_trap, is_headless)
    _keep(invitation, replace(seen, touches=(*seen.touches, touch)))


def store_anonymous(invitation: Invitation, sent: SentAnswer) -> Response:
    """Store an answer without the person, or change the one of the same invitation, and return it.

    `sent` is not stored. An answer that looks like a mail scanner's is set apart, and never replaces one
    that counts.
    """
    suspicions = _judge(invitation, sent)
    own = nullifier(invitation.token)
    response = Response.objects.filter(nullifier=own).first()
    is_suspicious = bool(suspicions[-1]) and settings.SET_SCANNERS_APART
    if is_suspicious and response is not None and not all(suspicions):
        return response  # what a person sent before stands
    if response is None:
        response = Response(pk=drawn_key(), nullifier=own)
    elif response.comment != sent.comment:
        CommentSentiment.objects.filter(response=response).delete()
        response.is_comment_read = False
    response.state = Response.State.SET_APART if is_suspicious else Response.State.ACCEPTED
    response.set_apart_reason = suspicions[-1] if is_suspicious else ""
    _fill(response, invitation, sent)
    response.save()
    _store_reasons(response, sent)
    return response


def drawn_key() -> int:
    """Return a primary key for a row about an anonymous answer: drawn, not counted."""
    return FIRST_DRAWN_KEY + secrets.randbelow(DRAWN_KEYS)


def looks_like_a_scanner(invitation: Invitation, *, now: datetime, network: str, is_headless: bool) -> bool:
    """Say whether a post of now belongs to a sitting that the scanner rule sets apart."""
    seen = _seen(invitation)
    post = scanners.Post(len(seen.posts) + 1, now, network, is_headless=is_headless)
    found = scanners.signals(seen.touches, [*seen.posts, post], delivered_at=invitation.delivered_at())
    return bool(found[post.key]) and settings.SET_SCANNERS_APART


def mark_anonymous_weeks(today: date) -> None:
    """Have the anonymous answers of the last weeks counted; call it once a day.

    Together, so that the time at which a result moves tells no time of answering. An answer can move to a
    later week while its survey is open, which takes it out of the earlier one.
    """
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=ago) for ago in range(WEEKS_COUNTED)]
    found = Response.objects.anonymous().filter(iso_week__in=map(iso_week, mondays))
    services = found.values_list("service_id", flat=True).distinct()
    mark_changed((service, day) for service in services for day in mondays)


def coarse_class(invitation: Invitation, week: date) -> str:
    """Return the longest prefix of the resolution's class that five invitations share, of those to the same
    service that were open in the week starting at `week`; "" when not even the service has five.
    """
    open_then = Invitation.objects.filter(
        service=invitation.service_id,
        due_at__date__lte=week + timedelta(days=6),
        closes_at__date__gte=week,
    )
    own = invitation.resolution.response_class
    for length in range(min(DIGITS, len(own)), 0, -1):
        sharing = open_then.filter(resolution__response_class__startswith=own[:length])
        if len(sharing.values_list("pk")[: settings.PRIVACY_MINIMUM]) >= settings.PRIVACY_MINIMUM:
            return own[:length]
    return ""


def _fill(response: Response, invitation: Invitation, sent: SentAnswer) -> None:
    day = organisation_day(sent.sent_at)
    write_answer(response, invitation, sent)
    response.iso_week = iso_week(day)
    response.response_class = coarse_class(invitation, day - timedelta(days=day.weekday()))


def _store_reasons(response: Response, sent: SentAnswer) -> None:
    ResponseReason.objects.filter(response=response).delete()
    ResponseReason.objects.bulk_create(
        ResponseReason(pk=drawn_key(), response=response, key=key) for key in sent.reasons
    )


def _judge(invitation: Invitation, sent: SentAnswer) -> list[str]:
    """Return the suspicion of each answer of the last ten minutes, "" for none; the last is `sent`."""
    seen = _seen(invitation)
    post = scanners.Post(len(seen.posts) + 1, sent.sent_at, sent.network_hash, is_headless=sent.is_headless)
    posts = (*seen.posts, post)
    _keep(invitation, replace(seen, posts=posts))
    found = scanners.signals(seen.touches, posts, delivered_at=invitation.delivered_at())
    return [scanners.in_words(found[row.key]) for row in posts]


def _seen(invitation: Invitation) -> Sitting:
    found = recall(_name(invitation))
    return found if isinstance(found, Sitting) else Sitting()


def _keep(invitation: Invitation, seen: Sitting) -> None:
    kept = Sitting(seen.touches[-50:], seen.posts[-50:])
    remember(_name(invitation), kept, seconds=REMEMBERED_SECONDS)


def _name(invitation: Invitation) -> str:
    return f"sitting-{nullifier(invitation.token)}"
