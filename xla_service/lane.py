"""The one lane in which a background worker writes to SQLite.

SQLite takes one writer at a time and lets waiting writers try again at random, so a busy worker with several
threads starves the web pages. Inside the lane only one thread of the process writes, and after each
transaction it pauses long enough for a waiting page to get its turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

PAUSE_SECONDS = 0.002

_lane = threading.RLock()
_held = threading.local()


@contextmanager
def write_lane() -> Iterator[None]:
    """Hold the lane around one short writing transaction (<= 20 ms); on PostgreSQL nothing is held.

    A service inside the lane may call another that takes it too: the pause follows the outermost one.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with _lane:
        is_outermost = not getattr(_held, "by_this_thread", False)
        _held.by_this_thread = True
        try:
            yield
        finally:
            if is_outermost:
                _held.by_this_thread = False
                time.sleep(PAUSE_SECONDS)
