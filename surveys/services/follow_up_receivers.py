"""Who hears when somebody says that it was not solved: named, replaced and taken away."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.models import FollowUpReceiver, User
from surveys.services.audit import record_change


class ReceiverError(ValueError):
    """A receiver that cannot be taken away; the words say what to do."""


@transaction.atomic
def name_receiver(
    *, name: str, email: str, assignment_group: str, by: User | None, now: datetime
) -> FollowUpReceiver:
    """Let `name` hear about the tickets of a group, or, without one, of every group without a receiver.

    Who heard for that group before is replaced; a webhook that was set stays.
    """
    found = FollowUpReceiver.objects.filter(assignment_group=assignment_group).first()
    before = _in_words(found) if found else None
    receiver, _made = FollowUpReceiver.objects.update_or_create(
        assignment_group=assignment_group, defaults={"name": name, "email": email}
    )
    details = [(assignment_group or "*", before, _in_words(receiver))]
    what = gettext_noop("Named who hears of unsolved tickets")
    record_change("follow-up receivers", what, by=by, now=now, details=details)
    return receiver


@transaction.atomic
def take_receiver_away(receiver: FollowUpReceiver, *, by: User | None, now: datetime) -> None:
    """Let nobody hear for this group any more; raise ReceiverError when they were told about tickets."""
    details = [(receiver.assignment_group or "*", _in_words(receiver), None)]
    try:
        receiver.delete()
    except ProtectedError as error:
        raise ReceiverError(
            _("They were told about tickets, which keep their name. Name somebody else for the same group.")
        ) from error
    what = gettext_noop("Took away who hears of unsolved tickets")
    record_change("follow-up receivers", what, by=by, now=now, details=details)


def _in_words(receiver: FollowUpReceiver) -> str:
    return f"{receiver.name} <{receiver.email}>"
