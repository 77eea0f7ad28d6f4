"""The comments explorer: who reads what, how it is found, what is masked and logged, and themes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from experience.models import CommentTheme
from experience.selectors.answers import Piece, fold_pieces, latest_answers
from experience.selectors.comment_mood import comment_mood
from experience.services.themes import refresh_themes
from surveys.models import (
    BusinessService,
    CommentReading,
    CommentSentiment,
    Contradiction,
    Resolution,
    Response,
    SurveyVersion,
    User,
)
from surveys.services.score_comments import score_comments
from tests.experience.factories import answer
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
FURIOUS = "Still not working after three visits, nobody called me back. Terrible."


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    """A browser in which the owner of `service` is signed in."""
    client.force_login(owner)
    return client


def shown(client: Client, query: str = "") -> str:
    response = client.get(reverse("comments") + query)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


def test_nobody_reads_without_signing_in(client: Client) -> None:
    assert client.get(reverse("comments")).status_code == 302


def test_an_empty_page_says_when_comments_appear(page: Client, service: BusinessService) -> None:
    assert "No comments yet" in shown(page)
    assert "Nothing contradicts" in shown(page, "?tab=contradictions")


@pytest.mark.parametrize(
    ("who", "reads"),
    [("owner", True), ("teammate", True), ("agreement_admin", True), ("viewer", False), ("stranger", False)],
)
def test_single_comments_are_for_the_team_and_the_administration(
    client: Client, service: BusinessService, who: str, reads: bool, request: pytest.FixtureRequest
) -> None:
    answer(service, comment="The badge reader is slow")
    client.force_login(request.getfixturevalue(who))

    assert ("badge reader" in shown(client)) is reads


def test_comments_about_a_foreign_service_cannot_be_asked_for(page: Client, service: BusinessService) -> None:
    foreign = BusinessServiceFactory.create(key="foreign")
    answer(foreign, comment="Not for your eyes")

    assert "Not for your eyes" not in shown(page, "?service=foreign")


def test_the_words_that_decided_are_marked(page: Client, service: BusinessService) -> None:
    answer(service, rating=1, comment="The printer is still broken.")
    score_comments(now=NOW)

    assert '<mark class="cue cue--negative">still broken</mark>' in shown(page)


def test_a_long_comment_is_folded_and_stays_whole(page: Client, service: BusinessService) -> None:
    long = "It still does not work. " * 60
    answer(service, rating=1, comment=long)
    answer(service, rating=1, comment="Short")
    score_comments(now=NOW)

    words = shown(page)

    assert words.count("The rest of the comment") == 1
    assert re.sub("<.*?>", "", _comments_of(words)).count("It still does not work.") == 60


@pytest.mark.parametrize(
    ("pieces", "lead", "rest"),
    [
        ([Piece("short", "")], ["short"], []),
        ([Piece("word " * 160, "")], ["word " * 160], []),
        ([Piece("word " * 170, "")], ["word " * 120], ["word " * 50]),
        (
            [Piece("a" * 599, ""), Piece("bad", "negative"), Piece("c" * 300, "")],
            ["a" * 599],
            ["bad", "c" * 300],
        ),
        ([Piece("a" * 900, "")], ["a" * 600], ["a" * 300]),
    ],
    ids=["short", "hardly longer", "long", "never in a cue", "one long word"],
)
def test_a_fold_is_at_a_space(pieces: list[Piece], lead: list[str], rest: list[str]) -> None:
    shown_at_once, folded = fold_pieces(pieces)

    assert ([piece.text for piece in shown_at_once], [piece.text for piece in folded]) == (lead, rest)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=TONER", {"toner"}),
        ("?label=positive", {"toner"}),
        ("?band=low", {"slow"}),
        ("?band=high", {"toner"}),
        ("?band=middle", {"meh"}),
        ("?theme=slow", {"slow"}),
        ("?label=nonsense&band=nonsense", {"toner", "slow", "meh"}),
    ],
)
def test_comments_are_found_by_words_feeling_rating_and_theme(
    page: Client, service: BusinessService, query: str, found: set[str]
) -> None:
    answer(service, rating=5, comment="Thanks, great help with the toner!")
    answer(service, rating=1, comment="Too slow again")
    answer(service, rating=3, comment="meh")
    score_comments(now=NOW)

    words = shown(page, query)

    in_comments = {word for word in ("toner", "slow", "meh") if f"{word}" in _comments_of(words)}
    assert in_comments == found


def _comments_of(words: str) -> str:
    parts = words.split('<p class="answer__comment"')[1:]
    return " ".join(part.split("</p>")[0] for part in parts)


def test_confidential_comments_wait_for_five_and_are_never_chosen_by_rating(
    page: Client, service: BusinessService
) -> None:
    for number in range(4):
        answer(service, mode=SurveyVersion.Mode.CONFIDENTIAL, rating=1, comment=f"secret {number}")
    assert "secret" not in shown(page)

    answer(service, mode=SurveyVersion.Mode.CONFIDENTIAL, rating=1, comment="secret 4")

    assert _comments_of(shown(page)).count("secret") == 5
    assert "secret" not in _comments_of(shown(page, "?band=low"))
    assert "of 5</span>" not in shown(page)


def test_the_place_of_a_confidential_comment_tells_no_time(page: Client, service: BusinessService) -> None:
    for number, word in enumerate(("e", "a", "d", "b", "c")):
        at = NOW + timedelta(hours=number)
        answer(service, mode=SurveyVersion.Mode.CONFIDENTIAL, comment=f"secret {word}", answered_at=at)
        later = at + timedelta(minutes=30)
        answer(service, mode=SurveyVersion.Mode.NAMED, comment=f"named {number}", answered_at=later)

    found = re.findall(r"named \d|secret \w", _comments_of(shown(page)))

    assert found == [f"named {number}" for number in (4, 3, 2, 1, 0)] + [f"secret {word}" for word in "abcde"]


# --- masking and its log ------------------------------------------------------------------------------------


def named_comment(service: BusinessService, **facts: Any) -> Response:
    words = "Thanks Ada Lovelace, call me: +49 30 1234567 or ada@example.org"
    found = answer(service, comment=words, **facts)
    service.owner.first_name, service.owner.last_name = "Ada", "Lovelace"
    service.owner.save()
    return found


def text_for(service: BusinessService, reader: User) -> str:
    [found] = latest_answers(service, reader=reader, limit=1)
    return "".join(piece.text for piece in found.pieces)


def test_the_team_reads_names_and_numbers_others_read_them_masked(
    service: BusinessService, agreement_admin: User, teammate: User
) -> None:
    named_comment(service)

    assert "Ada Lovelace" in text_for(service, teammate)
    masked = text_for(service, agreement_admin)
    assert masked.startswith("Thanks ••• ••••••••, call me: ")
    assert not any(word in masked for word in ("Lovelace", "1234567", "example"))


def test_the_right_to_read_names_can_be_given(service: BusinessService, agreement_admin: User) -> None:
    named_comment(service)
    agreement_admin.user_permissions.add(Permission.objects.get(codename="read_unmasked"))

    assert "Ada Lovelace" in text_for(service, User.objects.get(pk=agreement_admin.pk))


def test_confidential_comments_are_masked_for_everybody(service: BusinessService, owner: User) -> None:
    for _ in range(5):
        answer(service, mode=SurveyVersion.Mode.CONFIDENTIAL, comment="Write to bo@example.org")

    assert "bo@example.org" not in "".join(
        piece.text for each in latest_answers(service, reader=owner, limit=5) for piece in each.pieces
    )


def test_the_team_is_masked_in_confidential_comments_for_itself_too(
    service: BusinessService, owner: User
) -> None:
    for _ in range(5):
        named_comment(service, mode=SurveyVersion.Mode.CONFIDENTIAL)

    assert "Lovelace" not in "".join(
        piece.text for each in latest_answers(service, reader=owner, limit=5) for piece in each.pieces
    )


@pytest.mark.parametrize(
    ("who", "words", "is_found"),
    [
        ("teammate", "lovelace", True),
        ("teammate", "thanks", True),
        ("agreement_admin", "lovelace", False),
        ("agreement_admin", "1234567", False),
        ("agreement_admin", "THANKS", True),
    ],
)
@pytest.mark.parametrize("parameter", ["q", "theme"])
def test_a_search_does_not_tell_what_is_masked(
    client: Client,
    service: BusinessService,
    who: str,
    words: str,
    is_found: bool,
    parameter: str,
    request: pytest.FixtureRequest,
) -> None:
    named_comment(service)
    client.force_login(request.getfixturevalue(who))

    assert ("call me" in _comments_of(shown(client, f"?{parameter}={words}"))) is is_found


@pytest.mark.parametrize("name", ["comments", "service"])
def test_reading_unmasked_comments_is_logged(
    page: Client, service: BusinessService, owner: User, name: str
) -> None:
    answer(service, comment="one")
    answer(service, comment="two")

    page.get(reverse(name, args=[service.key] if name == "service" else []))

    noted = CommentReading.objects.get()
    assert (noted.user, noted.service, noted.comment_count) == (owner, service, 2)


def test_reading_masked_comments_leaves_no_note(
    client: Client, service: BusinessService, agreement_admin: User
) -> None:
    answer(service, comment="one")
    client.force_login(agreement_admin)

    shown(client)

    assert not CommentReading.objects.exists()


# --- contradictions -----------------------------------------------------------------------------------------


def test_a_contradiction_waits_until_somebody_has_looked_at_it(
    page: Client, service: BusinessService
) -> None:
    response = answer(service, rating=5, comment=FURIOUS)
    answer(service, rating=5, comment="Great help, thank you!")
    score_comments(now=NOW)

    words = shown(page, "?tab=contradictions")
    assert "Happy rating, unhappy comment." in words
    assert "Great help" not in _comments_of(words)

    page.post(reverse("comment-looked-at", args=[response.pk]))

    assert "Nothing contradicts" in shown(page, "?tab=contradictions")
    assert "owner looked at it on" in shown(page, "?tab=looked-at")


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("stranger", 404)])
def test_only_who_looks_after_a_service_looks_at_its_contradictions(
    client: Client, service: BusinessService, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    response = answer(service, rating=5, comment=FURIOUS)
    score_comments(now=NOW)
    client.force_login(request.getfixturevalue(who))

    assert client.post(reverse("comment-looked-at", args=[response.pk])).status_code == status
    assert Contradiction.objects.waiting().exists()


def test_a_confidential_contradiction_stays_out_of_the_inbox(page: Client, service: BusinessService) -> None:
    for _ in range(6):
        answer(service, mode=SurveyVersion.Mode.CONFIDENTIAL, rating=5, comment=FURIOUS)
    score_comments(now=NOW)

    assert "Nothing contradicts" in shown(page, "?tab=contradictions")


# --- themes and mood ----------------------------------------------------------------------------------------


def wrote(service: BusinessService, comment: str, people: int, polarity: float) -> None:
    for number in range(people):
        found = answer(service, rating=3, comment=f"{comment} {number}", answered_at=NOW)
        CommentSentiment.objects.create(
            response=found, model_version="m1", polarity=polarity, label="neutral", confidence=0.9
        )


def test_a_theme_takes_ten_people(page: Client, service: BusinessService) -> None:
    wrote(service, "toner empty", 10, -0.8)
    wrote(service, "scanner jam", 9, -0.8)
    wrote(service, "all fine", 10, 0.8)

    refresh_themes(today=NOW.date())

    terms = set(CommentTheme.objects.values_list("term", flat=True))
    assert any("toner" in term for term in terms)
    assert not any("scanner" in term for term in terms)
    words = shown(page, f"?service={service.key}")
    assert "toner empty" in words
    assert "unhappy" in words


def test_no_theme_names_one_of_the_staff(service: BusinessService, owner: User) -> None:
    wrote(service, "Thanks Ada-Lena, Ada's toner will print", 20, 0.8)
    owner.first_name, owner.last_name = "Ada", "Will"
    owner.save()

    refresh_themes(today=NOW.date())

    terms = " ".join(CommentTheme.objects.values_list("term", flat=True))
    assert "toner will print" in terms
    assert "ada" not in terms


def test_themes_are_replaced_every_night_and_forget_old_comments(service: BusinessService) -> None:
    wrote(service, "toner empty", 20, -0.8)
    refresh_themes(today=NOW.date())
    assert CommentTheme.objects.exists()

    refresh_themes(today=NOW.date() + timedelta(days=120))

    assert not CommentTheme.objects.exists()


def test_the_mood_is_standardised_to_everybodys_ratings(service: BusinessService) -> None:
    def rated(rating: int, count: int, polarity: float | None) -> None:
        for _ in range(count):
            found = answer(service, rating=rating, comment="" if polarity is None else "words")
            if polarity is not None:
                CommentSentiment.objects.create(
                    response=found, model_version="m1", polarity=polarity, label="neutral", confidence=0.9
                )

    rated(1, 4, -0.8)
    rated(5, 2, 0.6)
    rated(5, 6, None)
    day = NOW.date()

    found = comment_mood(service, first=day - timedelta(days=7), last=day, until=NOW)

    # 4 of 12 rated 1 and 8 rated 5: 4/12 x -.8 + 8/12 x .6.
    assert found is not None
    assert found.standardised == pytest.approx((4 * -0.8 + 8 * 0.6) / 12)
    assert found.as_written == pytest.approx((4 * -0.8 + 2 * 0.6) / 6)


def test_four_comments_have_no_mood(service: BusinessService) -> None:
    wrote(service, "words", 4, 0.5)

    assert comment_mood(service, first=NOW.date() - timedelta(days=7), last=NOW.date(), until=NOW) is None


def test_the_number_of_queries_does_not_grow_with_comments(
    page: Client, service: BusinessService, django_assert_max_num_queries: Any
) -> None:
    wrote(service, "words", 30, 0.5)

    with django_assert_max_num_queries(20):
        shown(page, f"?service={service.key}")


def test_the_mood_is_of_five_people_and_of_what_the_published_result_holds(service: BusinessService) -> None:
    wrote(service, "words", 5, -0.5)
    days = {"first": NOW.date() - timedelta(days=7), "last": NOW.date()}
    assert comment_mood(service, **days, until=NOW).comments == 5

    wrote(service, "came later", 1, 1.0)
    Response.objects.filter(comment__startswith="came later").update(answered_at=NOW + timedelta(hours=1))
    assert comment_mood(service, **days, until=NOW).as_written == pytest.approx(-0.5)

    one = Response.objects.first().resolution.person
    Resolution.objects.filter(service=service).update(person=one)
    assert comment_mood(service, **days, until=NOW) is None
