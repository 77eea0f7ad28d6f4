"""When each sweep last ended, kept in the short memory by the worker, read by the health page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.signals import task_success
from django.utils import timezone

from surveys.short_memory import recall_all, remember
from xla_service.celery import app

_KEPT_SECONDS = 3 * 86_400
# A sweep may miss its turn while another one takes long.
_TURNS, _SLACK = 3, timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One entry of the schedule; `ended_at` is None while nobody knows."""

    name: str
    every: timedelta
    ended_at: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it should have run again by now."""
        return self.ended_at is not None and now - self.ended_at > _TURNS * self.every + _SLACK


@task_success.connect
def note_end(sender: Any = None, **kwargs: Any) -> None:
    """Remember that a task ended well just now; called in the worker."""
    remember(_key(sender.name), timezone.now(), seconds=_KEPT_SECONDS)


def sweeps() -> list[Sweep]:
    """Return the sweeps of the schedule, the frequent ones first."""
    entries = app.conf.beat_schedule.items()
    ends = recall_all([_key(entry["task"]) for _, entry in entries])
    found = [
        Sweep(name, timedelta(seconds=entry["schedule"]), ends.get(_key(entry["task"])))
        for name, entry in entries
    ]
    return sorted(found, key=lambda sweep: (sweep.every, sweep.name))


def _key(task: str) -> str:
    return f"sweep-ended-{task}"
