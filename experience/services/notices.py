"""Telling owners: once about a new gap, once a week about all of theirs. Never the same thing twice.

Both go through the outbox of surveys under a key, so a sweep that runs twice tells once. Nothing is told that
the pages would hide, and nothing that a handful of different silent answers could undo.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from experience.engine.weighting import Robustness, robustness
from experience.models import Gap, GapEvent
from experience.selectors.gap_story import gap_story
from experience.selectors.results import scale_of
from surveys.engine.weeks import iso_week
from surveys.models import User
from surveys.services.outbox import put_notice
from surveys.services.users import language_of

# A gap that a history load opened in the past is no news.
_NEWS_DAYS = 2


def tell_owners(*, today: date, now: datetime) -> int:
    """Mail owner and team of each newly opened gap; return how many mails were put into the outbox."""
    untold = Gap.objects.filter(state=Gap.State.OPEN, told_at=None).exclude(lane=Gap.Lane.NONE)
    told = 0
    for gap in untold.select_related("service__owner", "agreement__owner", "last_measurement"):
        told += _tell(gap, today, now)
    return told


@transaction.atomic
def _tell(gap: Gap, today: date, now: datetime) -> int:
    if not Gap.objects.filter(pk=gap.pk, told_at=None).update(told_at=now):
        return 0
    if gap.opened_on is None or gap.opened_on < today - timedelta(days=_NEWS_DAYS) or is_fragile(gap):
        return 0
    return sum(_mail_gap(gap, user, now) for user in _readers(gap))


def is_fragile(gap: Gap) -> bool:
    """Say whether the silent, if a little happier, would undo the gap: then it is shown and not mailed.

    Where the rating is at its target, other answers make the gap, or it is over.
    """
    m = gap.last_measurement
    scale = scale_of(m.results) if m else None
    shift = m.results.get("tipping_point") if m else None
    if scale is None or shift is None or shift <= 0:
        return False
    return robustness(shift, range_width=scale[1] - scale[0]) is Robustness.FRAGILE


def _readers(gap: Gap) -> list[User]:
    """Return who looks after it: owner and team of the service, and the owner of an extra agreement."""
    readers = [gap.agreement.owner] if gap.agreement else []
    if gap.service is not None:
        readers += [gap.service.owner, *gap.service.team.all()]
    return list({user.pk: user for user in readers if user and user.is_active and user.email}.values())


def _mail_gap(gap: Gap, user: User, now: datetime) -> bool:
    with translation.override(language_of(user)):
        context = {
            "organisation": settings.ORGANISATION,
            "kind": gap.get_kind_display(),
            "subject": gap.subject_name,
            "story": gap_story(gap),
            "url": address_of(gap),
        }
        return put_notice(
            key=f"gap-{gap.pk}-{gap.opened_on}-{user.pk}",
            recipient=user.email,
            subject=f"{gap.get_kind_display()}: {gap.subject_name}",
            text=render_to_string("experience/mail/gap.txt", context),
            html=render_to_string("experience/mail/gap.html", context),
            now=now,
        )


def send_weekly_digests(*, monday: date, now: datetime) -> int:
    """Mail each owner what happened to their gaps in the week up to `monday`; return how many mails.

    Those with no live gap and nothing new get no mail, and fragile gaps are not told (`is_fragile`).
    """
    gaps = [gap for gap in _gaps_of_the_week(monday) if not is_fragile(gap)]
    readers: dict[int, tuple[User, list[Gap]]] = {}
    for gap in gaps:
        for user in _readers(gap):
            readers.setdefault(user.pk, (user, []))[1].append(gap)
    return sum(_mail_digest(user, own, monday, now) for user, own in readers.values())


def _gaps_of_the_week(monday: date) -> Iterable[Gap]:
    moved = GapEvent.objects.filter(happened_at__date__range=(monday - timedelta(days=6), monday)).values(
        "gap"
    )
    confirmed = Gap.objects.confirmed() | Gap.objects.filter(pk__in=moved).exclude(opened_on=None)
    related = ("service__owner", "agreement__owner", "last_measurement")
    found = confirmed.select_related(*related).prefetch_related("service__team")
    return found.order_by("-user_points", "pk").distinct()


def _mail_digest(user: User, gaps: Sequence[Gap], monday: date, now: datetime) -> bool:
    week = iso_week(monday - timedelta(days=7))
    with translation.override(language_of(user)):
        context = {
            "organisation": settings.ORGANISATION,
            "week": week,
            "gaps": [(gap, gap_story(gap), address_of(gap)) for gap in gaps],
        }
        return put_notice(
            key=f"digest-{week}-{user.pk}",
            recipient=user.email,
            subject=_("Your services in week %(week)s: %(count)s to look at")
            % {"week": week, "count": len(gaps)},
            text=render_to_string("experience/mail/digest.txt", context),
            html=render_to_string("experience/mail/digest.html", context),
            now=now,
        )


def address_of(gap: Gap) -> str:
    """Return the address of the page where a gap is read about."""
    if gap.agreement is not None:
        return settings.PUBLIC_URL + reverse("agreement-results", args=[gap.agreement.key])
    assert gap.service is not None  # the constraint gap_has_subject
    return settings.PUBLIC_URL + reverse("service", args=[gap.service.key])
