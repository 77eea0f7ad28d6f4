import pytest

from surveys.models import OptOut
from surveys.services.answer import Answer, record_answer
from surveys.services.decide import decide_resolutions
from surveys.services.opt_out import opt_in, opt_out
from tests.factories import NOW, InvitationFactory, MessageFactory, PersonFactory, ResolutionFactory

pytestmark = pytest.mark.django_db


def test_who_opted_out_is_not_asked_any_more() -> None:
    resolution = ResolutionFactory.create()
    opt_out(resolution.person, now=NOW)

    decide_resolutions(now=NOW)

    resolution.refresh_from_db()
    assert resolution.decision.reason == "opted_out"


def test_an_opt_out_withdraws_what_was_not_mailed_and_nobody_else_s_mail() -> None:
    mine, other = MessageFactory.create_batch(2)

    opt_out(mine.invitation.person, now=NOW)

    for row in (mine, mine.invitation, other):
        row.refresh_from_db()
    assert (mine.state, mine.invitation.state, other.state) == ("withdrawn", "withdrawn", "due")


def test_a_mail_already_received_can_still_be_answered_but_no_reminder_follows() -> None:
    message = MessageFactory.create(state="sent")
    reminder = MessageFactory.create(invitation=message.invitation, kind="reminder")

    opt_out(message.invitation.person, now=NOW)

    reminder.refresh_from_db()
    assert reminder.state == "withdrawn"
    assert record_answer(message.invitation_id, Answer(4), now=NOW).rating == 4


def test_opting_in_forgets_the_opt_outs_of_this_person_alone() -> None:
    me, other = PersonFactory.create_batch(2)
    invitation = InvitationFactory.create()
    opt_out(me, now=NOW)
    opt_out(other, now=NOW)
    OptOut.objects.create(person=me, survey=invitation.survey_version.survey, opted_out_at=NOW)

    opt_in(me)

    assert [row.person for row in OptOut.objects.all()] == [other]
