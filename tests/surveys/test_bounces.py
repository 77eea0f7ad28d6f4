import mailbox
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from surveys.bounce_mailbox import MailboxError, read_new_mail
from surveys.models import Bounce, Message, Person, User
from surveys.services.decide import decide_resolutions
from surveys.services.send_messages import send_messages
from surveys.services.take_bounces import take_bounce
from tests.engine.test_bounces import ORIGINAL, report
from tests.factories import NOW, MessageFactory, ResolutionFactory
from tests.servers import SmtpPeer

pytestmark = pytest.mark.django_db


def sent(**values: Any) -> Message:
    return MessageFactory.create(state="sent", sent_at=NOW, message_id="<abc@xla.example.org>", **values)


def person_of(message: Message) -> Person:
    return Person.objects.get(pk=message.invitation.person_id)


def test_a_wrong_address_is_marked_and_asked_no_more() -> None:
    message = sent()

    assert take_bounce(report(), now=NOW) == 1

    person = person_of(message)
    assert person.address_failed_at == NOW
    assert "Recipient address rejected" in person.address_problem
    message.refresh_from_db()
    assert (message.state, message.last_error[:9]) == ("failed", "Came back")
    again = ResolutionFactory.create(requester=person)
    decide_resolutions(now=NOW)
    again.refresh_from_db()
    assert again.decision.reason == "no_address"


def test_a_full_mailbox_rests_longer_each_time() -> None:
    message = sent()
    rests = []
    for week in range(3):
        now = NOW + timedelta(weeks=week)
        take_bounce(report(status=f"4.2.{week}"), now=now)
        rests.append(person_of(message).address_rests_until - now)

    assert rests == [timedelta(days=1), timedelta(days=7), timedelta(days=30)]
    assert person_of(message).address_failed_at is None


def test_a_report_read_twice_counts_once() -> None:
    sent()

    assert [take_bounce(report(status="4.2.2"), now=NOW) for _ in range(2)] == [1, 0]

    assert Bounce.objects.count() == 1


def test_nobody_can_mark_an_address_without_the_mail_we_sent() -> None:
    message = sent()

    assert take_bounce(report(original=ORIGINAL.replace("abc", "guessed")), now=NOW) == 0

    assert person_of(message).address_failed_at is None


def test_a_bounce_of_an_old_address_leaves_the_new_one_alone() -> None:
    message = sent(recipient="anna.before@example.org")

    take_bounce(report(), now=NOW)

    assert person_of(message).address_failed_at is None


def test_bounces_go_to_the_address_of_the_envelope(smtp: SmtpPeer, settings: Any) -> None:
    settings.BOUNCES_TO = "bounces@example.org"
    settings.DEFAULT_FROM_EMAIL = "IT Service Desk <desk@example.org>"
    MessageFactory.create()

    send_messages(now=NOW)

    (mail,) = smtp.received
    assert mail.sender == "bounces@example.org"
    assert mail.message["From"] == "IT Service Desk <desk@example.org>"
    assert len(mail.message.get_all("From")) == 1


def test_failed_mail_is_listed_and_sent_again(smtp: SmtpPeer, agreement_admin: User) -> None:
    message = sent()
    take_bounce(report(status="4.2.2"), now=NOW)
    client = Client()
    client.force_login(agreement_admin)
    assert "Recipient address rejected" in client.get("/asking/failed-mail/").content.decode()

    client.post("/asking/failed-mail/send-again/", {"message": [message.pk, "x"]})

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("due", 0)


# --- mailboxes


@pytest.fixture
def maildir(tmp_path: Path) -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "bounces")


def test_a_maildir_is_read_once(maildir: mailbox.Maildir, settings: Any, capsys: Any) -> None:
    sent()
    maildir.add(report())
    maildir.add(EmailMessage())
    settings.BOUNCE_MAILBOX = f"maildir:{maildir._path}"

    for _ in range(2):
        call_command("read_bounces")

    first, second = capsys.readouterr().out.splitlines()
    assert first == "2 mails read, 1 failed deliveries."
    assert second == "0 mails read, 0 failed deliveries."


def test_mail_that_was_read_is_not_opened_again(maildir: mailbox.Maildir) -> None:
    maildir.add(report())
    read_new_mail(f"maildir:{maildir._path}", lambda content: None)
    (old,) = (Path(maildir._path) / "cur").iterdir()
    old.unlink()
    old.symlink_to("nowhere")  # whoever opened it would fail

    assert old.name.endswith(":2,S")
    assert read_new_mail(f"maildir:{maildir._path}", lambda content: None) == 0


def test_a_mail_that_somebody_flagged_keeps_its_flags(maildir: mailbox.Maildir) -> None:
    mail = mailbox.MaildirMessage(report())
    mail.set_subdir("cur")
    mail.set_flags("F")
    maildir.add(mail)

    assert read_new_mail(f"maildir:{maildir._path}", lambda content: None) == 1

    assert [each.get_flags() for each in maildir] == ["FS"]


def test_a_mail_that_fails_is_read_again(maildir: mailbox.Maildir) -> None:
    maildir.add(report())

    def fail(content: bytes) -> None:
        raise RuntimeError("The database is away.")

    with pytest.raises(RuntimeError):
        read_new_mail(f"maildir:{maildir._path}", fail)

    read: list[bytes] = []
    assert read_new_mail(f"maildir:{maildir._path}", read.append) == 1
    assert b"Recipient address rejected" in read[0]


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("pop3://x", "neither"),
        ("maildir:/nowhere/at/all", "no Maildir"),
        ("imap://u:p@127.0.0.1:9/", "Check"),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_what_to_correct(address: str, complaint: str) -> None:
    with pytest.raises(MailboxError, match=complaint):
        read_new_mail(address, lambda content: None)


def test_without_a_mailbox_the_command_says_what_to_set(settings: Any) -> None:
    settings.BOUNCE_MAILBOX = ""

    with pytest.raises(CommandError, match="XLA_BOUNCE_MAILBOX"):
        call_command("read_bounces")


class ImapPeer(StreamRequestHandler):
    """The few words of IMAP that reading takes, over a folder with two mails of which one is new."""

    seen: set[str]
    logins: list[str]

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command, rest = [*line.decode().strip().split(" ", 2), ""][:3]
            self.answer(command.upper(), rest)
            self.wfile.write(f"{tag} OK done\r\n".encode())
            if command.upper() == "LOGOUT":
                return

    def answer(self, command: str, rest: str) -> None:
        if command == "CAPABILITY":
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif command == "LOGIN":
            self.logins.append(rest)
        elif command == "AUTHENTICATE":
            self.wfile.write(b"+ \r\n")
            self.logins.append(b64decode(self.rfile.readline()).decode())
        elif command == "SELECT":
            self.logins.append(rest)
            self.wfile.write(b"* 2 EXISTS\r\n")
        elif rest.startswith("SEARCH"):
            self.wfile.write(f"* SEARCH {' '.join(sorted({'7'} - self.seen))}\r\n".encode())
        elif rest.startswith("FETCH"):
            content = report().replace(b"\n", b"\r\n")
            self.wfile.write(b"* 2 FETCH (UID 7 BODY[] {%d}\r\n" % len(content) + content + b")\r\n")
        elif rest.startswith("STORE"):
            self.seen.add(rest.split()[1])


@contextmanager
def running_imap() -> Iterator[ThreadingTCPServer]:
    ImapPeer.seen, ImapPeer.logins = set(), []
    with ThreadingTCPServer(("127.0.0.1", 0), ImapPeer) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_an_imap_folder_is_read_once() -> None:
    read: list[bytes] = []
    with running_imap() as server:
        address = f"imap://desk%40example.org:p%2Fw@127.0.0.1:{server.server_address[1]}/INBOX"

        counts = [read_new_mail(address, read.append) for _ in range(2)]

    assert counts == [1, 0]
    assert b"Recipient address rejected" in read[0]
    assert "desk@example.org" in ImapPeer.logins[0]
    assert "p/w" in ImapPeer.logins[0]


def test_a_password_and_a_folder_may_hold_any_letter() -> None:
    with running_imap() as server:
        place = f"127.0.0.1:{server.server_address[1]}"
        read_new_mail(f"imap://desk:p%C3%A4ss@{place}/R%C3%BCckl%C3%A4ufer%20%26%20Co", lambda mail: None)

    assert ImapPeer.logins == ["\0desk\0päss", '"R&APw-ckl&AOQ-ufer &- Co"']
