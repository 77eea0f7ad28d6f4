"""What commands show while they work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

WIDTH = 30


class ProgressBar:
    """A bar on a terminal; nothing where the output goes to a file or a log."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.is_shown = out.isatty()

    def show(self, stage: str, done: int, total: int) -> None:
        """Draw the bar for `done` of `total` of a stage."""
        if self.is_shown:
            filled = WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (WIDTH - filled)
            self.out.write(f"\r{stage} [{bar}] {done} of {total}", ending="")
            self.out.flush()

    def finish(self) -> None:
        """Leave the line of the bar."""
        if self.is_shown:
            self.out.write("")
