import re
import threading
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection

from surveys.delivery import DeliveryError, MailConnection
from surveys.models import EvidenceChange, Invitation, Message, Person, Resolution
from surveys.services import send_messages as sending
from surveys.services.opt_out import opt_out
from surveys.services.send_messages import send_messages
from surveys.services.withdraw import withdraw_invitations
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    InvitationFactory,
    MessageFactory,
    OptOutFactory,
    PersonFactory,
    ResponseFactory,
)
from tests.servers import SmtpPeer

pytestmark = pytest.mark.django_db


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None
    return str(part.get_content())


def test_with_nothing_due_nobody_is_bothered(smtp: SmtpPeer) -> None:
    MessageFactory.create(due_at=NOW + timedelta(seconds=30))

    assert send_messages(now=NOW) == 0

    assert smtp.messages == []


def test_a_due_invitation_is_mailed_once(smtp: SmtpPeer) -> None:
    message = MessageFactory.create()

    assert send_messages(now=NOW) == 1
    assert send_messages(now=NOW) == 0

    (received,) = smtp.received
    assert received.recipients == (message.recipient,)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_until) == ("sent", 1, None)
    assert abs(message.sent_at - NOW) < timedelta(minutes=1)


# --- what arrives


@pytest.fixture
def mail(smtp: SmtpPeer, settings: Any) -> EmailMessage:
    """A received invitation for token-of-the-mail."""
    settings.PUBLIC_URL = "https://xla.example.org"
    settings.REPLY_TO = "desk@example.org"
    settings.DEFAULT_FROM_EMAIL = "IT Service Desk <noreply@example.org>"
    invitation = InvitationFactory.create(
        token="token-of-the-mail",
        resolution__ticket__number="INC0012345",
        resolution__ticket__short_description="Printer on floor 3\r\nBcc: <all@example.org>",
    )
    MessageFactory.create(invitation=invitation, message_id="<one@xla.example.org>")
    send_messages(now=NOW)
    return smtp.messages[0]


def test_the_mail_says_from_whom_it_comes_and_where_replies_go(mail: EmailMessage) -> None:
    assert mail["From"] == "IT Service Desk <noreply@example.org>"
    assert mail["Reply-To"] == "desk@example.org"
    assert mail["Message-ID"] == "<one@xla.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["Date"]


def test_the_mail_can_be_unsubscribed_at_one_click(mail: EmailMessage) -> None:
    assert mail["List-Unsubscribe"] == "<https://xla.example.org/s/token-of-the-mail/unsubscribe/>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_ticket_cannot_add_a_header(mail: EmailMessage) -> None:
    assert mail["Subject"] == "How did we do with Printer on floor 3 Bcc: <all@example.org>?"
    assert mail["Bcc"] is None


def test_the_text_holds_one_link_per_rating_and_one_for_the_survey(mail: EmailMessage) -> None:
    text = body(mail, "plain")

    base = "https://xla.example.org/s/token-of-the-mail/"
    assert re.findall(r"https?://\S+", text) == [
        *(f"{base}?r={rating}" for rating in range(1, 6)),
        base,
        f"{base}unsubscribe/",
    ]
    assert "How did we do with Printer on floor 3 Bcc: <all@example.org>?" in text
    assert "The team that handled INC0012345 will read your answer" in text


class Parts(HTMLParser):
    """The links, the outside sources and the styled elements of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.sources: list[str] = []
        self.bare_links = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.sources += [source for name in ("src", "background") if (source := given.get(name))]
        if tag == "a":
            self.links.append(given["href"] or "")
            self.bare_links += "style" not in given


def test_the_html_shows_the_scale_as_buttons_and_loads_nothing(mail: EmailMessage) -> None:
    html = body(mail, "html")

    parts = Parts(html)
    base = "https://xla.example.org/s/token-of-the-mail/"
    assert parts.links[:5] == [f"{base}?r={rating}" for rating in range(1, 6)]
    assert parts.links[5:] == [base, f"{base}more/", f"{base}unsubscribe/"]
    assert parts.sources == []
    assert parts.tags.isdisjoint({"img", "script", "link", "iframe", "form"})
    assert "url(" not in html


def test_styles_are_inlined_and_dark_mode_stays(mail: EmailMessage) -> None:
    html = body(mail, "html")

    assert Parts(html).bare_links == 0
    assert "prefers-color-scheme: dark" in html.replace(
        "prefers-color-scheme:dark", "prefers-color-scheme: dark"
    )
    assert "&lt;all@example.org&gt;" in html


def test_the_mail_speaks_the_language_of_its_person(smtp: SmtpPeer) -> None:
    person = PersonFactory.create(time_zone="Europe/Berlin")
    invitation = InvitationFactory.create(
        language="de", resolution__requester=person, closes_at=NOW.replace(hour=23)
    )
    MessageFactory.create(invitation=invitation)

    send_messages(now=NOW)

    (mail,) = smtp.messages
    assert mail["Subject"].startswith("Wie gut haben wir geholfen")
    assert "Offen bis 2. Juni." in body(mail, "plain")
    assert '<html lang="de"' in body(mail, "html")


def test_a_notice_is_sent_as_it_is_stored(smtp: SmtpPeer) -> None:
    MessageFactory.create(
        kind="notice",
        invitation=None,
        recipient="owner@example.org",
        subject="A gap",
        text="See.",
        html="<p>See.</p>",
    )

    send_messages(now=NOW)

    (mail,) = smtp.messages
    assert (mail["Subject"], mail["To"]) == ("A gap", "owner@example.org")
    assert body(mail, "html").strip() == "<p>See.</p>"
    assert mail["List-Unsubscribe"] is None


# --- what is not mailed


def withdrawn(message: Message) -> None:
    Invitation.objects.update(state="withdrawn")


def opted_out(message: Message) -> None:
    OptOutFactory.create(person=message.invitation.person)


def opted_out_of_this_survey(message: Message) -> None:
    survey = message.invitation.survey_version.survey
    OptOutFactory.create(person=message.invitation.person, survey=survey)


def answered(message: Message) -> None:
    ResponseFactory.create(invitation=message.invitation)


def past_its_time(message: Message) -> None:
    Invitation.objects.update(closes_at=NOW)


@pytest.mark.parametrize("happens", [withdrawn, opted_out, opted_out_of_this_survey, answered, past_its_time])
def test_what_is_not_wanted_any_more_is_not_mailed(smtp: SmtpPeer, happens: Any) -> None:
    message = MessageFactory.create()
    happens(message)

    assert send_messages(now=NOW) == 0

    assert smtp.messages == []
    message.refresh_from_db()
    assert message.state == "withdrawn"


def test_who_was_never_mailed_leaves_n(smtp: SmtpPeer) -> None:
    message = MessageFactory.create()
    opted_out(message)

    send_messages(now=NOW)

    resolution = Resolution.objects.get(pk=message.invitation.resolution_id)
    assert resolution.withdrawn_at is not None
    assert EvidenceChange.objects.filter(service=resolution.service, day=resolution.resolved_on).exists()


def test_an_opt_out_takes_back_the_mail_that_waits(smtp: SmtpPeer) -> None:
    message = MessageFactory.create(due_at=NOW)
    opt_out(message.invitation.person, now=NOW)

    send_messages(now=NOW)

    assert smtp.messages == []
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("withdrawn", 0)


# --- quiet hours


def test_nobody_is_mailed_in_their_night(smtp: SmtpPeer) -> None:
    person = PersonFactory.create(time_zone="Asia/Tokyo")  # where it is 21:00
    message = MessageFactory.create(invitation__resolution__requester=person)

    assert send_messages(now=NOW) == 0

    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_until) == ("due", 0, None)
    assert message.due_at == NOW + timedelta(hours=10)
    assert send_messages(now=message.due_at) == 1


def test_mail_to_staff_knows_no_night(smtp: SmtpPeer) -> None:
    MessageFactory.create(kind="notice", invitation=None, recipient="o@example.org", due_at=NOW)

    assert send_messages(now=NOW + timedelta(hours=11)) == 1


# --- failures


def failing(reply: str, smtp: SmtpPeer) -> Message:
    message = MessageFactory.create()
    smtp.refusals[message.recipient] = reply
    send_messages(now=NOW)
    message.refresh_from_db()
    return message


def test_a_transient_refusal_is_tried_again_later_with_the_same_message_id(smtp: SmtpPeer) -> None:
    message = failing("451 4.3.0 Try again later", smtp)
    assert (message.state, message.attempts) == ("due", 1)
    assert message.due_at - NOW > timedelta(seconds=59)
    assert "451" in message.last_error
    assert send_messages(now=NOW) == 0
    smtp.refusals.clear()

    assert send_messages(now=NOW + timedelta(minutes=2)) == 1

    assert smtp.messages[0]["Message-ID"] == message.message_id


def test_a_permanent_refusal_stops_and_a_bad_address_is_remembered(smtp: SmtpPeer) -> None:
    message = failing("550 5.1.1 No such user", smtp)

    assert message.state == "failed"
    assert "550" in message.last_error
    assert Person.objects.get(pk=message.invitation.person_id).address_failed_at is not None


def test_a_refusal_that_is_about_us_does_not_blame_the_address(smtp: SmtpPeer) -> None:
    message = failing("550 5.7.1 Relaying denied", smtp)

    assert message.state == "failed"
    assert Person.objects.get(pk=message.invitation.person_id).address_failed_at is None


def test_a_long_reply_of_a_mail_server_fits_its_column(smtp: SmtpPeer) -> None:
    message = failing("550 5.0.0 " + "x" * 400, smtp)

    assert len(message.last_error) == 300


def test_one_refused_recipient_does_not_stop_the_others(smtp: SmtpPeer) -> None:
    first, second = MessageFactory.create_batch(2)
    smtp.refusals[first.recipient] = "550 5.1.1 No such user"

    assert send_messages(now=NOW) == 1

    assert smtp.received[0].recipients == (second.recipient,)


@pytest.mark.parametrize("recipient", ["0a@[x", "a(b@example.org", "().0@_x}b]}", "a..b@example.org"])
def test_an_address_nobody_can_write_to_does_not_stop_the_others(smtp: SmtpPeer, recipient: str) -> None:
    first, second = MessageFactory.create_batch(2)
    Person.objects.filter(pk=first.invitation.person_id).update(email=recipient)
    Message.objects.filter(pk=first.pk).update(recipient=recipient)

    assert send_messages(now=NOW) == 1

    first.refresh_from_db()
    assert smtp.received[0].recipients == (second.recipient,)
    assert (first.state, first.last_error) == ("failed", "No mail can be written to this address.")
    assert Person.objects.get(pk=first.invitation.person_id).address_failed_at is not None


def test_a_header_that_cannot_be_written_does_not_stop_the_others(smtp: SmtpPeer) -> None:
    notice = {"kind": "notice", "invitation": None}
    broken = MessageFactory.create(recipient="a@example.org", subject="Two\nlines", **notice)
    MessageFactory.create(recipient="b@example.org", subject="One line", **notice)

    assert send_messages(now=NOW) == 1

    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == ("due", 1)
    assert "newlines" in broken.last_error


def test_the_refusal_of_an_old_address_does_not_blame_the_new_one(smtp: SmtpPeer) -> None:
    message = MessageFactory.create()
    Person.objects.filter(pk=message.invitation.person_id).update(email="new@example.org")
    smtp.refusals[message.recipient] = "550 5.1.1 No such user"

    send_messages(now=NOW)

    message.refresh_from_db()
    assert message.state == "failed"
    assert Person.objects.get(pk=message.invitation.person_id).address_failed_at is None


def test_after_five_attempts_a_mail_is_given_up(smtp: SmtpPeer) -> None:
    smtp.data_reply = "451 4.3.0 Full"
    message = MessageFactory.create()
    for day in range(8):
        send_messages(now=NOW + timedelta(hours=7 * day))

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("failed", 5)


def test_a_silent_mail_server_is_a_transient_failure(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    message = MessageFactory.create()

    assert send_messages(now=NOW) == 0

    message.refresh_from_db()
    assert (message.state, message.last_error[:22]) == ("due", "ConnectionRefusedError")


# --- several senders


def test_a_mail_in_the_hands_of_another_sender_is_left_alone(smtp: SmtpPeer) -> None:
    MessageFactory.create(state="claimed", lease_until=NOW + timedelta(minutes=1), attempts=1)

    assert send_messages(now=NOW) == 0


def test_the_mail_of_a_killed_sender_is_taken_over_after_its_lease(smtp: SmtpPeer) -> None:
    message = MessageFactory.create(state="claimed", lease_until=NOW, attempts=1)

    assert send_messages(now=NOW) == 1

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 2)
    assert smtp.messages[0]["Message-ID"] == message.message_id


def test_a_mail_that_kills_its_sender_five_times_is_given_up(smtp: SmtpPeer) -> None:
    message = MessageFactory.create(state="claimed", lease_until=NOW, attempts=5)

    assert send_messages(now=NOW) == 0

    message.refresh_from_db()
    assert message.state == "failed"
    assert smtp.messages == []


def test_a_sender_that_lost_its_lease_does_not_overwrite_its_successor(
    smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = MessageFactory.create()
    stolen = NOW + timedelta(hours=1)

    def send_and_lose(self: MailConnection, mail: Any) -> None:
        Message.objects.update(lease_until=stolen)
        raise DeliveryError("too late", permanent=True)

    monkeypatch.setattr(MailConnection, "send", send_and_lose)

    send_messages(now=NOW)

    message.refresh_from_db()
    assert (message.state, message.lease_until) == ("claimed", stolen)


def test_what_is_withdrawn_between_claim_and_sending_is_not_mailed(
    smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = MessageFactory.create()
    claim = sending._claim

    def claim_then_reopen(*args: Any) -> Any:
        lease = claim(*args)
        withdraw_invitations([message.invitation.resolution_id], now=NOW)
        return lease

    monkeypatch.setattr(sending, "_claim", claim_then_reopen)

    assert send_messages(now=NOW) == 0

    assert smtp.messages == []


def test_mail_goes_over_one_connection(smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail.backends.smtp import EmailBackend

    opened = []
    original = EmailBackend.open

    def count(self: EmailBackend) -> Any:
        new = original(self)
        opened.append(new)
        return new

    monkeypatch.setattr(EmailBackend, "open", count)
    MessageFactory.create_batch(3)

    assert send_messages(now=NOW) == 3

    assert opened.count(True) == 1


def test_a_slow_sender_gives_back_what_it_has_not_begun(
    smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FRESH", timedelta(seconds=-1))
    first, second = MessageFactory.create_batch(2)
    claimed = sending._claim(NOW)

    with MailConnection() as connection:
        assert sending._send_claimed(claimed, connection, lambda: NOW) == 1

    rows = {message.pk: message for message in Message.objects.all()}
    assert (rows[first.pk].state, rows[first.pk].attempts) == ("sent", 1)
    assert (rows[second.pk].state, rows[second.pk].attempts) == ("due", 0)


def test_the_number_of_queries_grows_by_one_per_mail(
    smtp: SmtpPeer, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_running_clock", lambda now: lambda: now)
    service, person = BusinessServiceFactory.create(), PersonFactory.create()
    for _ in range(20):
        invitation = InvitationFactory.create(resolution__on_service=service, resolution__requester=person)
        MessageFactory.create(invitation=invitation)

    with django_assert_max_num_queries(20 + 20):
        assert send_messages(now=NOW) == 20


@pytest.mark.django_db(transaction=True)
def test_two_senders_mail_each_person_once(smtp: SmtpPeer) -> None:
    MessageFactory.create_batch(20)
    together = threading.Barrier(2)
    counts: list[int] = []

    def send() -> None:
        together.wait()
        counts.append(send_messages(now=NOW))
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    recipients = [mail.recipients for mail in smtp.received]
    assert len(recipients) == len(set(recipients)) == sum(counts) == 20


@pytest.mark.django_db(transaction=True)
def test_two_claims_at_once_share_no_mail() -> None:
    MessageFactory.create_batch(10)
    together = threading.Barrier(2)
    claims: list[list[int]] = []

    def claim() -> None:
        for _ in range(10):
            together.wait()
            claims.append([message.pk for message in sending._claim(NOW)])
            if together.wait() == 0:
                Message.objects.update(state="due", lease_until=None, attempts=0)
            together.wait()
        connection.close()

    claimers = [threading.Thread(target=claim) for _ in range(2)]
    for claimer in claimers:
        claimer.start()
    for claimer in claimers:
        claimer.join()

    rounds = [claims[start] + claims[start + 1] for start in range(0, 20, 2)]
    assert all(len(keys) == len(set(keys)) for keys in rounds)
    assert any(rounds)


# --- however long the history is


@pytest.mark.parametrize("state", ["due", "claimed"])
def test_the_sweep_looks_at_waiting_mail_alone(state: str) -> None:
    sent = [Message(kind="notice", state="sent", message_id=str(n), due_at=NOW) for n in range(5000)]
    Message.objects.bulk_create(sent)
    MessageFactory.create(state=state, due_at=NOW, lease_until=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    plan = Message.objects.due(NOW).order_by("due_at", "pk").explain()

    assert "message_due" in plan
    assert "message_claimed" in plan
