import gzip
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from surveys.engine.wording import WORDS
from surveys.models import Invitation, OptOut, Person, Response, Visit
from surveys.services.answer import Answer, Sender, record_answer, record_visit
from tests.factories import InvitationFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation() -> Invitation:
    from django.utils import timezone

    return InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1))


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sweeps that were woken."""
    names: list[str] = []
    for place in ("answer", "thanks"):
        monkeypatch.setattr(f"surveys.public.{place}.wake", lambda *woken: names.extend(woken))
    return names


def url(invitation: Invitation, rest: str = "") -> str:
    return f"/s/{invitation.token}/{rest}"


class Inputs(HTMLParser):
    """The checked choices and the addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.checked: list[tuple[str | None, str | None]] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "checked" in given:
            self.checked.append((given["name"], given["value"]))
        self.addresses += [address for name in ("src", "href", "action") if (address := given.get(name))]


def checked(page: bytes) -> list[tuple[str | None, str | None]]:
    return Inputs(page.decode()).checked


# --- GET


def test_the_page_asks_about_the_ticket_and_says_who_reads_the_answer(
    client: Client, invitation: Invitation
) -> None:
    page = client.get(url(invitation)).content.decode()

    number = invitation.resolution.ticket.number
    assert "How did we do with <em>Printer on floor 3</em>?" in page
    assert f"The team that handled {number} will read your answer; reports show groups of 5 or more." in page
    assert "It takes 20 seconds." in page


def test_a_link_of_the_mail_preselects_its_rating_and_stores_nothing(
    client: Client, invitation: Invitation, woken: list[str]
) -> None:
    response = client.get(url(invitation, "?r=4"))

    assert checked(response.content) == [("rating", "4")]
    assert not Response.objects.exists()
    assert woken == []
    invitation.refresh_from_db()
    assert invitation.state == "open"


@pytest.mark.parametrize("rating", ["0", "6", "x", "", "4.0", "-1", "٤"])
def test_a_rating_that_is_not_on_the_scale_preselects_nothing(
    client: Client, invitation: Invitation, rating: str
) -> None:
    response = client.get(url(invitation), {"r": rating})

    assert response.status_code == 200
    assert checked(response.content) == []


@pytest.mark.parametrize(
    "changed",
    [
        "s/{token}", "S/{token}/", "/s/{token}/", "s/{token}//", "s/{token}.", "s/{token} /", "s/<{token}/>",
        "s/{token}/)", "s/{token}/&amp;utm=x", "s/{token}/?utm_source=mail", 's/{token}">',
    ],
)  # fmt: skip
def test_a_link_that_something_on_its_way_changed_leads_to_the_survey(
    client: Client, invitation: Invitation, changed: str
) -> None:
    response = client.get("/", PATH_INFO="/" + changed.format(token=invitation.token))

    assert response["Location"] == url(invitation)


@pytest.mark.parametrize("changed", ["?r=4", "/%3Fr%3D4", "/&amp;r=4"])
def test_a_changed_link_keeps_its_rating(client: Client, invitation: Invitation, changed: str) -> None:
    assert client.get(f"/s/{invitation.token}{changed}")["Location"] == url(invitation, "?r=4")


def test_a_link_to_unsubscribe_that_lost_its_end_still_leads_there(
    client: Client, invitation: Invitation
) -> None:
    assert client.get(f"/s/{invitation.token}/unsubscribe")["Location"] == url(invitation, "unsubscribe/")


def test_a_second_question_mark_hides_no_rating(client: Client, invitation: Invitation) -> None:
    assert checked(client.get(url(invitation, "?r=4?utm=mail")).content) == [("rating", "4")]


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Moz"])
def test_a_page_that_a_browser_fetches_ahead_is_no_visit(
    client: Client, invitation: Invitation, header: str
) -> None:
    response = client.get(url(invitation, "?r=4"), headers={header: "prefetch;prerender"})

    assert response.status_code == 200
    assert not Visit.objects.exists()


def test_a_visit_is_noted_without_the_address(client: Client, invitation: Invitation) -> None:
    client.get(url(invitation, "?r=4"), REMOTE_ADDR="192.0.2.77")
    client.get(url(invitation), REMOTE_ADDR="192.0.2.78")
    client.get(url(invitation), REMOTE_ADDR="198.51.100.1")

    first, second, other = Visit.objects.order_by("pk")
    assert (first.chosen_rating, second.chosen_rating) == (4, None)
    assert first.network_hash == second.network_hash != other.network_hash
    assert "192" not in first.network_hash[:3]


def test_a_head_request_is_no_visit(client: Client, invitation: Invitation) -> None:
    assert client.head(url(invitation)).status_code == 200

    assert not Visit.objects.exists()


def test_the_page_sets_no_cookie_and_tells_its_address_to_nobody(
    client: Client, invitation: Invitation
) -> None:
    response = client.get(url(invitation))

    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_page_loads_nothing_from_elsewhere(client: Client, invitation: Invitation) -> None:
    page = client.get(url(invitation)).content.decode()

    assert all(address.startswith(("/", "#", "?", "data:,")) for address in Inputs(page).addresses)


@pytest.mark.parametrize("language", WORDS)
def test_the_page_with_its_styles_stays_under_30_kilobytes(client: Client, language: str) -> None:
    person = PersonFactory.create(language=language, time_zone="Europe/Berlin")
    from django.utils import timezone

    due_at = timezone.now() - timedelta(hours=1)
    invitation = InvitationFactory.create(language=language, due_at=due_at, resolution__requester=person)
    page = client.get(url(invitation, "?r=3")).content
    files = [page]
    for name in ("surveys/survey.css", "surveys/answer.js"):
        with open(finders.find(name), "rb") as file:
            files.append(file.read())

    assert sum(len(file) for file in files) < 30_000
    assert sum(len(gzip.compress(file)) for file in files) < 10_000


def test_the_page_speaks_the_language_of_the_invitation(client: Client, invitation: Invitation) -> None:
    Invitation.objects.update(language="de")

    page = client.get(url(invitation)).content.decode()

    assert '<html lang="de" dir="ltr">' in page
    assert "Wie gut haben wir geholfen" in page
    assert "Ich musste alles mehrfach erklären" in page


@pytest.mark.parametrize(
    ("person", "browser", "chosen", "spoken"),
    [
        ("", "fr-CH, en;q=0.5", "", "fr"),
        ("pl", "fr", "", "pl"),
        ("pl", "fr", "ja", "ja"),
        ("pl", "fr", "tlh", "pl"),
        ("", "", "", "en"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_persons_then_the_browsers(
    client: Client, invitation: Invitation, person: str, browser: str, chosen: str, spoken: str
) -> None:
    Person.objects.update(language=person)

    response = client.get(url(invitation), {"lang": chosen, "r": "4"}, HTTP_ACCEPT_LANGUAGE=browser)

    page = response.content.decode()
    assert f'<html lang="{spoken}"' in page
    assert WORDS[spoken].reasons["slow"].replace("'", "&#x27;") in page
    assert "?lang=ar&amp;r=4" in page


def test_the_chosen_language_stays_until_thanks_and_is_kept_with_the_answer(
    client: Client, invitation: Invitation
) -> None:
    response = client.post(url(invitation), {"rating": "4", "lang": "ar"}, follow=True)

    assert '<html lang="ar" dir="rtl">' in response.content.decode()
    assert Response.objects.get().language == "ar"


def test_text_from_a_ticket_is_shown_as_text(client: Client, invitation: Invitation) -> None:
    ticket = invitation.resolution.ticket
    ticket.short_description = '<img src="https://example.org/x.png">'
    ticket.save()

    page = client.get(url(invitation)).content.decode()

    assert "<img" not in page
    assert "&lt;img" in page


# --- POST


def test_an_answer_is_stored_thanked_for_and_wakes_the_sweeps(
    client: Client, invitation: Invitation, woken: list[str]
) -> None:
    given = {
        "rating": "2",
        "reasons": ["slow", "no_news"],
        "lost_time": "60",
        "comment": "Three calls.\r\nThen one.",
    }

    response = client.post(url(invitation), given, follow=True)

    stored = Response.objects.get()
    assert (stored.rating, stored.lost_time_minutes) == (2, 60)
    assert stored.comment == "Three calls.\nThen one."
    assert set(stored.reasons.values_list("key", flat=True)) == {"slow", "no_news"}
    assert response.redirect_chain == [(url(invitation, "thanks/"), 302)]
    assert "You chose 2 of 5." in response.content.decode()
    assert woken == ["experience.tasks.refresh_evidence", "surveys.tasks.score_new_comments"]


def test_a_rating_alone_is_an_answer(client: Client, invitation: Invitation) -> None:
    client.post(url(invitation), {"rating": "5"})

    stored = Response.objects.get()
    assert (stored.rating, stored.lost_time_minutes, stored.comment) == (5, None, "")


def test_an_answer_needs_no_cookie(invitation: Invitation) -> None:
    response = Client(enforce_csrf_checks=True).post(url(invitation), {"rating": "5"})

    assert response.status_code == 302


def test_posting_twice_makes_one_answer(client: Client, invitation: Invitation) -> None:
    client.post(url(invitation), {"rating": "5"})
    client.post(url(invitation), {"rating": "5"})

    assert Response.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose a number from 1 to 5."),
        ({"rating": "6"}, "Choose a number from 1 to 5."),
        ({"rating": "4", "lost_time": "7"}, "Write the lost time in whole hours and minutes"),
        ({"rating": "4", "hours": "-1"}, "Write the lost time in whole hours and minutes"),
        ({"rating": "4", "minutes": "ten"}, "Write the lost time in whole hours and minutes"),
        ({"rating": "4", "hours": "745"}, "Write the lost time in whole hours and minutes"),
        ({"rating": "4", "comment": "x" * 4001}, "Shorten your comment to 4000 characters."),
        ({"rating": "4", "reasons": ["invented"]}, "Choose reasons from the list."),
    ],
)
def test_a_mistake_is_named_and_what_was_written_stays(
    client: Client, invitation: Invitation, given: dict, sentence: str
) -> None:
    response = client.post(url(invitation), {"comment": "It works."} | given)

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert "It works." in response.content.decode() or "comment" in given
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ({}, None),
        ({"lost_time": "0"}, 0),
        ({"lost_time": "30"}, 30),
        ({"hours": "1", "minutes": "30"}, 90),
        ({"minutes": "100"}, 100),
        ({"hours": "0"}, 0),
        ({"lost_time": "30", "hours": "2"}, 120),
    ],
)
def test_lost_time_is_picked_or_written(
    client: Client, invitation: Invitation, given: dict, minutes: int | None
) -> None:
    client.post(url(invitation), {"rating": "3"} | given)

    assert Response.objects.get().lost_time_minutes == minutes


def test_a_new_pick_replaces_an_exact_time_that_only_stayed_in_the_form(
    client: Client, invitation: Invitation
) -> None:
    client.post(url(invitation), {"rating": "3", "hours": "1", "minutes": "30"})

    client.post(url(invitation), {"rating": "3", "hours": "1", "minutes": "30", "lost_time": "15"})

    assert Response.objects.get().lost_time_minutes == 15


# --- changing, closing, withdrawing


def test_an_answer_can_be_changed_and_the_form_shows_it(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(2, frozenset({"slow"}), 60, "Three calls."), now=invitation.due_at)

    page = client.get(url(invitation)).content

    assert checked(page) == [("rating", "2"), ("reasons", "slow"), ("lost_time", "60")]
    assert b"Three calls." in page
    client.post(url(invitation), {"rating": "4"})
    assert Response.objects.get().rating == 4


def test_what_a_scanner_sent_is_not_shown_to_the_person(client: Client, invitation: Invitation) -> None:
    now = invitation.due_at
    record_visit(invitation, now=now, sender=Sender("net"), is_trap=True)
    record_answer(invitation.pk, Answer(1, comment="xyz"), now=now, sender=Sender("net"))

    page = client.get(url(invitation)).content

    assert checked(page) == []
    assert b"xyz" not in page
    assert b"Send answer" in page


def test_another_button_of_the_mail_preselects_the_new_rating(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(2), now=invitation.due_at)

    assert checked(client.get(url(invitation, "?r=5")).content) == [("rating", "5")]

    assert Response.objects.get().rating == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "closed"}, "This survey is closed."),
        ({"state": "withdrawn"}, "Your ticket was opened again."),
    ],
    ids=["closed", "withdrawn"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_shut_survey_says_so_and_takes_nothing(
    client: Client, invitation: Invitation, change: dict, words: str, method: str
) -> None:
    Invitation.objects.update(**change)

    response = getattr(client, method)(url(invitation), {"rating": "4"})

    assert response.status_code == 410
    assert words in response.content.decode()
    assert not Response.objects.exists()
    assert not Visit.objects.exists()


def test_a_survey_past_its_time_is_closed_before_the_sweep_comes(
    client: Client, invitation: Invitation
) -> None:
    Invitation.objects.update(closes_at=invitation.due_at + timedelta(minutes=1))

    assert client.post(url(invitation), {"rating": "4"}).status_code == 410


@pytest.mark.parametrize(("wish", "words"), [("de-AT,en;q=0.5", "Dieser Link"), ("", "This link")])
@pytest.mark.parametrize("rest", ["", "thanks/", "unsubscribe/"])
def test_an_unknown_token_gets_a_helpful_page(client: Client, rest: str, wish: str, words: str) -> None:
    response = client.get(f"/s/unknown/{rest}", HTTP_ACCEPT_LANGUAGE=wish)

    assert response.status_code == 404
    assert words in response.content.decode()


def test_tokens_are_not_logged(
    client: Client, invitation: Invitation, caplog: pytest.LogCaptureFixture
) -> None:
    Invitation.objects.update(state="closed")

    client.get(url(invitation))

    assert invitation.token not in caplog.text


def test_thanks_without_an_answer_leads_to_the_survey(client: Client, invitation: Invitation) -> None:
    response = client.get(url(invitation, "thanks/"))

    assert response["Location"] == url(invitation)


def test_thanks_says_until_when_the_answer_can_be_changed(client: Client, invitation: Invitation) -> None:
    record_answer(invitation.pk, Answer(4), now=invitation.due_at)

    assert b"You can change your answer until" in client.get(url(invitation, "thanks/")).content
    Invitation.objects.update(state="closed")
    assert b"You can change your answer until" not in client.get(url(invitation, "thanks/")).content


# --- unsubscribing


def test_opening_the_unsubscribe_address_changes_nothing(client: Client, invitation: Invitation) -> None:
    response = client.get(url(invitation, "unsubscribe/"))

    assert "Stop asking me" in response.content.decode()
    assert not OptOut.objects.exists()


def test_one_click_of_a_mail_program_unsubscribes(invitation: Invitation) -> None:
    stranger = Client(enforce_csrf_checks=True)

    response = stranger.post(url(invitation, "unsubscribe/"), {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert OptOut.objects.get().person == invitation.person


def test_a_second_click_is_as_good_as_one(client: Client, invitation: Invitation) -> None:
    for _ in range(2):
        assert client.post(url(invitation, "unsubscribe/")).status_code == 200

    assert OptOut.objects.count() == 1


def test_somebody_who_unsubscribed_by_mistake_can_come_back(client: Client, invitation: Invitation) -> None:
    client.post(url(invitation, "unsubscribe/"))
    assert "Ask me again after all" in client.get(url(invitation, "unsubscribe/")).content.decode()

    client.post(url(invitation, "unsubscribe/"), {"ask_again": "1"})

    assert not OptOut.objects.exists()


def test_a_person_can_unsubscribe_after_the_survey_closed(client: Client, invitation: Invitation) -> None:
    Invitation.objects.update(state="closed")

    client.post(url(invitation, "unsubscribe/"))

    assert OptOut.objects.exists()
