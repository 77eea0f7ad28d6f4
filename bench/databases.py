"""An empty database of either kind for as long as a benchmark needs it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

DATABASES = ("sqlite", "postgresql")


@contextmanager
def empty_database(name: str) -> Iterator[Mapping[str, str]]:
    """Yield the environment in which a process of the product finds an empty database of this kind."""
    from tests.servers import start_postgresql
    from xla_service.embedded import processes

    with tempfile.TemporaryDirectory(prefix="xla-bench-") as path:
        folder = Path(path)
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "xla_service.settings", "XLA_DATA_DIR": path}
        environment["DATABASE_URL"] = start_postgresql(folder) if name == "postgresql" else ""
        try:
            yield environment
        finally:
            server = processes.noted(folder / "postgresql.pid") if name == "postgresql" else None
            if server is not None:
                processes.stop(server, grace_seconds=10)
