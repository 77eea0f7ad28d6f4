"""What `manage.py up` and `manage.py demo` share: how they speak, end and fail."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from xla_service.embedded.errors import LaunchError, StopRequestedError


class LaunchCommand(BaseCommand):
    """A command that runs an installation until it is told to stop."""

    requires_system_checks: list[str] = []  # the `prepare` it runs checks the settings of the installation

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; being told to stop is a good end, whatever keeps it from starting is an error in words.

        Files that this and its processes make are for this user alone: they hold what people wrote.
        """
        os.umask(0o077)
        try:
            self.launch(options)
        except StopRequestedError:
            return
        except LaunchError as error:
            raise CommandError(str(error)) from error

    @abstractmethod
    def launch(self, options: dict[str, Any]) -> None:
        """Start everything and return when it has ended."""

    def say(self, words: str) -> None:
        """Tell the person at the terminal, at once also where the output goes to a file."""
        self.stdout.write(words)
        self.stdout.flush()
