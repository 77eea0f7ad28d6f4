"""Run the whole service on this machine: pages, worker and clock, on the configured stores."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from experience.demo.files import demo_folder
from surveys.services.first_administrator import nobody_signs_in
from xla_service.embedded.command import LaunchCommand
from xla_service.embedded.health import WEB_PORT
from xla_service.embedded.installation import configure, manage, serve
from xla_service.embedded.ports import LOOPBACK, listen
from xla_service.embedded.supervisor import Supervisor


class Command(LaunchCommand):
    """`manage.py up`: what a small real installation runs, until Ctrl-C."""

    help = (
        "Run the service on this machine until Ctrl-C: migrates, then starts web server, worker and clock. "
        "Starts a Valkey and a local mail server too unless REDIS_URL and XLA_SMTP_HOST name yours."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the address to listen on be chosen."""
        parser.add_argument("--host", default=LOOPBACK, help="Address to listen on; 0.0.0.0 for every one.")
        parser.add_argument("--port", type=int, default=WEB_PORT, help="Port to listen on.")

    def launch(self, options: dict[str, Any]) -> None:
        """Run until told to stop."""
        folder = settings.DATA_DIR.resolve()
        if demo_folder({"XLA_DATA_DIR": str(folder)}).exists():
            raise CommandError(f"{folder} holds the demo. Set XLA_DATA_DIR to another folder for real data.")
        with (
            Supervisor(folder, say=self.say) as supervisor,
            listen(options["host"], options["port"]) as listener,
        ):
            installation = configure(folder, listener=listener, environment=os.environ)
            serve(supervisor, installation)
            if _waits_for_its_first_user():
                greeting = manage(installation, "first_administrator", "--quiet")
                supervisor.run(replace(greeting, is_shown=True))
            self.say(f"Ready: {installation.address}  Ctrl-C ends it.")
            supervisor.watch()


def _waits_for_its_first_user() -> bool:
    """Ask the database once, so that a start with users needs no further process."""
    try:
        return nobody_signs_in()
    finally:
        connection.close()
