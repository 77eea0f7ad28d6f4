import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.engine.signatures import is_signed
from surveys.models import (
    BusinessService,
    ConfigurationChange,
    FollowUp,
    FollowUpReceiver,
    IntakeSource,
    Message,
    ServiceNotice,
    Ticket,
    User,
)
from surveys.services.answer import Answer, record_answer, record_click
from surveys.services.erase_person import erase_person
from surveys.services.follow_up import call_webhooks
from tests.factories import NOW, BusinessServiceFactory, InvitationFactory, ResolutionFactory, TicketFactory

pytestmark = pytest.mark.django_db
NOT_SOLVED = Answer(2, comment="Still broken.", is_solved=False)


@pytest.fixture
def desk() -> FollowUpReceiver:
    return FollowUpReceiver.objects.create(name="the Service Desk", email="desk@example.org")


def page(client: Client, invitation) -> str:
    return client.get(f"/s/{invitation.token}/").content.decode()


def open_invitation(**facts):
    return InvitationFactory.create(due_at=timezone.now() - timedelta(hours=1), **facts)


def test_without_a_receiver_the_question_is_not_shown(client: Client) -> None:
    invitation = open_invitation()

    assert "Was it really solved?" not in page(client, invitation)
    FollowUpReceiver.objects.create(name="Mail team", email="mail@example.org", assignment_group="Mail")
    assert "Was it really solved?" not in page(client, invitation)


def test_no_tells_the_desk_at_once_and_the_person_until_when(client: Client, desk: FollowUpReceiver) -> None:
    invitation = open_invitation()
    IntakeSource.objects.create(
        key="servicenow",
        name="ITSM",
        preset="generic",
        secret="s",
        ticket_url="https://itsm.example/{number}",
    )
    assert "Was it really solved?" in page(client, invitation)

    given = {"rating": "2", "solved": "no", "comment": "Still broken."}
    thanks = client.post(f"/s/{invitation.token}/", given, follow=True).content.decode()

    follow_up = FollowUp.objects.get()
    mail = Message.objects.get(kind="notice")
    number = invitation.resolution.ticket.number
    assert "Sorry. We told the Service Desk just now; you will hear by" in thanks
    assert (follow_up.state, mail.recipient, mail.state) == ("open", "desk@example.org", "due")
    assert f"https://itsm.example/{number}" in mail.text
    assert "Still broken." in mail.text


@pytest.mark.parametrize(
    ("told", "due"),
    [
        (datetime(2026, 6, 1, 14, tzinfo=UTC), datetime(2026, 6, 2, 14, tzinfo=UTC)),
        (datetime(2026, 6, 5, 14, tzinfo=UTC), datetime(2026, 6, 8, 14, tzinfo=UTC)),
        (datetime(2026, 6, 7, 2, tzinfo=UTC), datetime(2026, 6, 8, 17, tzinfo=UTC)),
    ],
    ids=["Monday", "Friday", "in the night to Sunday"],
)
def test_it_is_due_in_one_working_day(desk: FollowUpReceiver, told: datetime, due: datetime) -> None:
    record_answer(InvitationFactory.create().pk, NOT_SOLVED, now=told)

    assert FollowUp.objects.get().due_at == due


def test_the_group_of_the_ticket_hears_before_the_desk(desk: FollowUpReceiver) -> None:
    team = FollowUpReceiver.objects.create(name="Mail", email="mail@example.org", assignment_group="Mail")
    resolution = ResolutionFactory.create(assignment_group="Mail")

    record_answer(InvitationFactory.create(resolution=resolution).pk, NOT_SOLVED, now=NOW)

    assert FollowUp.objects.get().receiver == team


def test_saying_it_twice_tells_once_and_yes_takes_it_back(desk: FollowUpReceiver) -> None:
    invitation = InvitationFactory.create()
    for minute in (0, 1):
        record_answer(invitation.pk, NOT_SOLVED, now=NOW + timedelta(minutes=minute))
    assert Message.objects.filter(kind="notice").count() == 1

    record_answer(invitation.pk, Answer(4, is_solved=True), now=NOW + timedelta(minutes=2))

    assert FollowUp.objects.get().state == "taken_back"


def test_a_click_and_a_confidential_comment_are_told_to_nobody(desk: FollowUpReceiver) -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 1, now=NOW)
    assert not FollowUp.objects.exists()
    version = invitation.survey_version
    version.mode = "confidential"
    version.save()

    record_answer(invitation.pk, NOT_SOLVED, now=NOW)

    text = Message.objects.get(kind="notice").text
    assert invitation.resolution.ticket.number in text
    assert "Still broken." not in text
    assert "Rating" not in text


# --- the ticket system


class Peer(HTTPServer):
    """A ticket system that takes what is posted, or refuses it."""

    status = 200
    taken: list[tuple[dict[str, str], bytes]]


class Handler(BaseHTTPRequestHandler):
    server: Peer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/sign-in")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    server = Peer(("127.0.0.1", 0), Handler)
    server.taken = []
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Babble(StreamRequestHandler):
    """A service that is no web server."""

    def handle(self) -> None:
        self.wfile.write(b"SSH-2.0-dropbear\r\n")


def not_solved(peer: Peer) -> FollowUp:
    FollowUpReceiver.objects.create(
        name="Desk",
        email="desk@example.org",
        webhook_url=f"http://127.0.0.1:{peer.server_port}/reopen",
        webhook_secret="shared",
    )
    record_answer(InvitationFactory.create().pk, NOT_SOLVED, now=NOW)
    return FollowUp.objects.get()


def test_the_ticket_system_is_told_once_and_signed(peer: Peer) -> None:
    follow_up = not_solved(peer)

    assert call_webhooks(now=NOW) == 1
    assert call_webhooks(now=NOW + timedelta(days=1)) == 0

    ((headers, body),) = peer.taken
    assert json.loads(body)["number"] == follow_up.resolution.ticket.number
    assert is_signed(body, secret="shared", signature=headers["X-Xla-Signature"])


def test_a_refused_call_is_tried_again_until_it_is_given_up(peer: Peer) -> None:
    follow_up = not_solved(peer)
    peer.status = 503
    moment = NOW

    for _ in range(8):
        call_webhooks(now=moment)
        moment += timedelta(days=1)

    follow_up.refresh_from_db()
    assert len(peer.taken) == 5
    assert follow_up.hook_due_at is None
    assert "503" in follow_up.hook_error


def test_a_call_that_is_led_elsewhere_was_not_taken(peer: Peer) -> None:
    follow_up = not_solved(peer)
    peer.status = 302

    assert call_webhooks(now=NOW) == 0

    follow_up.refresh_from_db()
    assert "302" in follow_up.hook_error
    assert len(peer.taken) == 1


def test_what_speaks_no_http_is_tried_again_and_stops_no_other_call(peer: Peer) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), Babble) as babble:
        Thread(target=babble.serve_forever, daemon=True).start()
        wrong = not_solved(peer)
        FollowUpReceiver.objects.update(webhook_url=f"http://127.0.0.1:{babble.server_address[1]}/")
        other = FollowUpReceiver.objects.create(
            name="Mail",
            email="mail@example.org",
            assignment_group="Mail",
            webhook_url=f"http://127.0.0.1:{peer.server_port}/",
            webhook_secret="s",
        )
        resolution = ResolutionFactory.create(assignment_group=other.assignment_group)
        record_answer(InvitationFactory.create(resolution=resolution).pk, NOT_SOLVED, now=NOW)

        assert call_webhooks(now=NOW) == 1
        babble.shutdown()

    wrong.refresh_from_db()
    assert wrong.hook_error.startswith("It cannot be reached")
    assert wrong.hook_due_at == NOW + timedelta(minutes=1)


def test_said_again_after_it_was_taken_back_is_a_delivery_of_its_own(peer: Peer) -> None:
    follow_up = not_solved(peer)
    call_webhooks(now=NOW)
    invitation = follow_up.resolution.invitation
    record_answer(invitation.pk, Answer(4, is_solved=True), now=NOW + timedelta(minutes=1))
    record_answer(invitation.pk, NOT_SOLVED, now=NOW + timedelta(minutes=2))

    assert call_webhooks(now=NOW + timedelta(minutes=2)) == 1

    first, second = (headers["X-Xla-Delivery"] for headers, _ in peer.taken)
    assert first != second


def test_a_title_on_several_lines_is_one_line_in_the_subject(desk: FollowUpReceiver) -> None:
    ticket = TicketFactory.create(number="INC1", short_description="Printer\r\nBcc: all@example.org")
    resolution = ResolutionFactory.create(ticket=ticket)

    record_answer(InvitationFactory.create(resolution=resolution).pk, NOT_SOLVED, now=NOW)

    assert Message.objects.get(kind="notice").subject == "Not solved: INC1 Printer Bcc: all@example.org"


# --- the page of those who wait


def test_many_who_wait_take_as_many_queries_as_one(
    client: Client, viewer: User, desk: FollowUpReceiver, django_assert_num_queries: Any
) -> None:
    client.force_login(viewer)
    record_answer(InvitationFactory.create().pk, NOT_SOLVED, now=NOW)
    with CaptureQueriesContext(connection) as one:
        client.get("/asking/not-solved/")
    for _ in range(4):
        record_answer(InvitationFactory.create().pk, NOT_SOLVED, now=NOW)

    with django_assert_num_queries(len(one)):
        client.get("/asking/not-solved/")


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("", {"INC1", "INC2"}),
        ("supplier=Aster", {"INC1"}),
        ("group=Desk", {"INC1"}),
        ("supplier=Aster&group=Field", set()),
        ("supplier=%00", {"INC1", "INC2"}),
    ],
)
def test_who_waits_is_narrowed_to_a_supplier_and_a_group(
    client: Client, viewer: User, desk: FollowUpReceiver, chosen: str, found: set[str]
) -> None:
    for number, supplier, group in (("INC1", "Aster", "Desk"), ("INC2", "Kestrel", "Field")):
        service = BusinessServiceFactory.create(supplier=supplier)
        resolution = ResolutionFactory.create(on_service=service, assignment_group=group)
        Ticket.objects.filter(pk=resolution.ticket_id).update(number=number)
        record_answer(InvitationFactory.create(resolution=resolution).pk, NOT_SOLVED, now=NOW)
    client.force_login(viewer)

    words = client.get(f"/asking/not-solved/?{chosen}").content.decode()

    assert {number for number in ("INC1", "INC2") if f">{number}<" in words} == found
    assert ("Nobody is waiting here." in words) == (not found)
    assert '<option value="">Every supplier</option>' in words


def test_the_owner_sees_who_waits_and_marks_it_done(
    client: Client, owner: User, service: BusinessService, desk: FollowUpReceiver
) -> None:
    client.force_login(owner)
    assert "Nobody is waiting" in client.get("/asking/not-solved/").content.decode()
    invitation = InvitationFactory.create(resolution=ResolutionFactory.create(on_service=service))
    record_answer(invitation.pk, NOT_SOLVED, now=NOW)

    assert invitation.resolution.ticket.number in client.get("/asking/not-solved/").content.decode()
    client.post(f"/asking/not-solved/{FollowUp.objects.get().pk}/done/")

    done = FollowUp.objects.get()
    assert (done.state, done.done_by) == ("done", owner)


def test_a_stranger_sees_and_changes_nothing(client: Client, stranger: User, desk: FollowUpReceiver) -> None:
    record_answer(InvitationFactory.create().pk, NOT_SOLVED, now=NOW)
    client.force_login(stranger)

    assert "Nobody is waiting" in client.get("/asking/not-solved/").content.decode()
    assert client.post(f"/asking/not-solved/{FollowUp.objects.get().pk}/done/").status_code == 404


def test_erasing_the_person_takes_their_words_out_of_the_mail_to_the_desk(desk: FollowUpReceiver) -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, NOT_SOLVED, now=NOW)

    erase_person(invitation.person, now=NOW)

    mail = Message.objects.get(kind="notice")
    assert (mail.subject, mail.text, mail.recipient) == ("", "", "desk@example.org")


# --- you said, we did


def test_what_was_improved_is_read_on_the_thank_you_page(client: Client, agreement_admin: User) -> None:
    invitation = open_invitation()
    client.force_login(agreement_admin)
    given = {
        "service": invitation.service_id,
        "text_en": "We replaced the printers.",
        "text_ja": "交換しました。",
    }

    assert client.post("/asking/notices/", given).status_code == 302

    assert "We replaced the printers." in client.get("/asking/notices/").content.decode()
    record_answer(invitation.pk, Answer(4), now=timezone.now())
    thanks = f"/s/{invitation.token}/thanks/"
    assert "You said, we did" in client.get(thanks).content.decode()
    assert "交換しました。" in client.get(f"{thanks}?lang=ja").content.decode()
    assert "We replaced the printers." in client.get(f"{thanks}?lang=pl").content.decode()

    client.post(f"/asking/notices/{ServiceNotice.objects.get().pk}/take-back/")
    assert "We replaced the printers." not in client.get(thanks).content.decode()


def test_telling_and_taking_back_stand_in_the_audit_log(
    client: Client, service: BusinessService, agreement_admin: User
) -> None:
    client.force_login(agreement_admin)
    until = timezone.localdate() + timedelta(days=9)
    given = {"service": service.pk, "text_en": "New printers.", "shown_until": until.isoformat()}

    client.post("/asking/notices/", given)
    client.post(f"/asking/notices/{ServiceNotice.objects.get().pk}/take-back/")

    back, told = ConfigurationChange.objects.all()
    assert (told.actor, told.subject) == (agreement_admin, f"service {service.key}")
    assert told.details == [["en", None, "New printers."], ["shown_until", None, until.isoformat()]]
    assert back.details == [["en", "New printers.", None]]


@pytest.mark.parametrize(
    ("shown_from", "shown_until"), [(date(2999, 1, 1), None), (date(2020, 1, 1), date(2020, 2, 1))]
)
def test_a_notice_has_its_time(client: Client, shown_from: date, shown_until: date | None) -> None:
    invitation = open_invitation()
    ServiceNotice.objects.create(
        service=invitation.service, wording={"en": "Done."}, shown_from=shown_from, shown_until=shown_until
    )
    record_answer(invitation.pk, Answer(4), now=timezone.now())

    assert "You said, we did" not in client.get(f"/s/{invitation.token}/thanks/").content.decode()


# --- who hears ----------------------------------------------------------------------------------------------


def test_naming_somebody_makes_the_question_asked(client: Client, agreement_admin: User) -> None:
    client.force_login(agreement_admin)
    typed = {"name": "the Service Desk", "email": "desk@example.org", "assignment_group": ""}

    assert "Nobody hears of it yet" in client.get("/asking/not-solved/").content.decode()
    assert client.post("/asking/not-solved/receivers/", typed).status_code == 302

    assert "Was it really solved?" in page(client, open_invitation())
    assert ConfigurationChange.objects.get().actor == agreement_admin


def test_the_same_group_gets_another_receiver_and_keeps_its_webhook(
    client: Client, agreement_admin: User
) -> None:
    hook = {"webhook_url": "https://itsm.example/hook", "webhook_secret": "s"}
    FollowUpReceiver.objects.create(name="Old", email="old@example.org", assignment_group="Mail", **hook)
    client.force_login(agreement_admin)

    typed = {"name": "New", "email": "new@example.org", "assignment_group": "Mail"}
    client.post("/asking/not-solved/receivers/", typed)

    receiver = FollowUpReceiver.objects.get()
    assert (receiver.name, receiver.webhook_url) == ("New", hook["webhook_url"])


def test_a_wrong_address_names_nobody_and_keeps_what_was_typed(client: Client, agreement_admin: User) -> None:
    client.force_login(agreement_admin)

    response = client.post("/asking/not-solved/receivers/", {"name": "the Desk", "email": "desk"})

    assert response.status_code == 422
    assert 'value="the Desk"' in response.content.decode()
    assert not FollowUpReceiver.objects.exists()


def test_who_was_told_about_a_ticket_is_not_taken_away(
    client: Client, agreement_admin: User, desk: FollowUpReceiver
) -> None:
    client.force_login(agreement_admin)
    spare = FollowUpReceiver.objects.create(name="Spare", email="s@example.org", assignment_group="Spare")
    resolution = ResolutionFactory.create()
    FollowUp.objects.create(
        resolution=resolution, service=resolution.service, receiver=desk, told_at=NOW, due_at=NOW
    )

    for receiver in (desk, spare):
        client.post(f"/asking/not-solved/receivers/{receiver.pk}/take-away/")

    assert list(FollowUpReceiver.objects.all()) == [desk]
