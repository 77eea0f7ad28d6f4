from datetime import timedelta
from typing import Any

import pytest

from surveys.models import Invitation, Message
from surveys.services import remind
from surveys.services.answer import Answer, record_answer
from surveys.services.opt_out import opt_out
from surveys.services.remind import put_reminders
from surveys.services.send_messages import send_messages
from surveys.services.withdraw import withdraw_invitations
from tests.factories import NOW, MessageFactory
from tests.servers import SmtpPeer

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=1)


def mailed(**values: Any) -> Message:
    """Return the first mail of an invitation whose reminder is due now."""
    return MessageFactory.create(state="sent", invitation__remind_at=NOW, **values)


def test_with_nothing_due_nobody_is_reminded() -> None:
    mailed(invitation__resolution__resolved_at=NOW - timedelta(days=3))
    Invitation.objects.update(remind_at=NOW + SOON)

    assert put_reminders(now=NOW) == 0


def test_the_reminder_stands_in_the_thread_of_the_first_mail(smtp: SmtpPeer) -> None:
    first = mailed(message_id="<first@example.org>")

    assert put_reminders(now=NOW) == 1
    send_messages(now=NOW)

    (reminder,) = smtp.messages
    assert reminder["Message-ID"] == "<reminder-first@example.org>"
    assert reminder["In-Reply-To"] == reminder["References"] == first.message_id
    assert reminder["Subject"] == "How did we do with Printer on floor 3?"
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        part = reminder.get_body(preferencelist=(kind,))
        assert part is not None
        assert "A short reminder" in part.get_content()


def test_the_first_mail_is_no_reminder(smtp: SmtpPeer) -> None:
    MessageFactory.create()

    send_messages(now=NOW)

    assert smtp.messages[0]["In-Reply-To"] is None
    assert "reminder" not in smtp.messages[0].as_string()


def test_a_person_is_reminded_once(smtp: SmtpPeer) -> None:
    mailed()

    assert [put_reminders(now=NOW + timedelta(days=day)) for day in range(3)] == [1, 0, 0]


def answered(message: Message) -> None:
    record_answer(message.invitation.pk, Answer(rating=4), now=NOW)


def opted_out(message: Message) -> None:
    opt_out(message.invitation.person, now=NOW)


def reopened(message: Message) -> None:
    withdraw_invitations([message.invitation.resolution_id], now=NOW)


def closed(message: Message) -> None:
    Invitation.objects.update(state="closed")


def given_up(message: Message) -> None:
    Message.objects.update(state="failed")


EVENTS = [answered, opted_out, reopened, closed]


@pytest.mark.parametrize("happens", [*EVENTS, given_up])
def test_nobody_is_reminded_after(smtp: SmtpPeer, happens: Any) -> None:
    happens(mailed())

    put_reminders(now=NOW + SOON)
    send_messages(now=NOW + SOON)

    assert smtp.messages == []


@pytest.mark.parametrize("happens", EVENTS)
def test_a_reminder_in_the_outbox_is_taken_back_after(smtp: SmtpPeer, happens: Any) -> None:
    message = mailed()
    put_reminders(now=NOW)
    happens(message)

    send_messages(now=NOW + SOON)

    assert smtp.messages == []
    assert Message.objects.get(kind="reminder").state == "withdrawn"


def test_a_first_mail_on_its_way_is_waited_for() -> None:
    message = mailed()
    Message.objects.update(state="due", due_at=NOW + SOON)

    assert put_reminders(now=NOW) == 0

    message.invitation.refresh_from_db()
    assert message.invitation.remind_at == NOW + remind.LOOK_AGAIN


def test_many_reminders_take_few_queries(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        mailed()
    monkeypatch.setattr(remind, "CHUNK", 6)

    with django_assert_max_num_queries(2 * 9 + 1):
        assert put_reminders(now=NOW) == 12
