"""The clock of a small installation: wakes the sweeps on Celery's schedule and loads no task to do so.

`celery beat` would load every task, language models included, to send no more than their names. Run by the
supervisor: python -m xla_service.embedded.clock --schedule var/run/beat-schedule
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from celery.beat import Service

from xla_service.beat import SteadyScheduler
from xla_service.celery import app


def main() -> None:
    """Read the command line and tick until told to stop; the schedule keeps when each entry last ran."""
    parser = argparse.ArgumentParser(description="Wake the sweeps on schedule.")
    parser.add_argument("--schedule", type=Path, required=True)
    schedule = str(parser.parse_args().schedule)
    service = Service(app, schedule_filename=schedule, scheduler_cls=SteadyScheduler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())  # the service saves its schedule on the way out
    service.start()


if __name__ == "__main__":
    main()
