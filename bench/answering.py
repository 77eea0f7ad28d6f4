"""How fast answers are taken, alone and while a large import writes, on both databases.

python -m bench.answering           prints the table, some minutes; --tickets makes the import smaller
python -m bench.answering --write   also writes the section "Speed of answering" of docs/operations.md

Starts the service as `manage.py up` does. Four people at a time open a survey and send it, once without a
pause, which shows how many answers can be taken, and then at a steady pace, which shows how long each one
waits; what is timed is sending. Tickets are spread over a hundred services. The clients run on the same
machine and take their share of it.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import itertools
import os
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.databases import DATABASES, empty_database
from bench.documents import write_section

if TYPE_CHECKING:
    from surveys.engine.tickets import TicketRecord

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "operations.md"
HEADING = "## Speed of answering"
CLIENTS = 4
ALONE_SECONDS = 15
STEADY_RATE = 10.0  # answers a second
TIMEOUT_SECONDS = 30
INVITATIONS = 20_000
SERVICES = 100
READY_SECONDS = 120
ANSWER = urllib.parse.urlencode({"rating": "4", "comment": "It works again, thank you."})
HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept-Language": "en",
}
Figures = dict[str, float]


def main() -> int:
    """Measure on the databases and print the table."""
    arguments = _arguments()
    if arguments.prepare:
        _prepare(arguments.prepare, arguments.tickets)
        return 0
    text = _document({name: _on_database(name, arguments) for name in arguments.databases}, arguments)
    print(text)
    if arguments.write:
        write_section(DOCUMENT, HEADING, text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=30_000, help="Rows of the import.")
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _on_database(name: str, arguments: argparse.Namespace) -> Figures:
    with empty_database(name) as environment:
        return _measure(Path(environment["XLA_DATA_DIR"]), environment, arguments.tickets)


def _measure(folder: Path, environment: Mapping[str, str], tickets: int) -> Figures:
    prepare = [sys.executable, "-m", "bench.answering", "--prepare", str(folder), "--tickets", str(tickets)]
    subprocess.run(prepare, cwd=ROOT, env=environment, check=True)
    people = Crowd(iter((folder / "tokens").read_text(encoding="utf-8").split()))
    with _service(folder, environment) as people.port:
        flat_out = people.answer_while(_for(ALONE_SECONDS))
        people.pause = CLIENTS / STEADY_RATE
        alone = people.answer_while(_for(ALONE_SECONDS))
        command = [sys.executable, "manage.py", "import_tickets", str(folder / "tickets.csv")]
        started = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as importing:
            during = people.answer_while(lambda: importing.poll() is None)
        seconds = time.monotonic() - started
    if importing.returncode:
        raise SystemExit("The import failed; see above.")
    return {
        **_prefixed("flat_out", flat_out),
        **_prefixed("alone", alone),
        **_prefixed("during", during),
        "import_seconds": seconds,
    }


def _for(seconds: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() < deadline


@contextmanager
def _service(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Run the service on a free port and yield the port; its words go to a file of the folder."""
    from xla_service.embedded.ports import free_port

    port = free_port()
    with (folder / "words").open("wb") as words:
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=words, stderr=words)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while "Ready" not in (folder / "words").read_text(encoding="utf-8"):
            if running.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "words").read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield port
    finally:
        running.terminate()
        running.wait(timeout=60)


class Crowd:
    """People who answer one survey after the other, several at a time; each begins every `pause` seconds."""

    def __init__(self, tokens: Iterator[str]) -> None:
        self.port = 0
        self.pause = 0.0
        self._tokens = tokens
        self._lock = threading.Lock()
        self._seconds: list[float] = []

    def answer_while(self, going: Callable[[], bool]) -> Figures:
        """Answer as long as `going` says so; return the rate per second and the milliseconds of sending."""
        self._seconds = []
        started = time.monotonic()
        firsts = (started + number * self.pause / CLIENTS for number in range(CLIENTS))
        threads = [threading.Thread(target=self._answer, args=(going, first)) for first in firsts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lasted = time.monotonic() - started
        taken = np.array(self._seconds) * 1000
        middle, late, last = np.percentile(taken, (50, 99, 100))
        return {"rate": len(taken) / lasted, "p50": middle, "p99": late, "longest": last}

    def _answer(self, going: Callable[[], bool], due: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        while going():
            time.sleep(max(0.0, due - time.monotonic()))
            due += self.pause
            with self._lock:
                token = next(self._tokens, None)
            if token is None:
                raise SystemExit("No invitation is left; raise INVITATIONS.")
            self._ask(connection, "GET", token, expected=200)
            seconds = self._ask(connection, "POST", token, expected=302)
            with self._lock:
                self._seconds.append(seconds)
        connection.close()

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, token: str, *, expected: int
    ) -> float:
        started = time.perf_counter()
        connection.request(method, f"/s/{token}/", body=ANSWER if method == "POST" else None, headers=HEADERS)
        response = connection.getresponse()
        response.read()
        if response.status != expected:
            raise SystemExit(f"{method} answered {response.status}.")
        return time.perf_counter() - started


# --- preparing, in a process of its own ---------------------------------------------------------------------


def _prepare(folder: Path, tickets: int) -> None:
    """Write open invitations and their tokens, and the file to import."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from surveys.models import BusinessService, Invitation
    from surveys.services.decide import decide_resolutions
    from surveys.services.default_survey import create_default_survey
    from surveys.services.register_tickets import register_tickets

    now = datetime.now(UTC)
    survey = create_default_survey(now=now).survey
    fleet = (BusinessService(key=f"service-{n}", name=f"Service {n}", survey=survey) for n in range(SERVICES))
    BusinessService.objects.bulk_create(fleet)
    register_tickets(list(_resolved(now)), source="servicenow", now=now)
    decide_resolutions(now=now)
    tokens = Invitation.objects.values_list("token", flat=True)
    (folder / "tokens").write_text("\n".join(tokens), encoding="utf-8")
    with (folder / "tickets.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(itertools.chain([_COLUMNS], _rows(tickets, now)))


_COLUMNS = (
    "number",
    "business_service",
    "caller_id",
    "caller_email",
    "state",
    "opened_at",
    "resolved_at",
    "closed_at",
    "made_sla",
    "priority",
    "category",
)


def _rows(tickets: int, now: datetime) -> Iterator[tuple[object, ...]]:
    """Return closed tickets of the last year, as an export has them."""
    step = timedelta(days=365) / tickets
    for number in range(tickets):
        resolved_at = now - timedelta(days=2) - number * step
        times = (
            resolved_at - timedelta(hours=number % 50 + 1),
            resolved_at,
            resolved_at + timedelta(hours=1),
        )
        written = [f"{at:%Y-%m-%d %H:%M:%S}" for at in times]
        person = f"c{number % 5000}"
        yield (
            f"INC{number:07}",
            f"Service {number % SERVICES}",
            person,
            f"{person}@example.org",
            "Closed",
            *written,
            number % 5 > 0,
            number % 4 + 1,
            "software",
        )


def _resolved(now: datetime) -> Iterator[TicketRecord]:
    """Return tickets resolved just now, each of another person."""
    from surveys.engine.tickets import Requester, TicketRecord

    for number in range(INVITATIONS):
        yield TicketRecord(
            number=f"NEW{number}",
            state="resolved",
            service=f"Service {number % SERVICES}",
            requester=Requester(external_id=f"n{number}", email=f"n{number}@example.org"),
            opened_at=now - timedelta(hours=2),
            resolved_at=now - timedelta(minutes=1),
        )


# --- the document -------------------------------------------------------------------------------------------


_ROWS: tuple[tuple[str, str, str], ...] = (
    ("answers a second without a pause", "flat_out_rate", "{:.0f}"),
    ("... half are taken within", "flat_out_p50", "{:.0f} ms"),
    ("... 99 of 100 within", "flat_out_p99", "{:.0f} ms"),
    (f"{STEADY_RATE:.0f} a second: half are taken within", "alone_p50", "{:.0f} ms"),
    ("... 99 of 100 within", "alone_p99", "{:.0f} ms"),
    (f"{STEADY_RATE:.0f} a second, during the import: half are taken within", "during_p50", "{:.0f} ms"),
    ("... 99 of 100 within", "during_p99", "{:.0f} ms"),
    ("... the longest", "during_longest", "{:.0f} ms"),
    ("the import, beside the answers", "import_seconds", "{:.0f} s"),
)


def _prefixed(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _document(figures: Mapping[str, Figures], arguments: argparse.Namespace) -> str:
    """Return the section in Markdown, one column per database."""
    lines = [
        HEADING,
        "",
        f"{CLIENTS} people at a time open a survey and send it, while `manage.py import_tickets` takes in"
        f" {arguments.tickets:,} tickets. Service,",
        f"database, import and the people's browsers share one machine with {os.cpu_count()} cores. Written"
        " by `python -m bench.answering --write`; do not edit.",
        "",
        f"| | {' | '.join(figures)} |",
        f"|---|{'---|' * len(figures)}",
    ]
    for name, key, form in _ROWS:
        lines.append(f"| {name} | {' | '.join(form.format(found[key]) for found in figures.values())} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
