from datetime import timedelta

import pytest
from django.db import models
from django.test import Client
from django.utils import timezone

from surveys.engine.wording import WORDS
from surveys.engine.wording.contact import CONTACT
from surveys.links import nullifier
from surveys.models import (
    CommentSentiment,
    Contradiction,
    FollowUp,
    FollowUpReceiver,
    Invitation,
    Message,
    Response,
    SentAnswer,
    SurveyVersion,
    Visit,
)
from surveys.services.answer import Answer, Sender, record_answer, record_click, record_visit
from surveys.services.remind import put_reminders
from surveys.services.score_comments import score_comments
from surveys.services.send_messages import send_messages
from surveys.services.withdraw import withdraw_invitations
from tests.factories import NOW, InvitationFactory, MessageFactory, ResolutionFactory
from tests.servers import SmtpPeer

pytestmark = pytest.mark.django_db
HOME = Sender("home")
FURIOUS = "Still not working after three visits, nobody called me back. Terrible."


@pytest.fixture(autouse=True)
def anonymous() -> None:
    version = InvitationFactory.create().survey_version
    Invitation.objects.all().delete()
    SurveyVersion.objects.filter(pk=version.pk).update(mode="anonymous")


def invite(**facts) -> Invitation:
    return InvitationFactory.create(**facts)


def row(instance: models.Model, *but: str) -> dict[str, object]:
    fields = (field.attname for field in instance._meta.concrete_fields)
    return {name: getattr(instance, name) for name in fields if name not in but}


def test_an_answer_holds_the_service_the_week_and_a_nullifier_alone() -> None:
    invitation = invite()

    record_answer(invitation.pk, Answer(2, frozenset({"slow"}), 60, "Slow."), now=NOW, sender=HOME)

    stored = Response.objects.get()
    assert (stored.service, stored.iso_week, stored.rating) == (invitation.service, "2026-W23", 2)
    assert (stored.invitation, stored.resolution, stored.answered_at) == (None, None, None)
    assert stored.nullifier == nullifier(invitation.token)
    assert [reason.key for reason in stored.reasons.all()] == ["slow"]
    assert not SentAnswer.objects.exists()


def test_whoever_has_the_database_cannot_join_answer_and_person(settings) -> None:
    silent, answered = invite(), invite()
    for invitation in (silent, answered):
        MessageFactory.create(invitation=invitation, state="sent", sent_at=NOW - timedelta(hours=2))
    for rating in (1, 4):
        record_visit(answered, now=NOW, sender=HOME, rating=rating)
    record_answer(answered.pk, Answer(4), now=NOW + timedelta(minutes=5), sender=HOME)

    # Nothing but the token could lead there, and the token does only with the key.
    answer = Response.objects.get()
    known = [
        value
        for model in (Invitation, Message)
        for each in model.objects.all()
        for value in row(each).values()
    ]
    assert not {answer.nullifier, answer.pk, answer.response_class or None} & set(map(str, known))
    settings.ANONYMITY_KEY = "another key"
    assert nullifier(answered.token) != answer.nullifier
    # What was written about the one who answered looks like what was written about the one who did not.
    assert not Visit.objects.exists()
    different = ("id", "resolution_id", "service_id", "person_id", "token")
    silent.refresh_from_db()
    answered.refresh_from_db()
    assert row(silent, *different) == row(answered, *different)
    mails = Message.objects.order_by("pk")
    apart = ("id", "invitation_id", "message_id", "recipient")
    assert row(mails[0], *apart) == row(mails[1], *apart)


def test_keys_of_answers_do_not_tell_their_order() -> None:
    keys = [record_answer(invite().pk, Answer(4), now=NOW).pk for _ in range(8)]

    assert keys != sorted(keys) or len(set(keys)) == 8
    assert min(keys) >= 1 << 40


def test_what_is_read_in_comments_does_not_tell_their_order_or_time(client: Client) -> None:
    invited = [open_now() for _ in range(3)]
    for invitation in invited:
        record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())

    page = client.get(f"/s/{invited[0].token}/thanks/").content.decode()
    client.post(f"/s/{invited[0].token}/meant/", {"rating": 5})
    score_comments(now=NOW)

    assert min(CommentSentiment.objects.values_list("pk", flat=True)) >= 1 << 40
    assert not Contradiction.objects.exists()
    assert "Did you mean a lower number?" in page
    assert "is right" not in page


def test_one_invitation_has_one_vote_which_can_be_changed(client: Client) -> None:
    invitation = invite()
    record_answer(invitation.pk, Answer(2), now=NOW, sender=HOME)

    record_answer(invitation.pk, Answer(5), now=NOW + timedelta(minutes=5), sender=HOME)

    assert Response.objects.get().rating == 5


def test_a_click_is_not_kept() -> None:
    assert record_click(invite().pk, 4, now=NOW) is None

    assert not Response.objects.exists()
    assert not SentAnswer.objects.exists()


@pytest.mark.parametrize(("people", "coarse"), [(4, "1"), (5, "111111")])
def test_the_class_is_coarsened_until_five_people_share_it(people: int, coarse: str) -> None:
    service = ResolutionFactory.create().service

    def ask(response_class: str) -> Invitation:
        facts = {"response_class": response_class, "resolved_at": NOW - timedelta(hours=5)}
        return invite(resolution=ResolutionFactory.create(on_service=service, **facts))

    invited = [ask("111111") for _ in range(people)]
    ask("100000")

    record_answer(invited[0].pk, Answer(4), now=NOW)

    assert Response.objects.get().response_class == coarse


def test_a_scanner_is_told_apart_without_a_visit_in_the_database() -> None:
    invitation = invite()
    for option in (1, 2):
        record_visit(invitation, now=NOW, sender=HOME, rating=option)

    record_answer(invitation.pk, Answer(1), now=NOW, sender=HOME)
    assert Response.objects.get().state == "set_apart"

    record_answer(invitation.pk, Answer(4), now=NOW + timedelta(minutes=1), sender=HOME)
    assert (Response.objects.get().state, Response.objects.get().rating) == ("accepted", 4)

    record_visit(invitation, now=NOW + timedelta(minutes=2), sender=HOME, is_trap=True)
    record_answer(invitation.pk, Answer(1), now=NOW + timedelta(minutes=2), sender=HOME)
    assert (Response.objects.get().state, Response.objects.get().rating) == ("accepted", 4)


def test_reminders_go_to_those_who_did_not_answer_and_the_rows_do_not_tell(smtp: SmtpPeer) -> None:
    silent, answered = invite(), invite()
    for invitation in (silent, answered):
        MessageFactory.create(invitation=invitation, state="sent", sent_at=NOW)
    Invitation.objects.update(remind_at=NOW + timedelta(days=2))
    record_answer(answered.pk, Answer(4), now=NOW + timedelta(hours=1))

    put_reminders(now=NOW + timedelta(days=2))
    send_messages(now=NOW + timedelta(days=2))

    assert [mail["To"] for mail in smtp.messages] == [silent.person.email]
    states = Message.objects.filter(kind="reminder").values_list("state", "attempts", "last_error")
    assert list(states) == [("sent", 1, "")] * 2


def test_the_page_tells_it_and_shows_the_answer_again(client: Client) -> None:
    invitation = invite(due_at=timezone.now() - timedelta(hours=1))
    page = client.get(f"/s/{invitation.token}/").content.decode()
    assert "Your answer is stored without your name and ticket." in page

    thanks = client.post(f"/s/{invitation.token}/", {"rating": "4"}, follow=True)

    assert "You chose 4 of 5." in thanks.content.decode()
    assert "Save changes" in client.get(f"/s/{invitation.token}/").content.decode()


def test_a_reopening_withdraws_without_asking_who_answered() -> None:
    answered = invite()
    record_answer(answered.pk, Answer(4), now=NOW)

    assert withdraw_invitations([answered.resolution_id], now=NOW) == 1

    assert Response.objects.get().state == "accepted"


def open_now() -> Invitation:
    return invite(due_at=timezone.now() - timedelta(hours=1))


def test_contact_is_offered_where_somebody_receives_the_wish(client: Client) -> None:
    invitation = open_now()
    record_answer(invitation.pk, Answer(2), now=timezone.now())
    thanks = f"/s/{invitation.token}/thanks/"
    assert "Contact me" not in client.get(thanks).content.decode()

    FollowUpReceiver.objects.create(name="the Service Desk", email="desk@example.org")

    assert "Contact me" in client.get(thanks).content.decode()
    assert "contact" in client.get(f"/s/{invitation.token}/contact/").content.decode()
    assert not FollowUp.objects.exists()


def test_who_asks_for_it_is_contacted_and_their_answer_stays_apart(client: Client) -> None:
    FollowUpReceiver.objects.create(
        name="the Service Desk",
        email="desk@example.org",
        webhook_url="https://itsm.example",
        webhook_secret="s",
    )
    invitation = open_now()
    record_answer(invitation.pk, Answer(2, comment="Slow."), now=timezone.now(), sender=HOME)
    before = row(Response.objects.get())

    told = client.post(f"/s/{invitation.token}/contact/", {"contact": "1"}, follow=True)

    follow_up, mail = FollowUp.objects.get(), Message.objects.get(kind="notice")
    assert (follow_up.resolution, follow_up.is_contact_wish) == (invitation.resolution, True)
    assert follow_up.hook_due_at is None
    assert mail.subject.startswith(f"Contact wanted: {invitation.resolution.ticket.number}")
    assert "Slow" not in mail.text
    assert "Rating" not in mail.text
    assert "the Service Desk" in told.content.decode()
    assert row(Response.objects.get()) == before
    known = {str(value) for each in (follow_up, mail) for value in row(each, "id").values()}
    assert not {str(before["nullifier"]), str(before["id"])} & known


def test_a_scanner_that_presses_the_button_wakes_nobody(client: Client) -> None:
    FollowUpReceiver.objects.create(name="the Service Desk", email="desk@example.org")
    invitation = open_now()
    client.get(f"/s/{invitation.token}/more/")

    client.post(f"/s/{invitation.token}/contact/", {"contact": "1"})

    assert not FollowUp.objects.exists()


def test_a_named_survey_offers_no_wish_of_its_own(client: Client) -> None:
    FollowUpReceiver.objects.create(name="the Service Desk", email="desk@example.org")
    SurveyVersion.objects.update(mode="named")
    invitation = open_now()

    client.post(f"/s/{invitation.token}/contact/", {"contact": "1"})

    assert not FollowUp.objects.exists()


def test_the_wish_has_words_in_every_language() -> None:
    assert CONTACT.keys() == WORDS.keys()
