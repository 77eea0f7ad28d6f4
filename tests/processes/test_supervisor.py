"""The supervisor keeps its children running, and leaves none behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import wait_until
from xla_service.embedded import processes
from xla_service.embedded import supervisor as module
from xla_service.embedded.errors import (
    AlreadyRunningError,
    ChildFailedError,
    DataFolderError,
    StopRequestedError,
)
from xla_service.embedded.supervisor import Child, Supervisor, backoff_seconds

LAUNCHER = """
import os, sys
from pathlib import Path
from xla_service.embedded.supervisor import Child, Supervisor

with Supervisor(Path(sys.argv[1]), say=lambda words: print(words, flush=True)) as supervisor:
    supervisor.start(Child("sleeper", ["sleep", "60"], dict(os.environ)))
    print("started", flush=True)
    supervisor.watch()
print("ended", flush=True)
"""


def child(name: str, code: str, **more: object) -> Child:
    return Child(name, [sys.executable, "-c", code], dict(os.environ), **more)  # type: ignore[arg-type]


def sleeping(name: str = "sleeper") -> Child:
    return Child(name, ["sleep", "60"], dict(os.environ))


def launch(folder: Path, *before: str) -> subprocess.Popen[str]:
    """Start a launcher of its own, though these tests may run under nohup, and wait until its child runs."""
    command = ["env", "--default-signal=HUP", *before, sys.executable, "-c", LAUNCHER, str(folder)]
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert popen.stdout is not None
    while popen.stdout.readline() != "started\n":
        assert popen.poll() is None
    return popen


def running_child(folder: Path) -> processes.Process:
    found = processes.noted(folder / "run" / "sleeper.pid")
    assert found is not None
    return found


def stop_after(seconds: float, number: int = signal.SIGTERM) -> threading.Timer:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
    timer.start()
    return timer


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder with spaces"


@pytest.fixture
def supervisor(folder: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(folder, say=said.append) as supervisor:
        yield supervisor


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (50, 30)])
def test_a_child_that_keeps_ending_starts_ever_more_slowly(failures: int, seconds: float) -> None:
    assert backoff_seconds(failures) == seconds


def test_a_child_that_dies_is_started_again_and_this_is_said(
    supervisor: Supervisor, folder: Path, said: list[str]
) -> None:
    supervisor.start(sleeping())
    first = running_child(folder)
    os.kill(first.pid, signal.SIGKILL)

    stop_after(2)
    supervisor.watch()

    assert running_child(folder) != first
    assert [words.split(" Log:")[0] for words in said] == [
        "The sleeper ended (signal SIGKILL); it starts again in 1 s."
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_launcher_leaves_no_process(number: int, folder: Path) -> None:
    launcher = launch(folder)
    left = running_child(folder)

    launcher.send_signal(number)
    words, _ = launcher.communicate(timeout=60)

    assert words == "ended\n"
    assert launcher.returncode == 0
    assert not processes.is_running(left)
    assert list((folder / "run").glob("*.pid")) == []


def test_a_launcher_under_nohup_outlives_its_terminal(folder: Path) -> None:
    launcher = launch(folder, "nohup")

    launcher.send_signal(signal.SIGHUP)
    time.sleep(0.5)

    assert launcher.poll() is None
    launcher.send_signal(signal.SIGTERM)
    assert launcher.communicate(timeout=60)[0] == "ended\n"


def test_what_a_killed_launcher_left_is_ended_by_the_next_one(folder: Path, said: list[str]) -> None:
    launcher = launch(folder)
    left = running_child(folder)
    launcher.kill()
    launcher.communicate()

    with Supervisor(folder, say=said.append):
        assert not processes.is_running(left)

    assert said == [f"Stopping the sleeper of an earlier start (process {left.pid})."]


def test_a_stranger_who_got_the_pid_of_a_leftover_is_left_alone(folder: Path, said: list[str]) -> None:
    with Supervisor(folder, say=said.append):
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (folder / "run" / "sleeper.pid").write_text(f"{stranger.pid}\nanother boot 4711\n")

        with Supervisor(folder, say=said.append):
            pass

        assert stranger.poll() is None
        stranger.kill()
    assert said == []


def test_a_second_launcher_is_refused_and_told_which_one_runs(supervisor: Supervisor, folder: Path) -> None:
    supervisor.start(sleeping())

    with pytest.raises(AlreadyRunningError, match=f"kill {os.getpid()}$"), Supervisor(folder, say=print):
        pass

    assert processes.is_running(running_child(folder))


def test_a_child_that_cannot_start_shows_the_end_of_its_log(supervisor: Supervisor) -> None:
    broken = child("web", "print('no such table', flush=True); raise SystemExit(3)", is_ready=lambda: False)
    supervisor.start(broken)

    with pytest.raises(
        ChildFailedError, match=r"(?s)The web ended while starting \(exit status 3\).*no such"
    ):
        supervisor.wait_ready(broken)


def test_a_child_that_is_never_ready_is_given_up(supervisor: Supervisor) -> None:
    slow = Child("web", ["sleep", "60"], dict(os.environ), is_ready=lambda: False, ready_seconds=0.2)
    supervisor.start(slow)

    with pytest.raises(ChildFailedError, match=r"(?s)runs, but was not ready after 0 s.*start again"):
        supervisor.wait_ready(slow)


def test_a_slow_start_is_waited_for_and_that_is_said(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENT_SECONDS", 0.2)
    began = time.monotonic()
    slow = Child("web", ["sleep", "60"], dict(os.environ), is_ready=lambda: time.monotonic() - began > 0.7)
    supervisor.start(slow)

    supervisor.wait_ready(slow)

    assert 2 <= len(said) <= 3
    assert said[0].startswith(
        "Still waiting for web after 0 s; a slow or busy machine takes longer, up to 300"
    )


def test_a_step_that_fails_stops_the_launch(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailedError, match=r"(?s)The prepare failed \(exit status 1\).*Traceback"):
        supervisor.run(child("prepare", "1 / 0"))


def test_a_step_can_print_apart_from_its_log(supervisor: Supervisor, folder: Path) -> None:
    printing = child("check", "import sys; print('{}'); print('oh', file=sys.stderr)", output=folder / "out")

    supervisor.run(printing)

    assert (folder / "out").read_text() == "{}\n"
    assert (folder / "logs" / "check.log").read_text() == "oh\n"


def test_one_can_stop_while_a_step_runs(supervisor: Supervisor, folder: Path) -> None:
    stop_after(0.3)

    with pytest.raises(StopRequestedError):
        supervisor.run(sleeping("load_demo"))


def test_stores_end_after_those_who_use_them(folder: Path, tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.3 if {name!r} == 'user' else 0)\n"
        "    open({ends!r}, 'a').write({name!r} + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    store = child("store", code.format(name="store", ends=str(ends)), is_store=True)
    user = child("user", code.format(name="user", ends=str(ends)))

    with Supervisor(folder, say=print) as supervisor:
        supervisor.start(store, user)
        for name in ("store", "user"):
            log = folder / "logs" / f"{name}.log"
            wait_until(lambda log=log: log.exists() and "ready" in log.read_text(), "It did not start.")

    assert ends.read_text() == "user store "


def test_asking_twice_ends_at_once_what_takes_its_time(folder: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    started = time.monotonic()

    with Supervisor(folder, say=print) as supervisor:
        supervisor.start(child("stubborn", f"{stubborn}", grace_seconds=30))
        time.sleep(0.3)
        stop_after(0.2)
        stop_after(0.6)

    assert time.monotonic() - started < 10


def full_disk(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_child_that_a_full_disk_keeps_from_starting_starts_when_there_is_room(
    supervisor: Supervisor, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.start(sleeping())
    first = running_child(folder)
    monkeypatch.setattr(processes, "note", full_disk)
    os.kill(first.pid, signal.SIGKILL)

    stop_after(1.5)
    supervisor.watch()
    assert said[1].startswith("The sleeper cannot be started ([Errno 28] No space left on device)")

    monkeypatch.undo()
    supervisor._stop_signals = 0
    stop_after(3)
    supervisor.watch()
    assert running_child(folder) != first


def test_a_child_that_cannot_be_started_stops_the_launch(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "note", full_disk)

    with pytest.raises(ChildFailedError, match="The sleeper cannot be started: .*No space left"):
        supervisor.start(sleeping())


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    folder.touch()

    with pytest.raises(DataFolderError, match=f"{folder}.*XLA_DATA_DIR"), Supervisor(folder, say=print):
        pass


def test_a_long_log_gives_room_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_LOG_BYTES", 10)
    monkeypatch.setattr(module.shutil, "copyfile", full_disk)
    (tmp_path / "web.log").write_text("x" * 11)

    module.shorten_log(tmp_path / "web.log")

    assert (tmp_path / "web.log").stat().st_size == 0


def test_a_long_log_is_shortened_while_its_writer_goes_on(
    supervisor: Supervisor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_LOG_BYTES", 1000)
    loop = "for n in range(20):\n    print(n, 'x' * 100, flush=True)\n    time.sleep(0.05)\n"
    code = f"import time\n{loop}time.sleep(60)"
    supervisor.start(child("web", code))

    stop_after(2)
    supervisor.watch()

    log = folder / "logs" / "web.log"
    kept = log.with_suffix(".log.1").read_text() + log.read_text()
    assert log.stat().st_size < 1000
    assert kept.count("x" * 100) >= 10
    assert "\n19 x" in kept
