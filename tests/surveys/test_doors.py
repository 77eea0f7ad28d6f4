import hashlib
import hmac
import json
from datetime import timedelta
from io import BytesIO

import pytest
import segno
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from surveys.engine.signatures import sign
from surveys.models import BusinessService, CommentReading, IntakeSource, Invitation, Message, Response, User
from surveys.public import feedback
from surveys.services.decide import decide_resolutions
from tests.factories import NOW, InvitationFactory, ResolutionFactory, TicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    for place in ("surveys.public.feedback.wake", "surveys.api.answers.wake"):
        monkeypatch.setattr(place, lambda *names: None)


@pytest.fixture
def source() -> IntakeSource:
    return IntakeSource.objects.create(key="servicenow", name="ITSM", preset="generic", secret="shared")


def open_invitation() -> Invitation:
    return InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1))


# --- always-open feedback


def test_anybody_can_say_how_a_service_works(client: Client, service: BusinessService) -> None:
    page = client.get("/feedback/e-mail/", HTTP_ACCEPT_LANGUAGE="de").content.decode()
    assert "Wie gut funktioniert E-mail für Sie?" in page

    thanks = client.post("/feedback/e-mail/", {"rating": "2", "comment": "Slow."})

    stored = Response.objects.get()
    assert "Thank you." in thanks.content.decode()
    assert (stored.service, stored.rating, stored.comment) == (service, 2, "Slow.")
    assert (stored.channel, stored.invitation, stored.resolution) == ("open", None, None)


def test_the_qr_code_holds_the_link_and_is_saved_as_an_image(
    client: Client, service: BusinessService, agreement_admin: User, settings
) -> None:
    settings.PUBLIC_URL = "https://xla.example.org"
    client.force_login(agreement_admin)

    image = client.get("/asking/feedback/e-mail/qr.svg?download")

    assert image["Content-Type"] == "image/svg+xml"
    assert image["Content-Disposition"] == 'attachment; filename="feedback-e-mail.svg"'
    expected = BytesIO()
    segno.make("https://xla.example.org/feedback/e-mail/", error="m", micro=False).save(
        expected, kind="svg", scale=8, border=4, light="white", title="Feedback: E-mail"
    )
    assert image.content == expected.getvalue()


def test_the_card_asks_in_the_chosen_language(
    client: Client, service: BusinessService, agreement_admin: User
) -> None:
    client.force_login(agreement_admin)

    page = client.get("/asking/feedback/e-mail/card/?lang=de").content.decode()

    assert "Wie gut funktioniert E-mail für Sie?" in page
    assert "/asking/feedback/e-mail/qr.svg" in page
    assert client.get("/asking/feedback/nothing/card/").status_code == 404


def test_feedback_is_kept_apart_from_answers_that_were_asked_for(
    client: Client, service: BusinessService, agreement_admin: User
) -> None:
    client.post("/feedback/e-mail/", {"rating": "2", "comment": "Slow."})

    assert not Response.objects.accepted().exists()
    client.force_login(agreement_admin)
    page = client.get("/asking/feedback/").content.decode()
    assert "Slow." in page
    assert "/feedback/e-mail/" in page


def test_who_is_named_in_feedback_is_masked_without_the_right_to_read_it_and_reading_it_is_noted(
    client: Client, service: BusinessService, agreement_admin: User
) -> None:
    client.post("/feedback/e-mail/", {"rating": "2", "comment": "Call me: ada@example.org"})
    client.force_login(agreement_admin)

    masked = client.get("/asking/feedback/").content.decode()
    assert "Call me: •••@•••••••.•••" in masked
    assert not CommentReading.objects.exists()

    service.owner = agreement_admin
    service.save()
    assert "ada@example.org" in client.get("/asking/feedback/").content.decode()
    assert CommentReading.objects.get().comment_count == 1


@pytest.mark.parametrize("given", [{}, {"rating": "6"}])
def test_feedback_without_a_rating_is_not_stored(
    client: Client, service: BusinessService, given: dict
) -> None:
    response = client.post("/feedback/e-mail/", given)

    assert response.status_code == 400
    assert "Choose a number from 1 to 5." in response.content.decode()
    assert not Response.objects.exists()


def test_feedback_is_limited_by_network_and_by_service(
    client: Client, service: BusinessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_PER_NETWORK", 2)
    monkeypatch.setattr(feedback, "MOST_PER_SERVICE", 3)

    def sent(address: str) -> int:
        return client.post("/feedback/e-mail/", {"rating": "4"}, REMOTE_ADDR=address).status_code

    assert [sent("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert sent("198.51.100.1") == 429
    assert Response.objects.count() == 2


def test_an_unknown_or_retired_service_takes_none(client: Client, service: BusinessService) -> None:
    BusinessService.objects.update(lifecycle="retired")

    assert client.get("/feedback/e-mail/").status_code == 404
    assert client.get("/feedback/nothing/").status_code == 404


def test_only_named_origins_may_show_it_in_a_frame(
    client: Client, service: BusinessService, settings
) -> None:
    closed = client.get("/feedback/e-mail/")
    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]
    assert closed["X-Frame-Options"] == "DENY"

    settings.EMBED_ORIGINS = ["https://portal.example.org"]
    opened = client.get("/feedback/e-mail/")

    assert "frame-ancestors https://portal.example.org" in opened["Content-Security-Policy"]
    assert "default-src 'self'" in opened["Content-Security-Policy"]
    assert "X-Frame-Options" not in opened


# --- links in the mail of a ticket system


def link(number: str, secret: str = "shared") -> str:
    signature = hmac.new(secret.encode(), f"servicenow/{number}".encode(), hashlib.sha256).hexdigest()
    return f"/rate/servicenow/{number}/?r=4&s={signature}"


def test_a_signed_link_leads_to_the_survey_with_the_rating_chosen(
    client: Client, source: IntakeSource
) -> None:
    invitation = open_invitation()

    response = client.get(link(invitation.resolution.ticket.number))

    assert response["Location"] == f"/s/{invitation.token}/?r=4"
    assert not Response.objects.exists()


def test_a_link_that_is_not_signed_or_knows_no_survey_leads_nowhere(
    client: Client, source: IntakeSource
) -> None:
    number = open_invitation().resolution.ticket.number

    assert client.get(link(number, "guessed")).status_code == 404
    assert client.get(f"/rate/servicenow/{number}/").status_code == 404
    assert client.get(link("INC404")).status_code == 404


@pytest.mark.parametrize(("mails_links", "mails"), [(True, 0), (False, 1)])
def test_a_ticket_system_that_mails_the_links_itself_gets_no_second_mail(
    source: IntakeSource, mails_links: bool, mails: int
) -> None:
    IntakeSource.objects.update(mails_rating_links=mails_links)
    ResolutionFactory.create(ticket=TicketFactory.create(source="servicenow"))

    decide_resolutions(now=NOW)

    assert Invitation.objects.count() == 1
    assert Message.objects.count() == mails


# --- API


def post(client: Client, given: object, secret: str = "shared"):
    body = json.dumps(given).encode()
    return client.post(
        "/api/v1/answers/servicenow/",
        body,
        content_type="application/json",
        headers={"X-XLA-Signature": sign(body, secret)},
    )


def test_a_signed_answer_is_stored(client: Client, source: IntakeSource) -> None:
    invitation = open_invitation()
    number = invitation.resolution.ticket.number

    response = post(client, {"number": number, "rating": 2, "reasons": ["slow"], "comment": "Slow."})

    stored = Response.objects.get()
    assert (response.status_code, response.json()["state"]) == (201, "accepted")
    assert (stored.rating, stored.comment, stored.invitation) == (2, "Slow.", invitation)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"number": "INC404", "rating": 4}, 404),
        ({"number": "own", "rating": 6}, 400),
        ({"number": "own"}, 400),
        ({"number": "own", "rating": 4, "invented": 1}, 400),
        ([], 400),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    client: Client, source: IntakeSource, given: object, status: int
) -> None:
    number = open_invitation().resolution.ticket.number
    if isinstance(given, dict) and given["number"] == "own":
        given = given | {"number": number}

    assert post(client, given).status_code == status
    assert not Response.objects.exists()


def test_an_answer_needs_the_secret_and_an_open_survey(client: Client, source: IntakeSource) -> None:
    number = open_invitation().resolution.ticket.number

    assert post(client, {"number": number, "rating": 4}, "guessed").status_code == 401
    Invitation.objects.update(state="closed")
    assert post(client, {"number": number, "rating": 4}).status_code == 409
