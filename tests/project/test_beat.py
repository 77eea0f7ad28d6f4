"""The clock of the sweeps when the machine's clock jumps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from xla_service.beat import SteadyScheduler
from xla_service.celery import app

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FREQUENT = "surveys.tasks.send_due_messages"
NIGHTLY = "experience.tasks.run_nightly"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(SteadyScheduler, "producer", None)
    monkeypatch.setattr(
        SteadyScheduler, "apply_entry", lambda self, entry, producer: names.append(entry.task)
    )
    return names


@pytest.mark.parametrize(
    "jump", [timedelta(0), -timedelta(hours=1), timedelta(days=1), -timedelta(days=400)], ids=str
)
def test_sweeps_go_on_when_the_clock_jumps(
    jump: timedelta, clock: time_machine.Traveller, woken: list[str], tmp_path: Path
) -> None:
    scheduler = SteadyScheduler(app=app, schedule_filename=str(tmp_path / "schedule"))

    def run_for(minutes: int) -> None:
        woken.clear()
        for _ in range(minutes * 60):
            while scheduler.tick() == 0:
                pass
            clock.shift(1)

    run_for(2)
    clock.shift(jump)
    run_for(2)
    scheduler.close()

    assert 11 <= woken.count(FREQUENT) <= 13
    assert woken.count(NIGHTLY) <= 1
