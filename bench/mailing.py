"""How fast the outbox empties, beside a loop that renders and sends the same mails without a database.

python -m bench.mailing           prints the table, about two minutes
python -m bench.mailing --write   also writes the section "How fast" of docs/asking.md
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.databases import DATABASES, empty_database
from bench.documents import write_section

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "asking.md"
HEADING = "## How fast"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday: nobody has quiet hours
SERVICES = 14
GOAL = 0.6


def main() -> int:
    """Measure on the databases and print the table; 1 when the goal is missed."""
    arguments = _arguments()
    if arguments.stage:
        return _STAGES[arguments.stage](arguments)
    figures = {name: _on_database(name, arguments) for name in arguments.databases}
    text = _document(figures, arguments)
    print(text)
    if arguments.write:
        write_section(DOCUMENT, HEADING, text)
    return 0 if all(one["ratio"] >= GOAL for one in figures.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--stage", choices=tuple(_STAGES), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _on_database(name: str, arguments: argparse.Namespace) -> dict[str, float]:
    with empty_database(name) as environment, _sink(environment) as port:
        command = [sys.executable, "-m", "bench.mailing", "--stage", "measure", "--port", str(port)]
        command += ["--mails", str(arguments.mails), "--rounds", str(arguments.rounds)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures


@contextmanager
def _sink(environment: Mapping[str, str]) -> Iterator[int]:
    """Run a mail server in a process of its own that takes everything and keeps nothing."""
    command = [sys.executable, "-m", "bench.mailing", "--stage", "sink"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout is not None
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()


# --- stages, each in its own process ------------------------------------------------------------------------


def _run_sink(arguments: argparse.Namespace) -> int:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    from xla_service.embedded.ports import LOOPBACK, free_port

    port = free_port()
    Controller(Sink(), hostname=LOOPBACK, port=port).start()
    print(port, flush=True)
    while True:
        time.sleep(60)


def _measure(arguments: argparse.Namespace) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", arguments.port
    call_command("migrate", verbosity=0)
    write_outbox(arguments.mails, now=NOON)
    _loop(100)  # opens what is opened once: templates, words, the connection to the database
    rounds = [(_outbox(), _loop(arguments.mails)) for _ in range(arguments.rounds)]
    figures = {
        "outbox": statistics.median(arguments.mails / full.seconds for full, _ in rounds),
        "loop": statistics.median(arguments.mails / bare.seconds for _, bare in rounds),
        "ratio": statistics.median(bare.seconds / full.seconds for full, bare in rounds),
        "processor": statistics.median(bare.processor / full.processor for full, bare in rounds),
    }
    print(json.dumps(figures))
    return 0


@dataclass
class Taken:
    """Seconds on the clock and of the processor."""

    seconds: float = 0.0
    processor: float = 0.0


@contextmanager
def _taking() -> Iterator[Taken]:
    taken, seconds, processor = Taken(), time.perf_counter(), time.process_time()
    yield taken
    taken.seconds, taken.processor = time.perf_counter() - seconds, time.process_time() - processor


def _outbox() -> Taken:
    """Return what it took to empty the outbox."""
    from surveys.models import Message
    from surveys.services.send_messages import send_messages

    count = Message.objects.update(
        state=Message.State.DUE, attempts=0, lease_until=None, sent_at=None, due_at=NOON
    )
    with _taking() as taken:
        sent = send_messages(now=NOON)
    assert sent == count, f"{sent} of {count} mails were sent"
    return taken


def _loop(count: int) -> Taken:
    """Return what it took to render and send the same mails, read before, on one connection."""
    from surveys.delivery import MailConnection
    from surveys.models import Message
    from surveys.services.compose_mail import compose_mail

    messages = Message.objects.select_related("invitation__resolution__ticket", "invitation__person")
    shared = ("invitation__service", "invitation__survey_version__questions")
    loaded = list(messages.prefetch_related(*shared).order_by("pk")[:count])
    with _taking() as taken, MailConnection() as connection:
        for message in loaded:
            connection.send(compose_mail(message))
    return taken


def write_outbox(count: int, *, now: datetime) -> None:
    """Write as many people with one invitation each, of several services, whose mails are all due."""
    from surveys.models import BusinessService, Person, Resolution, SendingRule, Ticket
    from surveys.services.decide import decide_resolutions
    from surveys.services.default_survey import create_default_survey

    survey = create_default_survey(now=now).survey
    at_once = {"counts_working_time": False, "delay_minutes": 0, "quiet_from": None, "quiet_until": None}
    SendingRule.objects.filter(survey=survey).update(**at_once)
    services = BusinessService.objects.bulk_create(
        BusinessService(key=f"service-{n}", name=f"Service {n}", survey=survey) for n in range(SERVICES)
    )
    people = Person.objects.bulk_create(
        Person(external_id=f"p{n}", email=f"person{n}@example.org", language=("en", "de")[n % 2])
        for n in range(count)
    )
    tickets = Ticket.objects.bulk_create(
        Ticket(
            source="bench",
            number=f"INC{n:07d}",
            service=services[n % SERVICES],
            requester=person,
            short_description=f"Printer {n} prints nothing",
            opened_at=now - timedelta(hours=9),
            state="resolved",
        )
        for n, person in enumerate(people)
    )
    Resolution.objects.bulk_create(
        Resolution(
            ticket=ticket,
            service=ticket.service,
            person=ticket.requester,
            resolved_at=now,
            resolved_on=now.date(),
            minutes_to_resolve=300,
            user_clock_minutes=300,
        )
        for ticket in tickets
    )
    decide_resolutions(now=now)


_STAGES: dict[str, Callable[[argparse.Namespace], int]] = {"sink": _run_sink, "measure": _measure}


# --- the document -------------------------------------------------------------------------------------------


def _document(figures: Mapping[str, Mapping[str, float]], arguments: argparse.Namespace) -> str:
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    rows = [
        f"| {names[name]} | {one['outbox']:,.0f} | {one['loop']:,.0f} | {one['ratio']:.2f} "
        f"| {one['processor']:.2f} |"
        for name, one in figures.items()
    ]
    about = [
        HEADING,
        "",
        f"Mails per second of one sender: median of {arguments.rounds} rounds of {arguments.mails:,} mails,",
        "on 2 cores, the mail server a process of its own beside it. The loop renders and sends the same",
        "mails on one connection without a database;",
        f"the goal is {GOAL:.1f} of its rate (`python -m bench.mailing --write`).",
        "",
        "| database | outbox | loop | outbox / loop | by processor time |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*about, *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
