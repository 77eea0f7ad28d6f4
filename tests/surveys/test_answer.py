from datetime import timedelta

import pytest

from surveys.models import CommentSentiment, EvidenceChange, Response
from surveys.services.answer import Answer, NotAnswerableError, record_answer
from surveys.services.score_comments import score_comments
from surveys.services.withdraw import withdraw_invitations
from tests.factories import NOW, InvitationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def reasons_of(response: Response) -> set[str]:
    return set(response.reasons.values_list("key", flat=True))


def test_an_answer_is_stored_and_accepted() -> None:
    invitation = InvitationFactory.create(language="de", resolution__response_class="123456")

    answer = Answer(2, frozenset({"slow", "no_news"}), 90, "Three calls.")
    response = record_answer(invitation.pk, answer, now=NOW)

    response.refresh_from_db()
    assert (response.rating, response.lost_time_minutes, response.comment) == (2, 90, "Three calls.")
    assert (response.state, response.scale, response.channel) == ("accepted", "satisfaction", "invitation")
    assert (response.service, response.resolution) == (invitation.service, invitation.resolution)
    assert (response.language, response.response_class) == ("de", "123456")
    assert (response.answered_at, response.is_simulated) == (NOW, False)
    assert reasons_of(response) == {"slow", "no_news"}


def test_an_answer_marks_the_day_of_the_resolution_as_changed() -> None:
    invitation = InvitationFactory.create()

    record_answer(invitation.pk, Answer(4), now=NOW + timedelta(days=1))

    assert list(EvidenceChange.objects.values_list("service", "day")) == [
        (invitation.service_id, invitation.resolution.resolved_on)
    ]


def test_answering_twice_makes_one_changed_answer() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(2, frozenset({"slow"}), 60, "Slow."), now=NOW)

    record_answer(invitation.pk, Answer(5, frozenset({"fast"})), now=NOW + timedelta(hours=1))

    response = Response.objects.get()
    assert (response.rating, response.lost_time_minutes, response.comment) == (5, None, "")
    assert response.answered_at == NOW + timedelta(hours=1)
    assert reasons_of(response) == {"fast"}


def test_the_newest_answer_stands_also_when_the_machine_s_clock_was_set_back() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(2), now=NOW)

    record_answer(invitation.pk, Answer(5, comment="All well now."), now=NOW - timedelta(hours=1))

    response = Response.objects.get()
    assert (response.rating, response.comment) == (5, "All well now.")


def test_reasons_that_the_page_hides_for_a_rating_are_left_out() -> None:
    invitation = InvitationFactory.create()

    response = record_answer(invitation.pk, Answer(5, frozenset({"fast", "slow", "invented"})), now=NOW)

    assert reasons_of(response) == {"fast"}


@pytest.mark.parametrize(("comment", "kept"), [("Slow.", 1), ("Fast.", 0)])
def test_a_changed_comment_loses_its_sentiment(comment: str, kept: int) -> None:
    invitation = InvitationFactory.create()
    response = record_answer(invitation.pk, Answer(2, comment="Slow."), now=NOW)
    score_comments(now=NOW)

    record_answer(invitation.pk, Answer(3, comment=comment), now=NOW)

    assert CommentSentiment.objects.filter(response=response).count() == kept
    assert score_comments(now=NOW) == 1 - kept


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_a_shut_invitation_takes_no_answer(state: str) -> None:
    invitation = InvitationFactory.create(state=state)

    with pytest.raises(NotAnswerableError):
        record_answer(invitation.pk, Answer(4), now=NOW)

    assert not Response.objects.exists()


def test_an_invitation_past_its_time_takes_no_answer_before_the_sweep_closes_it() -> None:
    invitation = InvitationFactory.create()

    with pytest.raises(NotAnswerableError):
        record_answer(invitation.pk, Answer(4), now=invitation.closes_at)


def test_a_rating_off_the_scale_is_refused() -> None:
    invitation = InvitationFactory.create()

    with pytest.raises(ValueError, match="6 is not on the scale"):
        record_answer(invitation.pk, Answer(6), now=NOW)


def test_after_an_answer_nothing_is_mailed_any_more() -> None:
    message = MessageFactory.create(kind="reminder")

    record_answer(message.invitation_id, Answer(4), now=NOW)

    message.refresh_from_db()
    assert message.state == "withdrawn"


def test_a_reopened_ticket_keeps_the_answer_it_got() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(1), now=NOW)

    withdraw_invitations([invitation.resolution_id], now=NOW)

    record_answer(invitation.pk, Answer(2), now=NOW)
    assert Response.objects.get().rating == 2
