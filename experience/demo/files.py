"""Where a loaded demo keeps its own files, beside the database in the data folder. Needs no Django."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def demo_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the demo's own files in the data folder."""
    return Path(environment["XLA_DATA_DIR"]) / "demo"


def export_file(environment: Mapping[str, str]) -> Path:
    """Return the moved incident log, as an export that `manage.py import_tickets` reads."""
    return demo_folder(environment) / "incidents.csv"


def report_file(environment: Mapping[str, str]) -> Path:
    """Return what loading counted and how long it took, as JSON; there once loading is complete."""
    return demo_folder(environment) / "load.json"


def start_file(environment: Mapping[str, str]) -> Path:
    """Return where the moment stands that a load was started at, so that it can go on as of then."""
    return demo_folder(environment) / "started"
