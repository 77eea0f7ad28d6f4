"""Rating and comment that say opposite things: an inbox for the team, a question for the person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.engine.wording import WORDS
from surveys.engine.wording.second_thoughts import SECOND_THOUGHTS
from surveys.models import Contradiction, Invitation, Response, User
from surveys.services.answer import Answer, record_answer
from surveys.services.contradictions import look_at
from surveys.services.score_comments import score_comments
from tests.factories import NOW, InvitationFactory, ResponseFactory

pytestmark = pytest.mark.django_db
FURIOUS = "Still not working after three visits, nobody called me back. Terrible."
HAPPY = "Great and friendly help, thank you so much, everything works again!"


@pytest.mark.parametrize(
    ("rating", "comment", "kind"),
    [
        (5, FURIOUS, "happy_rating_negative_text"),
        (1, HAPPY, "unhappy_rating_positive_text"),
        (1, FURIOUS, None),
        (5, HAPPY, None),
        (3, FURIOUS, None),
        (None, FURIOUS, None),
    ],
)
def test_the_sweep_puts_contradictions_into_the_inbox(
    rating: int | None, comment: str, kind: str | None
) -> None:
    ResponseFactory.create(rating=rating, comment=comment)

    score_comments(now=NOW)

    assert list(Contradiction.objects.values_list("kind", flat=True)) == ([kind] if kind else [])


def test_a_rating_never_feeds_the_polarity() -> None:
    happy = ResponseFactory.create(rating=5, comment=FURIOUS)
    unhappy = ResponseFactory.create(rating=1, comment=FURIOUS)

    score_comments(now=NOW)

    assert happy.sentiments.get().polarity == unhappy.sentiments.get().polarity


def test_looking_at_one_is_noted_once(owner: User, viewer: User) -> None:
    ResponseFactory.create(rating=5, comment=FURIOUS)
    score_comments(now=NOW)
    found = Contradiction.objects.get()

    assert look_at(found, by=owner, now=NOW)
    assert not look_at(found, by=viewer, now=NOW)

    found.refresh_from_db()
    assert (found.looked_by, found.looked_at) == (owner, NOW)
    assert not Contradiction.objects.waiting().exists()


@pytest.fixture
def invitation() -> Invitation:
    return InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1))


def thanks(client: Client, invitation: Invitation) -> str:
    return client.get(f"/s/{invitation.token}/thanks/").content.decode()


def test_a_changed_rating_that_agrees_leaves_the_inbox(invitation: Invitation) -> None:
    now = timezone.now()
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=now)
    score_comments(now=now)
    assert Contradiction.objects.exists()

    record_answer(invitation.pk, Answer(1, comment=FURIOUS), now=now)

    assert not Contradiction.objects.exists()


def test_a_changed_comment_waits_to_be_read_again(invitation: Invitation) -> None:
    now = timezone.now()
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=now)
    score_comments(now=now)

    record_answer(invitation.pk, Answer(5, comment=HAPPY), now=now)

    assert not Contradiction.objects.exists()


def say_which(client: Client, invitation: Invitation, rating: object) -> str:
    """Press a number below "did you mean?" and return the page that follows."""
    answer = client.post(f"/s/{invitation.token}/meant/", {"rating": rating}, follow=True)
    return answer.content.decode()


def test_the_thank_you_page_asks_and_offers_the_numbers_on_the_other_side(
    client: Client, invitation: Invitation
) -> None:
    record_answer(invitation.pk, Answer(4, comment=FURIOUS), now=timezone.now())

    page = thanks(client, invitation)

    assert "You chose 4 of 5, and your comment sounds unhappy. Did you mean a lower number?" in page
    assert re.findall(r'<button[^>]*value="(\d)"', page) == ["1", "2", "3", "4"]
    assert "No, 4 is right" in page
    assert Response.objects.get().sentiments.count() == 0


def test_one_press_changes_the_number_and_nothing_else(client: Client, invitation: Invitation) -> None:
    wrong = Answer(5, frozenset({"fast"}), 90, FURIOUS, is_solved=False)
    record_answer(invitation.pk, wrong, now=timezone.now(), language="de")

    page = say_which(client, invitation, 1)

    answer = Response.objects.get()
    assert (answer.rating, answer.comment, answer.lost_time_minutes) == (1, FURIOUS, 90)
    assert (answer.is_solved, answer.language) == (False, "de")
    assert not answer.reasons.exists()  # it was fast: what goes well is not asked beside a 1
    assert "You chose 1 of 5." in page
    assert "Did you mean" not in page


def test_who_means_the_number_is_asked_once_and_the_team_reads_it(
    client: Client, invitation: Invitation
) -> None:
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())

    page = say_which(client, invitation, 5)
    score_comments(now=NOW)

    assert "You chose 5 of 5." in page
    assert "Did you mean" not in page
    found = Contradiction.objects.waiting().get()
    assert (found.kind, found.is_meant) == ("happy_rating_negative_text", True)
    assert Response.objects.get().rating == 5


def test_a_new_comment_is_asked_about_anew(client: Client, invitation: Invitation) -> None:
    now = timezone.now()
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=now)
    say_which(client, invitation, 5)

    record_answer(invitation.pk, Answer(5, comment=f"{FURIOUS} Never again."), now=now)

    assert "Did you mean" in thanks(client, invitation)


@pytest.mark.parametrize("rating", ["6", "", "five"])
def test_a_number_off_the_scale_changes_nothing(client: Client, invitation: Invitation, rating: str) -> None:
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())

    say_which(client, invitation, rating)

    assert Response.objects.get().rating == 5
    assert not Contradiction.objects.exists()


def test_nothing_is_changed_once_the_survey_is_closed(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())
    Invitation.objects.update(state="closed")

    assert "This survey is closed." in say_which(client, invitation, 1)
    assert Response.objects.get().rating == 5


def test_opening_the_address_changes_nothing(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())

    answer = client.get(f"/s/{invitation.token}/meant/", {"rating": 1}, follow=True)

    assert "Did you mean" in answer.content.decode()
    assert Response.objects.get().rating == 5


def test_every_language_can_ask() -> None:
    assert SECOND_THOUGHTS.keys() == WORDS.keys()
    for asked in SECOND_THOUGHTS.values():
        for question in (asked.after_happy, asked.after_unhappy):
            assert set(re.findall(r"{\w+}", question)) == {"{rating}", "{high}"}
        assert "{rating}" in asked.keep


def test_it_asks_in_the_language_of_the_person(client: Client, invitation: Invitation) -> None:
    Invitation.objects.update(language="de")
    record_answer(
        invitation.pk, Answer(1, comment="Super schnell geholfen, vielen Dank!"), now=timezone.now()
    )

    assert "Meinten Sie eine höhere Zahl?" in thanks(client, invitation)


@pytest.mark.parametrize(("rating", "comment"), [(1, FURIOUS), (3, FURIOUS), (5, ""), (5, HAPPY)])
def test_it_asks_nothing_where_nothing_contradicts(
    client: Client, invitation: Invitation, rating: int, comment: str
) -> None:
    record_answer(invitation.pk, Answer(rating, comment=comment), now=timezone.now())

    assert "Did you mean" not in thanks(client, invitation)


def test_it_asks_nothing_that_can_no_longer_be_changed(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(5, comment=FURIOUS), now=timezone.now())
    Invitation.objects.update(state="closed")

    assert "Did you mean" not in thanks(client, invitation)
