"""Putting mail into the outbox. What is there goes out by `surveys.services.send_messages`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from surveys.links import new_message_id, notice_message_id
from surveys.models import Invitation, Message

SUBJECT_LENGTH = 250


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


def put_notice(*, key: str, recipient: str, subject: str, text: str, html: str = "", now: datetime) -> bool:
    """Put a mail to staff into the outbox, once per `key`; return False when it was there already.

    The Message-ID is made from the key, so that two processes that tell the same thing tell it once. The
    subject becomes one line, cut to the room there is for it.
    """
    _, is_new = Message.objects.get_or_create(
        message_id=notice_message_id(key),
        defaults={
            "kind": Message.Kind.NOTICE,
            "recipient": recipient,
            "subject": " ".join(subject.split())[:SUBJECT_LENGTH],
            "text": text,
            "html": html,
            "due_at": now,
        },
    )
    return is_new
