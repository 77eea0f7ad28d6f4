"""The clock's schedule, for the clock of `manage.py up` and for `celery beat`."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's schedule, which goes on when the machine's clock is set back.

    Celery waits until the old time has come again: for an hour no sweep would be woken.
    """

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Wake what is due; return the seconds to sleep."""
        now = self.app.now()
        early = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        for entry in early:
            entry.last_run_at = now
        if early:
            self._heap = None
        return float(super().tick(*args, **kwargs))
