"""The local mail server: takes every mail, sends nothing on, keeps all in a Maildir that /mailbox/ shows.

Run by the supervisor: python -m xla_service.embedded.mailbox --port 8025 --folder var/mailbox
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from xla_service.embedded import maildir
from xla_service.embedded.ports import LOOPBACK

LARGEST_MAIL_BYTES = 20 * 1024 * 1024


class Keeper:
    """Keeps each mail with the addresses of its envelope, as a delivering server does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store one mail and confirm it; the confirmation means that it is in the folder."""
        assert isinstance(envelope.content, bytes)
        lines = [f"Return-Path: <{envelope.mail_from or ''}>"]
        lines += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        header = "".join(f"{line}\r\n" for line in lines).encode("utf-8")
        key = maildir.store(self.folder, header + envelope.content)
        return f"250 2.0.0 Kept as {key}"


async def serve(folder: Path, port: int) -> None:
    """Take mail on this machine's own address until told to stop."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=LARGEST_MAIL_BYTES),
        LOOPBACK,
        port,
    )
    async with server:
        await stopped.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Keep every mail in a folder; send nothing on.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.folder, arguments.port))


if __name__ == "__main__":
    main()
