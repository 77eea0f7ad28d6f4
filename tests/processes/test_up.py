"""`manage.py up` for real: it starts, a child is killed, the launcher is killed, nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.servers import wait_until
from xla_service.embedded import processes
from xla_service.embedded.ports import free_port
from xla_service.settings import BASE_DIR

pytestmark = pytest.mark.processes

NAMES = ["beat", "mailbox", "valkey", "web", "worker"]


class Up:
    """One data folder, and the launchers started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.words = folder.parent / "words"
        self.launcher: subprocess.Popen[bytes] | None = None
        own = ("XLA_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        self.environment = kept | {"XLA_DATA_DIR": str(folder)}

    def command(self, port: int) -> list[str]:
        """Return the command line of a launcher."""
        return [sys.executable, str(BASE_DIR / "manage.py"), "up", "--port", str(port)]

    def start(self) -> None:
        """Start a launcher and wait until it says that it is ready."""
        with self.words.open("wb") as words:
            self.launcher = subprocess.Popen(
                self.command(self.port), env=self.environment, stdout=words, stderr=words
            )
        wait_until(self._is_ready, "It did not get ready.", seconds=120)

    def _is_ready(self) -> bool:
        assert self.launcher is not None
        assert self.launcher.poll() is None, self.words.read_text()
        return "Ready" in self.words.read_text() and set(self.children()) == set(NAMES)

    def refusal(self, port: int) -> str:
        """Start a launcher that must refuse; return what it says."""
        refused = subprocess.run(
            self.command(port), env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert refused.returncode == 1
        return refused.stderr

    def stop(self, number: int) -> int:
        """Send a signal to the launcher and return its exit status."""
        assert self.launcher is not None
        self.launcher.send_signal(number)
        return self.launcher.wait(timeout=30)

    def children(self) -> dict[str, processes.Process]:
        """Return the running children by name, as their pid files say."""
        found = {path.stem: processes.noted(path) for path in (self.folder / "run").glob("*.pid")}
        return {name: process for name, process in found.items() if process is not None}

    def everything(self) -> list[int]:
        """Return the pids of all processes that work on this folder, children of children too."""
        mark = f"XLA_DATA_DIR={self.folder}".encode()
        return [
            int(path.name)
            for path in Path("/proc").iterdir()
            if path.name.isdigit() and processes.process_of(int(path.name)) and mark in _environment(path)
        ]

    def page(self, path: str) -> str:
        """Return a page as anybody at this machine sees it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
            return str(response.read().decode())

    def log(self, name: str) -> str:
        """Return what a child wrote."""
        return (self.folder / "logs" / f"{name}.log").read_text()


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path / "a folder with spaces")
    yield up
    for pid in up.everything():
        os.kill(pid, signal.SIGKILL)
    if up.launcher is not None:
        up.launcher.wait()


def test_a_small_installation_runs_recovers_and_leaves_nothing(up: Up) -> None:
    up.start()
    assert "Sign in" in up.page("/sign-in/")
    link = re.search(r"http://\S+?(/first-sign-in/\S+)", up.words.read_text())
    assert link is not None
    assert "You are the first here" in up.page(link[1])
    wait_until(lambda: "ready" in up.log("worker"), "The worker did not get ready.")

    # A child that is killed comes back; who opens a page meanwhile waits for it.
    first = up.children()
    os.killpg(first["web"].pid, signal.SIGKILL)
    assert "Sign in" in up.page("/sign-in/")
    assert up.children()["web"] != first["web"]

    # The launcher is killed: its children go on, and the next one takes over.
    assert up.stop(signal.SIGKILL) == -signal.SIGKILL
    assert set(up.children()) == set(NAMES)
    before = up.children()
    up.start()
    assert not any(processes.is_running(process) for process in before.values())
    assert "Sign in" in up.page("/sign-in/")

    # Ctrl-C ends all of it.
    assert up.stop(signal.SIGINT) == 0
    assert up.everything() == []


def test_mail_that_is_not_sent_shows_in_the_mailbox(up: Up) -> None:
    up.start()
    message = EmailMessage()
    message["To"], message["Subject"] = "ann@example.org", "How did we do?"
    message.set_content("Answer: http://127.0.0.1/s/abc/")

    with smtplib.SMTP("127.0.0.1", _smtp_port(up)) as client:
        client.send_message(message, from_addr="desk@example.org", to_addrs=["ann@example.org"])

    assert "How did we do?" in up.page("/mailbox/")
    assert up.stop(signal.SIGTERM) == 0
    assert up.everything() == []


def _smtp_port(up: Up) -> int:
    command = Path(f"/proc/{up.children()['mailbox'].pid}/cmdline").read_text().split("\0")
    return int(command[command.index("--port") + 1])


def test_a_second_start_on_the_same_folder_is_refused(up: Up) -> None:
    up.start()
    assert up.launcher is not None

    assert f"Already running here, as process {up.launcher.pid}." in up.refusal(free_port())
    assert set(up.children()) == set(NAMES)


def test_a_taken_port_is_named(up: Up) -> None:
    with socket.create_server(("127.0.0.1", up.port)):
        assert f"Port {up.port} of 127.0.0.1 cannot be used" in up.refusal(up.port)

    assert up.everything() == []


def test_the_folder_of_the_demo_is_refused(up: Up) -> None:
    (up.folder / "demo").mkdir(parents=True)

    assert "holds the demo" in up.refusal(up.port)
