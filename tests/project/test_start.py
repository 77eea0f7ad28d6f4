"""What a start loads: it has to be quick, so heavy libraries wait until they are needed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Seconds of processor time each, for what only the background worker and training need.
HEAVY = {"textblob", "nltk", "sklearn", "scipy.stats", "scipy.optimize", "pandas"}

PAGES = "import django; django.setup(); import xla_service.wsgi, xla_service.urls"
CLOCK = "import xla_service.embedded.clock"
MAILBOX = "import xla_service.embedded.mailbox"


@pytest.mark.parametrize(
    ("start", "unwanted"),
    [(PAGES, HEAVY), (CLOCK, HEAVY | {"surveys.tasks"}), (MAILBOX, HEAVY | {"django", "celery"})],
    ids=["the pages", "the clock", "the mailbox"],
)
def test_a_start_loads_no_heavy_library(start: str, unwanted: set[str]) -> None:
    code = f"{start}; import sys; print(*sorted({unwanted!r} & set(sys.modules)))"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "xla_service.settings"}

    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []
