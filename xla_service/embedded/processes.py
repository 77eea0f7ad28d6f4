"""Which process is which: pid files that a recycled pid cannot fool, and an orderly end.

A pid says little once its process has ended, because the system gives it out again. So a process is known
by its pid together with the moment it started (clock ticks since boot, and the id of that boot), from /proc.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    """One process for all time: its pid and when it started."""

    pid: int
    started: str


def process_of(pid: int) -> Process | None:
    """Return the process that has this pid now; None when there is none, or one that waits to be reaped."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name before the last bracket may itself hold spaces and brackets.
    state, *numbers = stat.rpartition(")")[2].split()
    return None if state in "ZX" else Process(pid, f"{boot} {numbers[18]}")


def is_running(process: Process) -> bool:
    """Say whether this very process still runs, rather than a later one with the same pid."""
    return process_of(process.pid) == process


def note(path: Path, pid: int) -> None:
    """Write the pid file of a running process; one that has ended already leaves no file."""
    process = process_of(pid)
    if process is None:
        return
    half_written = path.with_name(f"{path.name}.new")
    half_written.write_text(f"{process.pid}\n{process.started}\n", encoding="ascii")
    half_written.replace(path)


def noted(path: Path) -> Process | None:
    """Return the process of a pid file while it runs; None for a missing, broken or outlived file."""
    try:
        pid, started = path.read_text(encoding="ascii").splitlines()
        process = Process(int(pid), started)
    except (FileNotFoundError, ValueError):
        return None
    return process if is_running(process) else None


def stop(process: Process, *, grace_seconds: float) -> None:
    """End a process: ask it, wait up to `grace_seconds`, then kill it and the rest of the group it leads."""
    if not is_running(process):
        return
    leads_group = os.getpgid(process.pid) == process.pid
    with contextlib.suppress(ProcessLookupError):  # it may end at any moment
        os.kill(process.pid, signal.SIGTERM)
        wait_for_end(process, seconds=grace_seconds)
        (os.killpg if leads_group else os.kill)(process.pid, signal.SIGKILL)
    wait_for_end(process, seconds=grace_seconds + 5)


def wait_for_end(process: Process, *, seconds: float) -> bool:
    """Wait at most `seconds` for a process to end and say whether it has."""
    deadline = time.monotonic() + seconds
    while is_running(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
