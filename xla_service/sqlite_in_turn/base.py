"""SQLite whose writers take turns: `ENGINE = "xla_service.sqlite_in_turn"`.

SQLite takes one writer at a time and lets those who wait try again ever more seldom, so an import that writes
one transaction after the other starves the answers of people. Here a transaction first takes the lock of a
file beside the database, for which everybody asks equally often, and whoever had it pauses before asking
again. Only waiting rests on that lock: where it cannot be had in time, SQLite's own lock decides.
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import Any

from django.db.backends.sqlite3 import base

PAUSE_SECONDS = 0.003
POLL_SECONDS = 0.001


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn before each transaction."""

    _lock_file: int | None = None
    _has_turn = False
    _ended_at = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the database and the file beside it; a database in memory has nobody to wait for."""
        connection = super().get_new_connection(conn_params)
        if self._lock_file is None and not self.is_in_memory_db():
            name = f"{self.settings_dict['NAME']}-turn"
            self._lock_file = os.open(name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._end_turn()

    def _close(self) -> None:
        super()._close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file, self._has_turn = None, False

    def _take_turn(self) -> None:
        if self._lock_file is None:
            return
        time.sleep(max(0.0, self._ended_at + PAUSE_SECONDS - time.monotonic()))
        give_up_at = time.monotonic() + self.settings_dict["OPTIONS"].get("timeout", 5)
        while not self._try_lock() and time.monotonic() < give_up_at:
            time.sleep(POLL_SECONDS)

    def _try_lock(self) -> bool:
        assert self._lock_file is not None
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._has_turn = True
        return True

    def _end_turn(self) -> None:
        if self._has_turn and self._lock_file is not None:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)
            self._has_turn, self._ended_at = False, time.monotonic()
