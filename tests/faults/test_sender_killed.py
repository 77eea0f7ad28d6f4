"""A fan-out of ten thousand invitations whose sending worker is killed twenty times."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from celery import Celery
from django.db import connection
from django.utils import timezone

from bench.mailing import write_outbox
from surveys.models import Message, Person
from surveys.services.opt_out import opt_out
from tests.servers import ValkeyServer, wait_until
from xla_service.embedded.ports import LOOPBACK, free_port
from xla_service.settings import BASE_DIR

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PEOPLE = 10_000
KILLS = 20
OPT_OUTS_PER_KILL = 5
SEND = "surveys.tasks.send_due_messages"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)
PATIENCE_SECONDS = 900


@dataclass
class Sink:
    """A mail server that remembers who got which Message-ID, and when."""

    port: int = field(default_factory=free_port)
    copies: Counter[str] = field(default_factory=Counter)
    message_ids: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    last_at: dict[str, float] = field(default_factory=dict)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail for good: whoever confirms it later has been told so."""
        assert isinstance(envelope.content, bytes)
        found = MESSAGE_ID.search(envelope.content)
        assert found is not None
        for recipient in envelope.rcpt_tos:
            self.copies[recipient] += 1
            self.message_ids[recipient].add(found.group(1))
            self.last_at[recipient] = time.monotonic()
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()
    controller = Controller(kept, hostname=LOOPBACK, port=kept.port)
    controller.start()
    yield kept
    controller.stop()


def environment(sink: Sink, valkey: ValkeyServer, folder: Path) -> dict[str, str]:
    """Return what the product's own settings need to work on the database of this test."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "xla_service.settings",
        "DATABASE_URL": url,
        "REDIS_URL": valkey.url,
        "XLA_DATA_DIR": str(folder),
        "XLA_SMTP_HOST": LOOPBACK,
        "XLA_SMTP_PORT": str(sink.port),
        "XLA_LOG_LEVEL": "WARNING",
    }


@contextmanager
def worker(variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the product's worker until it is killed."""
    command = [sys.executable, "-m", "celery", "--app", "xla_service.celery", "worker", "--pool", "threads"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--concurrency", "2"],
            cwd=BASE_DIR, env=variables, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send_until(sink: Sink, count: int, clock: Celery, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wake the sender as the clock does, until so many people have got their mail."""

    def is_there() -> bool:
        assert process.poll() is None, log.read_text()[-2000:]
        if time.monotonic() - woken[0] > 1:
            woken[0] = time.monotonic()
            clock.send_task(SEND, expires=1)
        return len(sink.copies) >= count

    woken = [0.0]
    wait_until(is_there, f"{len(sink.copies)} of {count} mails came.", seconds=PATIENCE_SECONDS)


def let_leases_run_out() -> None:
    """Move the clock of the killed sender's claims; the lease itself is tested with the outbox."""
    Message.objects.filter(state=Message.State.CLAIMED).update(lease_until=timezone.now())


def opt_some_out() -> dict[str, float]:
    """Opt people out whose mail the killed sender held or never saw; return when each said so."""
    said: dict[str, float] = {}
    for state in (Message.State.CLAIMED, Message.State.DUE):
        keys = (
            Message.objects.filter(state=state).order_by("-pk").values_list("invitation__person", flat=True)
        )
        for person in Person.objects.filter(pk__in=list(keys[:OPT_OUTS_PER_KILL])):
            opt_out(person, now=timezone.now())
            said[person.email] = time.monotonic()
    return said


def test_ten_thousand_are_mailed_though_the_sender_is_killed_twenty_times(
    sink: Sink, valkey: ValkeyServer, tmp_path: Path
) -> None:
    write_outbox(PEOPLE, now=timezone.now())
    variables, log = environment(sink, valkey, tmp_path), tmp_path / "worker.log"
    clock = Celery(broker=valkey.url)
    opted_out: dict[str, float] = {}

    for kill in range(1, KILLS + 1):
        with worker(variables, log) as process:
            send_until(sink, kill * PEOPLE // (KILLS + 2), clock, process, log)
        opted_out |= opt_some_out()
        let_leases_run_out()
    with worker(variables, log) as process:
        wanted = PEOPLE - len(opted_out.keys() - sink.copies.keys())
        send_until(sink, wanted, clock, process, log)
        wait_until(lambda: not left(), "Mail was left over.", seconds=PATIENCE_SECONDS)
    clock.close()

    everybody: set[Any] = set(Person.objects.values_list("email", flat=True))
    assert everybody - sink.copies.keys() <= opted_out.keys()
    assert sum(sink.copies.values()) - len(sink.copies) <= KILLS
    assert {len(ids) for ids in sink.message_ids.values()} == {1}
    late = [person for person, said_at in opted_out.items() if sink.last_at.get(person, 0) > said_at]
    assert late == []
    assert len(opted_out) >= KILLS * OPT_OUTS_PER_KILL


def left() -> bool:
    """Say whether mail is still due or in the hands of a sender."""
    return Message.objects.filter(state__in=[Message.State.DUE, Message.State.CLAIMED]).exists()
