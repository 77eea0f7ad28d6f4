"""A process is known by its pid and its start; ending one ends its whole group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import wait_until
from xla_service.embedded import processes

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as popen:
        yield popen
        popen.kill()


def test_a_pid_file_names_a_running_process(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    processes.note(tmp_path / "it.pid", sleeper.pid)

    assert processes.noted(tmp_path / "it.pid") == processes.process_of(sleeper.pid)


def test_a_later_process_with_the_same_pid_is_another_one(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    (tmp_path / "it.pid").write_text(f"{sleeper.pid}\nanother boot 4711\n")
    earlier = processes.Process(sleeper.pid, "another boot 4711")

    processes.stop(earlier, grace_seconds=1)

    assert processes.noted(tmp_path / "it.pid") is None
    assert sleeper.poll() is None


@pytest.mark.parametrize("content", ["", "12\n", "no number\nstart\n", "1\n2\n3\n"])
def test_a_broken_pid_file_names_nobody(content: str, tmp_path: Path) -> None:
    (tmp_path / "it.pid").write_text(content)

    assert processes.noted(tmp_path / "it.pid") is None


def test_a_process_that_only_waits_to_be_reaped_has_ended(sleeper: subprocess.Popen[bytes]) -> None:
    process = processes.process_of(sleeper.pid)
    assert process is not None

    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)

    assert not processes.is_running(process)


def test_a_process_with_a_strange_name_is_recognised(tmp_path: Path) -> None:
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")

    with subprocess.Popen([program, "60"]) as popen:
        wait_until(lambda: processes.process_of(popen.pid) is not None, "It did not start.")
        started = processes.process_of(popen.pid)
        time.sleep(0.05)
        assert processes.process_of(popen.pid) == started
        popen.kill()


def test_what_does_not_end_when_asked_is_killed_with_its_children() -> None:
    command = [sys.executable, "-c", STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as popen:
        assert popen.stdout is not None
        grandchild = processes.process_of(int(popen.stdout.readline()))
        process = processes.process_of(popen.pid)
        assert grandchild is not None
        assert process is not None

        processes.stop(process, grace_seconds=0.2)

        assert popen.wait(timeout=5) == -signal.SIGKILL
        assert processes.wait_for_end(grandchild, seconds=5)
