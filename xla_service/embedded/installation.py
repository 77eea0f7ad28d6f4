"""The processes of one installation on one machine, and the settings that tell them of each other.

`manage.py up` runs them on configured stores, `manage.py demo` in a folder of its own. What the environment
does not name (REDIS_URL, XLA_SMTP_HOST) is embedded.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from xla_service.embedded import valkey
from xla_service.embedded.address import note_address
from xla_service.embedded.health import shows_pages
from xla_service.embedded.ports import LOOPBACK, answers, free_port, port_of
from xla_service.embedded.prepared import fingerprint
from xla_service.embedded.supervisor import Child, Supervisor, python
from xla_service.env import given
from xla_service.secret import read_or_create_secret

CHECKOUT = Path(__file__).resolve().parents[2]
SMTP_PORT = 8025
WORKER_THREADS = 4


@dataclass
class Installation:
    """Where an installation keeps its data and serves its pages; `environment` is what its processes see.

    The launcher holds the listening socket, so that nobody else gets the port while the pages are not there.
    """

    data_folder: Path
    listener: socket.socket
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return the address of the pages."""
        return str(given(self.environment, "XLA_PUBLIC_URL"))


def configure(data_folder: Path, *, listener: socket.socket, environment: Mapping[str, str]) -> Installation:
    """Return an installation with its data in `data_folder`; everything else is as `environment` says."""
    own = {
        **{name: value for name, value in environment.items() if name != "XLA_DATA_DIR_FILE"},
        "XLA_DATA_DIR": str(data_folder),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), environment.get("PYTHONPATH", "")])),
        "PYTHONUNBUFFERED": "1",
    }
    if given(environment, "XLA_PUBLIC_URL") is None:
        own["XLA_PUBLIC_URL"] = f"http://{LOOPBACK}:{port_of(listener)}"
    return Installation(data_folder, listener, own)


def serve(supervisor: Supervisor, installation: Installation, *fillers: Child) -> None:
    """Start everything in order and return once the pages answer.

    The fillers run once the stores are ready and the database is migrated, before pages and worker start.
    """
    note_address(installation.data_folder, installation.address)
    stores = embed_missing_stores(installation)
    supervisor.start(*stores)
    prepare(supervisor, installation)
    for filler in fillers:
        supervisor.wait_ready(*stores)
        supervisor.run(filler)
    pages = web(installation)
    supervisor.start(pages)
    supervisor.wait_ready(*stores, pages)
    supervisor.start(worker(installation), beat(installation))


def prepare(supervisor: Supervisor, installation: Installation) -> None:
    """Migrate and collect static files, unless the last start did and nothing changed since."""
    stamp = installation.data_folder / "run" / "prepared"
    arguments = (CHECKOUT, installation.data_folder, installation.environment)
    before = fingerprint(*arguments)
    if before is not None and stamp.exists() and stamp.read_text(encoding="ascii") == before:
        return
    supervisor.say("Preparing the database and the pages; the first time this takes about half a minute.")
    supervisor.run(manage(installation, "prepare"))
    stamp.write_text(fingerprint(*arguments) or "", encoding="ascii")


def embed_missing_stores(installation: Installation) -> list[Child]:
    """Return the stores to run here, and tell the installation's environment where they are."""
    stores = []
    if given(installation.environment, "REDIS_URL") is None:
        stores.append(embedded_valkey(installation))
    if given(installation.environment, "XLA_SMTP_HOST") is None:
        stores.append(embedded_mailbox(installation))
    return stores


def embedded_valkey(installation: Installation) -> Child:
    """Return the embedded Valkey on a free port."""
    folder = installation.data_folder / "valkey"
    port, password = free_port(), read_or_create_secret(folder / "password")
    configuration = valkey.write_configuration(folder, port=port, password=password)
    url = installation.environment["REDIS_URL"] = valkey.address(port=port, password=password)
    return Child(
        "valkey",
        [str(valkey.server_binary()), str(configuration)],
        installation.environment,
        is_ready=lambda: valkey.is_ready(url),
        is_store=True,
    )


def embedded_mailbox(installation: Installation) -> Child:
    """Return the local mail server, whose mail the page /mailbox/ shows."""
    port, folder = free_port(SMTP_PORT), installation.data_folder / "mailbox"
    installation.environment |= {
        "XLA_SMTP_HOST": LOOPBACK,
        "XLA_SMTP_PORT": str(port),
        "XLA_MAILBOX_DIR": str(folder),
    }
    return Child(
        "mailbox",
        python("-m", "xla_service.embedded.mailbox", "--port", str(port), "--folder", str(folder)),
        installation.environment,
        is_ready=lambda: answers(port),
        is_store=True,
    )


def manage(installation: Installation, *arguments: str) -> Child:
    """Return one management command; its name is the command's."""
    command = python(str(CHECKOUT / "manage.py"), *arguments)
    return Child(arguments[0], command, installation.environment)


def module(installation: Installation, name: str, *, output: Path) -> Child:
    """Return a module run as a program that prints to `output`; its name is the module's last part."""
    return Child(name.rpartition(".")[2], python("-m", name), installation.environment, output=output)


def web(installation: Installation) -> Child:
    """Return the web server: two processes, each warm before it takes a request."""
    command = python("-m", "gunicorn", "--config", "python:xla_service.embedded.gunicorn_settings")
    descriptor, address = installation.listener.fileno(), installation.listener.getsockname()[:2]
    command += ["--bind", f"fd://{descriptor}", "xla_service.wsgi:application"]
    return Child(
        "web",
        command,
        installation.environment,
        is_ready=lambda: shows_pages(*address, name=urlsplit(installation.address).netloc),
        descriptors=(descriptor,),
    )


def worker(installation: Installation) -> Child:
    """Return the background worker. Its threads take turns where the database has one writer; it gives way
    to the web server, because somebody waits for a page.
    """
    command = ["nice", "-n", "5", *python("-m", "celery", "--app", "xla_service.celery", "worker")]
    command += ["--loglevel", "INFO"]
    command += ["--pool", "threads", "--concurrency", str(WORKER_THREADS)]
    command += ["--without-gossip", "--without-mingle", "--hostname", "worker@xla"]
    return Child("worker", command, installation.environment)


def beat(installation: Installation) -> Child:
    """Return the clock that wakes the sweeps."""
    schedule = installation.data_folder / "run" / "beat-schedule"
    command = python("-m", "xla_service.embedded.clock", "--schedule", str(schedule))
    return Child("beat", command, installation.environment)
