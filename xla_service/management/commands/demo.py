"""Run the demo: the whole service with real tickets and simulated answers, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from experience.demo.files import report_file
from experience.demo.story import SIGN_INS
from surveys.models.people import UserRole
from xla_service.embedded.command import LaunchCommand
from xla_service.embedded.errors import AlreadyRunningError, StopRequestedError
from xla_service.embedded.health import WEB_PORT
from xla_service.embedded.installation import Installation, configure, manage, module, serve
from xla_service.embedded.ports import LOOPBACK, listen_nearby
from xla_service.embedded.supervisor import Supervisor
from xla_service.settings import env

# The demo brings its own stores; those of a real installation stay untouched.
STORES = ("DATABASE_URL", "REDIS_URL", "XLA_MAILBOX_DIR")
MAIL = (
    "XLA_SMTP_HOST",
    "XLA_SMTP_PORT",
    "XLA_SMTP_USER",
    "XLA_SMTP_PASSWORD",
    "XLA_SMTP_STARTTLS",
    "XLA_SMTP_TLS",
)
CHECK_PREFIX = "xla-demo-check-"


class Command(LaunchCommand):
    """`manage.py demo`: stays up until Ctrl-C and keeps its data; with --check it walks the path and ends."""

    help = (
        "Run the demo until Ctrl-C: real tickets, simulated answers, its own stores and mailbox. --check "
        "does the same in a temporary folder, walks the path of a person and prints one line of JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the demo check itself."""
        parser.add_argument(
            "--check", action="store_true", help="Check the whole path in a temporary folder."
        )

    def launch(self, options: dict[str, Any]) -> None:
        """Run until told to stop, or until checked; a check that is stopped has failed."""
        if not options["check"]:
            self._stay()
            return
        try:
            self._check()
        except StopRequestedError as error:
            raise CommandError("Stopped before everything was checked.", returncode=130) from error

    def _stay(self) -> None:
        environment = without(os.environ, STORES + MAIL)
        folder = settings.DATA_DIR.resolve()
        with (
            Supervisor(folder, say=self.say) as supervisor,
            listen_nearby(LOOPBACK, WEB_PORT) as listener,
        ):
            installation = configure(folder, listener=listener, environment=environment)
            self._serve(supervisor, installation)
            self.say(welcome(installation))
            supervisor.watch()

    def _check(self) -> None:
        environment = without(os.environ, env.known)
        remove_killed_checks(say=self.stderr.write)
        with tempfile.TemporaryDirectory(prefix=CHECK_PREFIX) as name:
            folder, started = Path(name).resolve(), time.monotonic()
            with (
                Supervisor(folder, say=self.stderr.write) as supervisor,
                listen_nearby(LOOPBACK, WEB_PORT) as listener,
            ):
                installation = configure(folder, listener=listener, environment=environment)
                self._serve(supervisor, installation)
                ready_seconds = round(time.monotonic() - started, 2)
                output = folder / "check.json"
                try:
                    supervisor.run(module(installation, "experience.demo.check", output=output))
                finally:
                    self._report(output, ready_seconds)

    def _serve(self, supervisor: Supervisor, installation: Installation) -> None:
        fillers = []
        if not report_file(installation.environment).exists():
            self.stderr.write("Loading real tickets and simulated answers; this happens once.")
            fillers.append(replace(manage(installation, "load_demo"), is_shown=True))
        serve(supervisor, installation, *fillers)

    def _report(self, output: Path, ready_seconds: float) -> None:
        if output.exists() and (line := output.read_text(encoding="utf-8").strip()):
            report = json.loads(line)
            report["seconds"]["until the pages answer"] = ready_seconds
            self.stdout.write(json.dumps(report))


def remove_killed_checks(*, say: Callable[[str], Any]) -> None:
    """End the processes and remove the folders of earlier checks that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{CHECK_PREFIX}*"):
        if folder.stat().st_uid == os.getuid():
            with contextlib.suppress(AlreadyRunningError), Supervisor(folder, say=say):
                shutil.rmtree(folder, ignore_errors=True)


def without(environment: Mapping[str, str], names: Any) -> dict[str, str]:
    """Return the environment without these settings, in either form (NAME and NAME_FILE)."""
    left_out = {*names, *(f"{name}_FILE" for name in names)}
    return {name: value for name, value in environment.items() if name not in left_out}


def welcome(installation: Installation) -> str:
    """Return what the terminal says when the demo is ready: where to look and who to be."""
    sign_ins = [f"  {who.username:<8} {who.password:<18} {UserRole(who.role).label}" for who in SIGN_INS]
    return "\n".join(
        [
            "",
            f"Portfolio  {installation.address}/",
            f"Mailbox    {installation.address}/mailbox/",
            "",
            "Sign in as",
            *sign_ins,
            "",
            f"Data is kept in {installation.data_folder}. Ctrl-C ends the demo.",
        ]
    )
