"""What people do with a gap: take it in hand, give it to somebody, dismiss it with a reason.

Each decides about the gap as it was read: its state, its kind and in whose hands it was. Of two who act at
once the second is told.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from experience.models import Gap, GapEvent
from surveys.models import User
from xla_service.stored_words import stored

# Kept in the history of a gap in English, and said there in the language of whoever reads it.
_GIVEN = stored(gettext_noop("Given to %(name)s."))
_TAKEN_BACK = gettext_noop("Taken back.")


class GapMovedError(Exception):
    """Somebody else or a sweep moved the gap in the meantime; read it again before deciding."""


def acknowledge_gap(gap: Gap, *, by: User, now: datetime) -> None:
    """Take a new gap in hand. Raises GapMovedError unless it is new still."""
    columns = {"is_acknowledged": True, "assignee": gap.assignee or by}
    move_gap(gap, (Gap.State.OPEN,), Gap.State.ACKNOWLEDGED, columns, by, "", now)


def dismiss_gap(gap: Gap, *, by: User, reason: str, now: datetime) -> None:
    """Judge a gap not to be a problem; it opens again only after the service was back at target.

    Raises ValueError without a reason, GapMovedError when the gap is over already.
    """
    if not reason.strip():
        raise ValueError(_("Say why this is not a problem: the next reader will want to know."))
    move_gap(gap, Gap.LIVE_STATES, Gap.State.DISMISSED, {}, by, reason.strip(), now)


def assign_gap(gap: Gap, *, to: User, by: User, now: datetime) -> None:
    """Give a live gap to somebody. Raises GapMovedError when it is over already."""
    reason = _GIVEN % {"name": to.called}
    had = gap.assignee
    with transaction.atomic():
        event = move_gap(gap, Gap.LIVE_STATES, gap.state, {"assignee": to}, by, reason, now)
        event.is_handover, event.assignee_before = True, had
        event.save(update_fields=["is_handover", "assignee_before"])


def last_step(gap: Gap) -> GapEvent | None:
    """Return what somebody did to the gap last, as long as nothing happened since; None otherwise."""
    newest = GapEvent.objects.filter(gap=gap).order_by("-happened_at", "-pk").first()
    if newest is None or newest.actor_id is None or newest.to_state != gap.state:
        return None
    return newest if newest.is_handover or newest.from_state != newest.to_state else None


def undo_step(gap: Gap, *, by: User, now: datetime) -> None:
    """Put the gap back to where it stood before what somebody did last.

    Raises GapMovedError when something happened since, or another gap of the service opened meanwhile.
    """
    step = last_step(gap)
    if step is None:
        raise GapMovedError(_("There is nothing to undo: something else happened to this gap since."))
    try:
        move_gap(gap, (step.to_state,), step.from_state, _columns_before(step, gap), by, _TAKEN_BACK, now)
    except IntegrityError as error:
        raise GapMovedError(_("Another gap of this service opened in the meantime.")) from error


def _columns_before(step: GapEvent, gap: Gap) -> dict[str, object]:
    if step.is_handover:
        return {"assignee": step.assignee_before}
    was_new = step.from_state == Gap.State.OPEN
    was_in_hand = step.from_state == Gap.State.ACKNOWLEDGED
    columns: dict[str, object] = {"is_acknowledged": was_in_hand or (gap.is_acknowledged and not was_new)}
    if was_new and gap.assignee_id == step.actor_id:
        columns["assignee"] = None
    return columns


@transaction.atomic
def move_gap(
    gap: Gap,
    allowed: tuple[str, ...],
    state: str,
    columns: dict[str, object],
    by: User,
    reason: str,
    now: datetime,
) -> GapEvent:
    """Move the gap if it still stands where it was read; write and return who did it when and why.

    Raises GapMovedError when it does not, or stands in none of the allowed states.
    """
    read = Gap.objects.filter(pk=gap.pk, state=gap.state, kind=gap.kind, assignee=gap.assignee_id)
    if not read.filter(state__in=allowed).update(state=state, **columns):
        raise GapMovedError(_("Somebody was faster. The page now shows where this gap stands."))
    event = GapEvent.objects.create(
        gap=gap, happened_at=now, actor=by, from_state=gap.state, to_state=state, kind=gap.kind, reason=reason
    )
    gap.refresh_from_db()
    return event
