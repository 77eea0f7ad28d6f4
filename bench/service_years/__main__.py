"""Live through service-years with the product's services and its database, and by the engine alone.

python -m bench.service_years --seed 1                 one fleet through the database, some minutes on a core
python -m bench.service_years --seed 2 --fleets 4      four more; runs add up in counts.json beside this file
python -m bench.service_years --fleets 0 --write       the section of docs/simulations.md from all runs so far
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from bench.databases import DATABASES, empty_database
from bench.service_years import by_engine
from bench.service_years.fleets import YEAR_DAYS, draw_fleet
from bench.service_years.outcomes import Lives, Run, openings_of, store_run, stored_runs
from bench.service_years.report import as_markdown
from bench.simulations.document import write_service_years

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the fleets asked for and print what all runs show; return 1 where the two routes differ."""
    arguments = _arguments()
    if arguments.stage:
        print(json.dumps(asdict(_live(arguments.seed, arguments))))
        return 0
    for seed in range(arguments.seed, arguments.seed + arguments.fleets):
        with empty_database(arguments.database) as environment:
            store_run(_in_own_process(seed, arguments, environment))
    wanted = (arguments.database, arguments.services, arguments.days)
    runs = [run for run in stored_runs() if run.fleet[:-1] == wanted]
    if not runs:
        raise SystemExit("There is no run of this size on this database yet. Run one: --fleets 1")
    text = as_markdown(runs, engine_fleets=arguments.engine_fleets)
    print(text)
    if arguments.write:
        write_service_years(text)
    return int(any(run.differing for run in runs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fleets", type=int, default=1, help="How many, with this seed and those after it.")
    parser.add_argument("--services", type=int, default=50, help="Services of a fleet, a multiple of five.")
    parser.add_argument("--days", type=int, default=YEAR_DAYS, help="Working days after the warm-up.")
    parser.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    parser.add_argument(
        "--engine-fleets", type=int, default=100, help="Fleets of the engine-only simulation."
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--stage", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_own_process(seed: int, arguments: argparse.Namespace, environment: Mapping[str, str]) -> Run:
    command = [sys.executable, "-m", "bench.service_years", "--stage", "--seed", str(seed)]
    for name in ("services", "days", "database"):
        command += [f"--{name}", str(getattr(arguments, name))]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _live(seed: int, arguments: argparse.Namespace) -> Run:
    """Live through one fleet on both routes, in the empty database of this process."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from bench.service_years import by_services

    # What was imported stays; without it the collector looks at less, and less often.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    fleet = draw_fleet(seed, arguments.services, arguments.days)
    started = time.process_time()
    lives = by_services.lives_of(fleet)
    seconds = time.process_time() - started
    return Run(
        seed=seed,
        database=arguments.database,
        days=arguments.days,
        openings=openings_of(fleet, lives),
        differing=_told_apart(lives, by_engine.lives_of(fleet)),
        seconds=round(seconds, 1),
    )


def _told_apart(by_services: Lives, by_engine: Lives) -> int:
    """Return in how many service-years the routes differ, and say which on standard error."""
    pairs = enumerate(zip(by_services, by_engine, strict=True))
    differing = [(place, *pair) for place, pair in pairs if pair[0] != pair[1]]
    for place, services, engine in differing:
        print(f"Service {place}: the services say {services}, the engine {engine}.", file=sys.stderr)
    return len(differing)


if __name__ == "__main__":
    sys.exit(main())
