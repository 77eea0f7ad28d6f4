"""How long measuring takes: 1,000 services x 12 indicators over 28 days, on both databases.

python -m bench.measuring           prints the tables, some minutes; --services and --months make it smaller
python -m bench.measuring --write   also writes the section "What it costs" of docs/measuring.md
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.databases import DATABASES, empty_database
from bench.documents import write_section

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "measuring.md"
HEADING = "## What it costs"
REPEATS = 15
Figures = dict[str, float]


def main() -> int:
    """Measure on the databases and print the table."""
    arguments = _arguments()
    if arguments.stage:
        print(json.dumps(_STAGES[arguments.stage](arguments)))
        return 0
    figures = {name: _on_database(name, arguments) for name in arguments.databases}
    text = _document(figures, arguments)
    print(text)
    if arguments.write:
        write_section(DOCUMENT, HEADING, text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--months", type=int, default=24, help="Months of history in the second measurement.")
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--stage", choices=("write", "read", "copy", "pandas"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _on_database(name: str, arguments: argparse.Namespace) -> Figures:
    """Return the figures of one database, each stage in a process of its own, with its own memory."""
    with empty_database(name) as environment:
        _stage("write", arguments, environment)
        month = _stage("read", arguments, environment)
        pandas = _stage("pandas", arguments, environment)
        _stage("copy", arguments, environment)
        history = _stage("read", arguments, environment)
    later = {f"history_{name}": history[name] for name in ("seconds", "processor")}
    return {**month, **pandas, **later, "memory": history["memory"]}


def _stage(stage: str, arguments: argparse.Namespace, environment: Mapping[str, str]) -> Figures:
    command = [sys.executable, "-m", "bench.measuring", "--stage", stage]
    command += ["--services", str(arguments.services), "--months", str(arguments.months)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


# --- stages, each in its own process ------------------------------------------------------------------------


def _write(arguments: argparse.Namespace) -> Figures:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from bench.fleet import write_fleet

    write_fleet(arguments.services)
    return {}


def _copy(arguments: argparse.Namespace) -> Figures:
    import django

    django.setup()
    from bench.fleet import copy_back

    copy_back(arguments.months - 1)
    return {}


def _read(arguments: argparse.Namespace) -> Figures:
    """Return the best of several readings; the median is at the mercy of whatever else runs."""
    import django

    django.setup()
    from bench.fleet import NOW, WINDOW
    from experience.engine.measure import measure
    from experience.models import DayCell
    from experience.selectors.agreements import stream_weights, terms_of, versions_in_force
    from experience.selectors.windows import evidence_of
    from experience.services.parameters import parameter_set_for, parameters_of

    found = versions_in_force(WINDOW.last_on)[0]
    terms, weights = terms_of(found.version), stream_weights(found.version)
    used = parameters_of(parameter_set_for(WINDOW.last_on, now=NOW))
    slas = [None] * len(found.services)

    def once() -> None:
        measure(evidence_of(found.services, WINDOW, now=NOW), terms, weights, slas, used)

    cells = DayCell.objects.count() / (WINDOW.days * len(found.services))
    figures = {"indicators": float(len(terms)), "cells": cells, **_best(once)}
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures | _writes(found, used) | _one_day()


def _best(once: Callable[[], None]) -> Figures:
    runs = []
    for _ in range(REPEATS):
        wall, processor = time.perf_counter(), time.process_time()
        once()
        runs.append((time.perf_counter() - wall, time.process_time() - processor))
    return {"seconds": min(wall for wall, _ in runs), "processor": min(own for _, own in runs)}


def _writes(found: Any, used: Any) -> Figures:
    """Return how long receipts and rows take on top, the first time and when nothing changed."""
    from bench.fleet import NOW, WINDOW
    from experience.models import ParameterSet
    from experience.services.measure import measure_period

    stored = ParameterSet.objects.get()
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        measure_period(found, found.services, "rolling", WINDOW, stored, now=NOW)
        seconds.append(time.perf_counter() - started)
    return {"first_write": seconds[0], "same_again": seconds[1]}


def _one_day() -> Figures:
    """Return what one changed service-day costs, and how many services were measured for it."""
    from bench.fleet import NOW, WINDOW
    from experience.services.evidence import refresh_changed_days
    from experience.services.measure import measure_all
    from surveys.models import BusinessService
    from surveys.services.changes import mark_changed

    service = BusinessService.objects.order_by("pk")[0]
    mark_changed({(service.pk, WINDOW.last_on)})
    started = time.perf_counter()
    changed = refresh_changed_days(now=NOW)
    measured = measure_all(
        as_of=WINDOW.last_on, now=NOW, services={s for s, _ in changed}, changed_days={d for _, d in changed}
    )
    seconds = time.perf_counter() - started
    return {"day_seconds": seconds, "day_services": float(len({m.service_id for m in measured}))}


def _pandas(arguments: argparse.Namespace) -> Figures:
    """Return how long pandas takes for the same twelve point values, without intervals, from the raw rows."""
    import django

    django.setup()
    from bench.by_pandas import recompute

    figures = {f"pandas_{name}": value for name, value in _best(recompute).items()}
    figures["pandas_memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


_STAGES: Mapping[str, Callable[[argparse.Namespace], Figures]] = {
    "write": _write,
    "read": _read,
    "copy": _copy,
    "pandas": _pandas,
}


# --- the document -------------------------------------------------------------------------------------------


_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("reading and computing, one month of history", lambda f: f"{f['seconds']:.2f} s"),
    ("... processor time of the product's own process", lambda f: f"{f['processor']:.2f} s"),
    ("reading and computing, {months} months of history", lambda f: f"{f['history_seconds']:.2f} s"),
    ("... processor time of the product's own process", lambda f: f"{f['history_processor']:.2f} s"),
    ("... ratio of the seconds", lambda f: f"{f['history_seconds'] / f['seconds']:.2f}"),
    ("peak memory", lambda f: f"{f['memory']:.0f} MB"),
    ("with receipts and rows, first time", lambda f: f"{f['first_write']:.2f} s"),
    ("with receipts, nothing changed", lambda f: f"{f['same_again']:.2f} s"),
    ("one changed service-day, evidence and all its periods", lambda f: f"{f['day_seconds'] * 1000:.0f} ms"),
    ("... services measured for it", lambda f: f"{f['day_services']:.0f}"),
    ("pandas from raw rows, values without intervals", lambda f: f"{f['pandas_seconds']:.2f} s"),
    ("... peak memory", lambda f: f"{f['pandas_memory']:.0f} MB"),
)


def _document(figures: Mapping[str, Figures], arguments: argparse.Namespace) -> str:
    """Return the table in Markdown, one column per database."""
    first = next(iter(figures.values()))
    lines = [
        HEADING,
        "",
        f"{arguments.services:,} services x {first['indicators']:.0f} indicators over 28 days, about"
        f" {first['cells']:.0f} cells per service-day, on a machine with {os.cpu_count()} cores. The best of"
        f" {REPEATS} runs. Written by"
        " `python -m bench.measuring --write`; do not edit.",
        "",
        f"| | {' | '.join(figures)} |",
        f"|---|{'---|' * len(figures)}",
    ]
    for name, shown in _ROWS:
        cells = " | ".join(shown(found) for found in figures.values())
        lines.append(f"| {name.format(months=arguments.months)} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
