import pytest
from django.test import Client
from django.utils import timezone, translation

from surveys.engine.scanners import Signal
from surveys.models import Response, SurveyVersion, User
from surveys.services.answer import Answer, Sender, record_answer, record_visit
from surveys.services.settle_answers import EXCLUDED_WORDS
from surveys.services.withdraw import REOPENED_WORDS
from surveys.suspicions import WORDS, told_suspicion
from tests.factories import InvitationFactory, MessageFactory, PersonFactory

pytestmark = pytest.mark.django_db
PAGE = "/asking/scanners/"


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.staff.audit.wake", lambda *names: None)


@pytest.fixture
def set_apart() -> Response:
    now = timezone.now()
    invitation = InvitationFactory.create(
        due_at=now, person=PersonFactory.create(email="ada@scanned.example")
    )
    MessageFactory.create(invitation=invitation, state="sent", sent_at=now)
    record_visit(invitation, now=now, sender=Sender("net"), is_trap=True)
    return record_answer(invitation.pk, Answer(1), now=now, sender=Sender("net"))


def test_with_nothing_in_it_the_page_says_so(client: Client, agreement_admin: User) -> None:
    client.force_login(agreement_admin)

    page = client.get(PAGE).content.decode()

    assert "No answer looked like that of a mail scanner." in page
    assert "No invitation was mailed within 30 days." in page


def test_it_names_the_ticket_the_reason_and_the_domain(
    client: Client, agreement_admin: User, set_apart: Response
) -> None:
    MessageFactory.create(state="sent", sent_at=timezone.now(), recipient="bob@Quiet.example")
    client.force_login(agreement_admin)

    page = client.get(PAGE).content.decode()

    assert set_apart.resolution.ticket.number in page
    assert "Came within 10 seconds of delivery; opened the hidden link" in page
    assert ">scanned.example</a>" in page
    assert ">quiet.example</a>" in page
    assert "100 %" in page


def test_of_an_answer_in_confidence_neither_rating_nor_time_is_shown(
    client: Client, agreement_admin: User, set_apart: Response
) -> None:
    client.force_login(agreement_admin)
    assert f"{set_apart.resolution.ticket.number}, 1</span>" in client.get(PAGE).content.decode()
    SurveyVersion.objects.update(mode="confidential")

    page = client.get(PAGE).content.decode()

    assert f"{set_apart.resolution.ticket.number}</span>" in page
    assert f"{set_apart.resolution.ticket.number}, 1</span>" not in page
    assert "<time" not in page


@pytest.mark.parametrize(("verdict", "state"), [("restore", "accepted"), ("exclude", "set_apart")])
def test_ticked_answers_are_restored_or_excluded(
    client: Client, agreement_admin: User, set_apart: Response, verdict: str, state: str
) -> None:
    client.force_login(agreement_admin)
    sent = set_apart.invitation.sent_answers.get()

    client.post(PAGE, {"answers": [sent.pk], "verdict": verdict})

    set_apart.refresh_from_db()
    sent.refresh_from_db()
    assert (set_apart.state, sent.decided_by) == (state, agreement_admin)


@pytest.mark.parametrize("given", [{"verdict": "restore"}, {"answers": ["1x"]}, {"answers": ["1"]}])
def test_a_post_that_makes_no_sense_changes_nothing(
    client: Client, agreement_admin: User, set_apart: Response, given: dict
) -> None:
    client.force_login(agreement_admin)

    assert client.post(PAGE, given).status_code == 302

    set_apart.refresh_from_db()
    assert set_apart.state == "set_apart"


def test_a_domain_and_a_kind_can_be_chosen(
    client: Client, agreement_admin: User, set_apart: Response
) -> None:
    client.force_login(agreement_admin)
    number = set_apart.resolution.ticket.number

    assert number in client.get(PAGE, {"domain": "scanned.example"}).content.decode()
    assert number not in client.get(PAGE, {"domain": "quiet.example"}).content.decode()
    assert number not in client.get(PAGE, {"show": "restored"}).content.decode()
    assert number in client.get(PAGE, {"show": "all"}).content.decode()


def test_a_service_owner_does_not_open_it(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get(PAGE).status_code == 403


def test_a_key_larger_than_any_is_nobodys(client: Client, agreement_admin: User, set_apart: Response) -> None:
    client.force_login(agreement_admin)

    for url, name in ((PAGE, "answers"), ("/asking/failed-mail/send-again/", "message")):
        assert client.post(url, {name: ["9" * 30, "²"], "verdict": "restore"}).status_code == 302
    assert client.post("/data/inbound/replay/", {"event": ["9" * 30, "²"]}).status_code == 302

    set_apart.refresh_from_db()
    assert set_apart.state == "set_apart"


def test_every_reason_is_read_in_the_readers_language() -> None:
    stored = {*(signal.value for signal in Signal), EXCLUDED_WORDS, REOPENED_WORDS}

    assert stored == set(WORDS)
    with translation.override("de"):
        assert told_suspicion("no ordinary browser; opened the hidden link") == (
            "kein gewöhnlicher Browser; öffnete den versteckten Link"
        )
        assert told_suspicion("") == ""
