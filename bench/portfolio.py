"""How fast the reading pages are made and shown, with many services and a long history.

python -m bench.portfolio           prints the table in two minutes; --services and --months make it smaller
python -m bench.portfolio --write   also writes the section "How fast the pages are" of docs/interface.md

Invented results go into a database of their own in a temporary folder. Server time is measured in the process
that makes the page, first paint in Chromium against the server of the product.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from bench.databases import empty_database
from bench.documents import write_section

if TYPE_CHECKING:
    from django.test import Client

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "interface.md"
HEADING = "## How fast the pages are"
ROUNDS = 15
PAINTS = 5
READER, PASSWORD = "reader", "a long password"
SERVICE = "service-0"
# Name, address, whether htmx asks for the part alone, and whether the page draws charts.
PAGES = (
    ("portfolio", "/", False, True),
    ("portfolio, the table alone", "/", True, False),
    ("service, overview", f"/services/{SERVICE}/", False, False),
    ("service, why", f"/services/{SERVICE}/why/", False, False),
    ("service, over time", f"/services/{SERVICE}/time/", False, True),
    ("service, people", f"/services/{SERVICE}/people/", False, False),
    ("service, comments", f"/services/{SERVICE}/comments/", False, False),
    ("service, tickets", f"/services/{SERVICE}/tickets/", False, False),
    ("service, compare", f"/services/{SERVICE}/compare/?with=service-1", False, True),
    ("gap inbox", "/gaps/", False, False),
    ("comments", "/comments/", False, False),
    ("actions", "/actions/", False, False),
    ("executive", "/executive/?month=2026-04", False, False),
    ("executive, IT operations alone", "/executive/operations/?month=2026-04", True, False),
    ("reviews", "/reviews/", False, False),
    ("KPI tree", "/kpi-tree/", False, False),
)
MOST_MILLISECONDS, MOST_PAINT = 100.0, 1000.0
MOST_QUERIES, MOST_QUERIES_ELSEWHERE = 12, 24
MOST_KILOBYTES = {True: 400.0, False: 60.0}
_ASSET = re.compile(r'(?:src|href)="/(static/[^"#]+\.(?:css|js|svg))')
_LIBRARY = re.compile(r'data-echarts="/(static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Figures:
    """What one page costs; sizes are those of the compressed files, the font apart."""

    name: str
    has_charts: bool
    queries: int
    milliseconds: float
    slowest: float
    processor: float
    kilobytes: float
    with_files: float
    first_paint: float | None = None

    @property
    def holds(self) -> bool:
        """Say whether the page keeps to its limits."""
        return (
            self.milliseconds < MOST_MILLISECONDS
            and self.queries <= (MOST_QUERIES if "portfolio" in self.name else MOST_QUERIES_ELSEWHERE)
            and self.with_files <= MOST_KILOBYTES[self.has_charts]
            and (self.first_paint is None or self.first_paint < MOST_PAINT)
        )


def main() -> int:
    """Measure and print the table; 1 when a page misses a limit."""
    arguments = _arguments()
    if arguments.stage:
        _STAGES[arguments.stage](arguments)
        return 0
    figures = _measure(arguments)
    text = _document(figures, arguments)
    print(text)
    if arguments.write:
        write_section(DOCUMENT, HEADING, text)
    return 0 if all(page.holds for page in figures) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--stage", choices=tuple(_STAGES), help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(arguments: argparse.Namespace) -> list[Figures]:
    with empty_database("sqlite") as environment:
        _stage("fill", arguments, environment)
        figures = [Figures(**row) for row in json.loads(_stage("time", arguments, environment))]
        with _server(environment) as address:
            paints = _first_paints(address)
    return [Figures(**asdict(page) | {"first_paint": paints.get(page.name)}) for page in figures]


def _stage(name: str, arguments: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """Run a stage in a process of its own and return the last line it writes."""
    command = [sys.executable, "-m", "bench.portfolio", "--stage", name]
    command += ["--services", str(arguments.services), "--months", str(arguments.months)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return (done.stdout.splitlines() or [""])[-1]


# --- filling ------------------------------------------------------------------------------------------------


def _fill(arguments: argparse.Namespace) -> None:
    """Write services with results of every kind, gaps, groups, and one service with many answers."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from bench.portfolio_rows import write_portfolio

    write_portfolio(services=arguments.services, months=arguments.months, reader=READER, password=PASSWORD)


# --- timing -------------------------------------------------------------------------------------------------


def _time(_: argparse.Namespace) -> None:
    """Print the figures of every page but its paint as JSON."""
    import django

    django.setup()
    from django.test import Client

    from surveys.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=READER), backend="django.contrib.auth.backends.ModelBackend")
    print(json.dumps([asdict(_figures(client, *page)) for page in PAGES]))


def _figures(client: Client, name: str, address: str, is_part: bool, has_charts: bool) -> Figures:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    headers = {"HX-Request": "true"} if is_part else {}
    _ask(client, address, headers)
    with CaptureQueriesContext(connection) as queries:
        body = _ask(client, address, headers)
    asked = len(queries)  # the next request forgets them
    walls, processors = zip(*(_timed(client, address, headers) for _ in range(ROUNDS)), strict=True)
    return Figures(
        name=name,
        has_charts=has_charts,
        queries=asked,
        milliseconds=median(walls),
        slowest=max(walls),
        processor=median(processors),
        kilobytes=_compressed(body),
        with_files=_compressed(body) + _files(body),
    )


def _ask(client: Client, address: str, headers: Mapping[str, str]) -> bytes:
    response = client.get(address, headers=dict(headers))
    if response.status_code != 200:
        raise SystemExit(f"{address} answered {response.status_code}.")
    return bytes(response.content)


def _timed(client: Client, address: str, headers: Mapping[str, str]) -> tuple[float, float]:
    wall, processor = perf_counter(), process_time()
    _ask(client, address, headers)
    return 1000 * (perf_counter() - wall), 1000 * (process_time() - processor)


def _compressed(content: bytes) -> float:
    return len(gzip.compress(content, compresslevel=6)) / 1024


def _files(body: bytes) -> float:
    """Return the kilobytes of the styles, scripts and icons that a page names, each once, as served."""
    from django.conf import settings

    named = set(_ASSET.findall(body.decode()))
    if b"data-chart=" in body:  # the library of the charts is fetched where there is one
        named |= set(_LIBRARY.findall(body.decode()))
    return sum(
        _compressed((settings.STATIC_ROOT / name.removeprefix("static/")).read_bytes()) for name in named
    )


# --- first paint --------------------------------------------------------------------------------------------


@contextmanager
def _server(environment: Mapping[str, str]) -> Iterator[str]:
    """Serve the pages as the product does, on a free port, and yield the address."""
    from tests.servers import wait_until
    from xla_service.embedded.ports import LOOPBACK, answers, free_port

    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:xla_service.embedded.gunicorn_settings"]
    command += ["--bind", f"{LOOPBACK}:{port}", "--log-level", "error", "xla_service.wsgi"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            wait_until(lambda: answers(port), "The web server did not start.")
            yield f"http://{LOOPBACK}:{port}"
        finally:
            server.terminate()


def _first_paints(address: str) -> dict[str, float]:
    """Return the median first contentful paint of each whole page, in milliseconds, nothing in the cache."""
    from playwright.sync_api import sync_playwright

    from tests.servers import chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        first = browser.new_page()
        first.goto(f"{address}/sign-in/")
        first.get_by_label("User name").fill(READER)
        first.get_by_label("Password").fill(PASSWORD)
        first.get_by_role("button", name="Sign in").click()
        first.get_by_role("heading", name="Portfolio").wait_for()
        signed_in = first.context.storage_state()
        found = {
            name: median(_paint(browser, signed_in, address + path) for _ in range(PAINTS))
            for name, path, is_part, _ in PAGES
            if not is_part
        }
        browser.close()
    return found


def _paint(browser: Any, signed_in: Any, address: str) -> float:
    context = browser.new_context(storage_state=signed_in, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    seen = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    page.wait_for_function(seen)
    milliseconds = float(page.evaluate(seen))
    context.close()
    return milliseconds


# --- the document -------------------------------------------------------------------------------------------


def _document(figures: list[Figures], arguments: argparse.Namespace) -> str:
    """Return the section in Markdown."""
    lines = [
        HEADING,
        "",
        f"With {arguments.services:,} services and {arguments.months} months of results on SQLite, on a"
        f" machine with {os.cpu_count()} cores and a load of {os.getloadavg()[0]:.1f} meanwhile. Written by"
        " `python -m bench.portfolio --write`; do not edit.",
        f"Limits: {MOST_MILLISECONDS:.0f} ms and {MOST_QUERIES} queries on the server for the portfolio"
        f" ({MOST_QUERIES_ELSEWHERE} elsewhere), first paint within"
        f" {MOST_PAINT / 1000:.0f} s, {MOST_KILOBYTES[False]:.0f} KB compressed with styles, scripts and"
        f" icons ({MOST_KILOBYTES[True]:.0f} KB with charts), the font of 47 KB apart.",
        "",
        "| page | server | slowest of 15 | processor | queries | page | with its files | first paint |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(page) for page in figures)]) + "\n"


def _line(page: Figures) -> str:
    paint = f"{page.first_paint:.0f} ms" if page.first_paint is not None else ""
    cells = (
        f"{page.milliseconds:.0f} ms",
        f"{page.slowest:.0f} ms",
        f"{page.processor:.0f} ms",
        str(page.queries),
        f"{page.kilobytes:.0f} KB",
        f"{page.with_files:.0f} KB",
        paint,
    )
    return f"| {page.name}{'' if page.holds else ' **(over)**'} | {' | '.join(cells)} |"


_STAGES = {"fill": _fill, "time": _time}

if __name__ == "__main__":
    sys.exit(main())
