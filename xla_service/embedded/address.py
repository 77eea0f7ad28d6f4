"""Where the pages of a data folder are served, for commands that run beside the launcher."""

from __future__ import annotations

from pathlib import Path


def note_address(data_folder: Path, address: str) -> None:
    """Write down at which address the launcher serves; the next start writes its own."""
    _file(data_folder).write_text(address, encoding="utf-8")


def noted_address(data_folder: Path) -> str | None:
    """Return the address at which a launcher serves this folder, or did last; None where none ever did."""
    file = _file(data_folder)
    return file.read_text(encoding="utf-8") if file.exists() else None


def _file(data_folder: Path) -> Path:
    return data_folder / "run" / "address"
