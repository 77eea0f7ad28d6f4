"""Starts processes, keeps them running and ends them: what stands behind `manage.py up` and `manage.py demo`.

One launcher per data folder (a file lock, which the system releases however the launcher ends). Each child
runs in a process group of its own, so that Ctrl-C reaches the launcher alone and the stores end after those
who use them. Pid files name the children of a launcher that was killed; the next launcher ends those first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from xla_service.embedded import processes
from xla_service.embedded.errors import (
    AlreadyRunningError,
    ChildFailedError,
    DataFolderError,
    StopRequestedError,
)

POLL_SECONDS = 0.05
SETTLED_SECONDS = 60
LONGEST_BACKOFF_SECONDS = 30
LARGEST_LOG_BYTES = 5_000_000
LOG_LINES_SHOWN = 15
# A slow machine with a cold disk may take minutes for its first start: said from here on, and this often.
PATIENT_SECONDS = 30
ADVICE = (
    "Correct what stands there, or wait until the machine is less busy, and start again: what is prepared "
    "stays. docs/operations.md says more under “When something is wrong”."
)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Child:
    """One process to run: its name, command line and environment, and how to tell that it is ready.

    A store ends after the children that are none. What a child prints goes to its log, unless it goes to the
    file `output` or is shown at the terminal. It inherits the open `descriptors` and no others.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 300
    grace_seconds: float = 10
    is_store: bool = False
    output: Path | None = None
    is_shown: bool = False
    descriptors: tuple[int, ...] = ()


@dataclass
class Running:
    """A child with its process, and how often it ended too early since it last ran for a while."""

    child: Child
    popen: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    start_again_at: float | None = None


def backoff_seconds(failures: int) -> float:
    """Return how long to wait before start number `failures` + 1: 1, 2, 4 ... at most 30 seconds."""
    return float(min(2 ** (failures - 1), LONGEST_BACKOFF_SECONDS))


class Supervisor:
    """Runs children under one data folder; use it as a context, which ends them all.

    folder: gets `run/` (pid files, the lock) and `logs/` (one file per child).
    say: called with each sentence for the person at the terminal.
    """

    def __init__(self, folder: Path, *, say: Callable[[str], None]) -> None:
        self.run_folder = folder / "run"
        self.log_folder = folder / "logs"
        self.say = say
        self._running: dict[str, Running] = {}
        self._stop_signals = 0
        self._previous_handlers: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.run_folder.mkdir(parents=True, exist_ok=True)
            self.log_folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        except OSError as error:
            raise DataFolderError(
                f"{error.filename or self.run_folder} cannot be written ({error.strerror}). Let this user "
                "write there and make room on the disk, or name another folder with XLA_DATA_DIR."
            ) from error
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
                self._previous_handlers[number] = signal.signal(number, self._on_stop_signal)
        self._stop_leftovers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop([running for running in self._running.values() if not running.child.is_store])
        self._stop(list(self._running.values()))
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)
        assert self._lock is not None
        self._lock.close()

    def start(self, *children: Child) -> None:
        """Start children without waiting for them; raise ChildFailedError for one that cannot be started."""
        for child in children:
            try:
                popen = self._spawn(child)
            except OSError as error:
                raise ChildFailedError(f"The {child.name} cannot be started: {error}") from error
            self._running[child.name] = Running(child, popen, time.monotonic())

    def wait_ready(self, *children: Child) -> None:
        """Wait until each child is ready, and say so when that takes long; raise ChildFailedError when one
        ends or takes too long.
        """
        began, told = time.monotonic(), 0
        longest = max((child.ready_seconds for child in children), default=0)
        waiting = [child for child in children if child.is_ready is not None]
        while waiting:
            waited = time.monotonic() - began
            for child in waiting:
                self._insist(child, late=waited > longest)
            if waited >= (told + 1) * PATIENT_SECONDS:
                told += 1
                self._tell_slow(waiting, told * PATIENT_SECONDS, longest)
            waiting = [child for child in waiting if child.is_ready is not None and not child.is_ready()]
            self._pause()

    def _tell_slow(self, waiting: Sequence[Child], waited: float, longest: float) -> None:
        names = " and ".join(child.name for child in waiting)
        self.say(
            f"Still waiting for {names} after {waited:.0f} s; a slow or busy machine takes longer, up to "
            f"{longest:.0f} s. Logs: {self.log_folder}"
        )

    def run(self, child: Child) -> None:
        """Run a child to its end; raise ChildFailedError when it fails."""
        self.start(child)
        while not self._has_ended(self._running[child.name]):
            self._pause()
        status = self._forget(child.name).popen.returncode
        if status != 0:
            raise ChildFailedError(self._complaint(child, f"failed ({describe_status(status)})"))

    def watch(self) -> None:
        """Keep all children running until told to stop; one that ends is started again after a pause."""
        with contextlib.suppress(StopRequestedError):
            while True:
                for running in self._running.values():
                    self._look_after(running)
                    shorten_log(self._log(running.child))
                self._pause()

    def _look_after(self, running: Running) -> None:
        now = time.monotonic()
        if running.start_again_at is not None:
            if now >= running.start_again_at:
                self._start_again(running, now)
        elif self._has_ended(running):
            settled = now - running.started_at >= SETTLED_SECONDS
            running.failures = 0 if settled else running.failures
            self._postpone(running, now, f"ended ({describe_status(running.popen.returncode)})")

    def _start_again(self, running: Running, now: float) -> None:
        try:
            running.popen, running.started_at = self._spawn(running.child), now
        except OSError as error:  # such as a full disk, which may have room again
            self._postpone(running, now, f"cannot be started ({error})")
        else:
            running.start_again_at = None

    def _postpone(self, running: Running, now: float, what: str) -> None:
        """Say what became of a child, and let it start again after a pause."""
        running.failures += 1
        wait = backoff_seconds(running.failures)
        running.start_again_at = now + wait
        log = self._log(running.child)
        self.say(f"The {running.child.name} {what}; it starts again in {wait:.0f} s. Log: {log}")

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        log = self._log(child)
        with log.open("ab") as errors, (child.output or log).open("ab") as output:
            popen = subprocess.Popen(
                list(child.command),
                env=dict(child.environment),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if child.is_shown else output,
                stderr=errors,
                start_new_session=True,
                pass_fds=child.descriptors,
            )
        try:
            processes.note(self._pid_file(child.name), popen.pid)
        except OSError:
            os.killpg(popen.pid, signal.SIGKILL)  # nobody would find it again
            popen.wait()
            raise
        return popen

    def _stop(self, group: Sequence[Running]) -> None:
        """End several children side by side."""
        for running in group:
            if not self._has_ended(running):
                running.popen.terminate()
        for running in group:
            process = processes.process_of(running.popen.pid)
            if process is not None and not self._has_ended(running):
                processes.stop(process, grace_seconds=running.child.grace_seconds)
            if not self._has_ended(running):  # reaps also one that ended on its own in this moment
                running.popen.wait()
            self._forget(running.child.name)

    def _forget(self, name: str) -> Running:
        self._pid_file(name).unlink(missing_ok=True)
        return self._running.pop(name)

    def _has_ended(self, running: Running) -> bool:
        """Say whether a child has ended; if so, end the rest of its group while the pid is still its own."""
        pid = running.popen.pid
        if running.popen.returncode is not None:
            return True
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        running.popen.wait()
        return True

    def _insist(self, child: Child, *, late: bool) -> None:
        running = self._running[child.name]
        if self._has_ended(running):
            status = describe_status(running.popen.returncode)
            raise ChildFailedError(self._complaint(child, f"ended while starting ({status})"))
        if late:
            what = f"runs, but was not ready after {child.ready_seconds:.0f} s"
            raise ChildFailedError(self._complaint(child, what))

    def _complaint(self, child: Child, what: str) -> str:
        log = self._log(child)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        found = "\n  ".join(
            [f"The {child.name} {what}. The end of {log}:", *(lines or ["(it says nothing)"])]
        )
        return f"{found}\n{ADVICE}"

    def _pause(self) -> None:
        time.sleep(POLL_SECONDS)
        if self._stop_signals:
            raise StopRequestedError

    def _on_stop_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_signals += 1
        if self._stop_signals > 1:  # somebody who asks twice is not made to wait
            self._kill_all()

    def _kill_all(self) -> None:
        for running in self._running.values():
            if running.popen.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.popen.pid, signal.SIGKILL)

    def _take_lock(self) -> None:
        path = self.run_folder / "launcher"
        self._lock = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            pid = self._lock.read().strip()
            self._lock.close()
            raise AlreadyRunningError(
                f"Already running here, as process {pid}. End that one first: Ctrl-C there, or kill {pid}"
            ) from error
        self._lock.truncate(0)
        print(os.getpid(), file=self._lock, flush=True)

    def _stop_leftovers(self) -> None:
        """End the children of an earlier launcher that was killed, the youngest first."""
        files = sorted(self.run_folder.glob("*.pid"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in files:
            process = processes.noted(path)
            if process is not None:
                self.say(f"Stopping the {path.stem} of an earlier start (process {process.pid}).")
                processes.stop(process, grace_seconds=10)
            path.unlink()

    def _pid_file(self, name: str) -> Path:
        return self.run_folder / f"{name}.pid"

    def _log(self, child: Child) -> Path:
        return self.log_folder / f"{child.name}.log"


def shorten_log(log: Path) -> None:
    """Move a long log's text to a second file; its writers, who append, go on in the emptied first one.

    On a full disk the text is given up: room is worth more.
    """
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        earlier = log.with_suffix(".log.1")
        try:
            shutil.copyfile(log, earlier)
        except OSError:
            earlier.unlink(missing_ok=True)
        os.truncate(log, 0)


def describe_status(status: int) -> str:
    """Return a process's exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    return f"signal {signal.Signals(-status).name}"


def python(*arguments: str) -> list[str]:
    """Return the command line that runs this Python with `arguments`."""
    return [sys.executable, *arguments]
