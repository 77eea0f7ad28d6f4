"""Putting mail into the outbox. What is there goes out by `surveys.services.send_messages`."""

from __future__ import annotations

from collections.abc import Iterable

from surveys.links import new_message_id
from surveys.models import Invitation, Message


def invitation_messages(invitations: Iterable[Invitation]) -> list[Message]:
    """Return one unsaved mail per invitation, due when the invitation is; its content is rendered when it is
    sent.
    """
    return [
        Message(
            kind=Message.Kind.INVITATION,
            invitation=invitation,
            message_id=new_message_id(),
            recipient=invitation.person.email,
            due_at=invitation.due_at,
        )
        for invitation in invitations
    ]
