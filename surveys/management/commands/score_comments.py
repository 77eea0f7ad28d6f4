"""Score comments from a file or a pipe, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.engine.sentiment import score_comment


class BadLine(ValueError):
    """A line is not a comment; the message says what to write instead."""


class Command(BaseCommand):
    """Score JSON lines; a bad line is reported with its number and the rest is scored."""

    help = (
        "Score the sentiment of comments: one JSON object per line with text and, if known, language. "
        "Each line comes back with polarity, label, confidence, cues, language and model_version. "
        "Bad lines are reported on standard error and left out."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the files; "-" is a pipe."""
        parser.add_argument("--input", default="-", help="file to read, UTF-8; - for standard input")
        parser.add_argument("--output", default="-", help="file to write, UTF-8; - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Score every line that can be read; whoever closes the pipe has had enough."""
        if _is_same_file(options["input"], options["output"]):
            raise CommandError(f"{options['output']} is the input; name another file for --output.")
        try:
            bad = self._score(options)
        except BrokenPipeError:
            # What is still in the buffer cannot be written when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if bad:
            self.stderr.write(f"{bad} bad line{'s' if bad > 1 else ''} left out; the others are scored.")

    def _score(self, options: dict[str, Any]) -> int:
        """Write the scored lines and return how many were bad."""
        bad = 0
        with _source(options["input"]) as source, _target(options["output"]) as target:
            for number, line in enumerate(source, start=1):
                try:
                    if line.strip():
                        target.write(scored_line(line))
                except BadLine as error:
                    bad += 1
                    self.stderr.write(f"line {number}: {error}")
        return bad


def scored_line(line: bytes) -> bytes:
    """Return the line's object with its sentiment added, as a line.

    Raises BadLine when the line is not UTF-8, not an object with a string `text`, or `language` is no string.
    """
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLine("not UTF-8; save the file as UTF-8.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadLine("not JSON; write one object per line.") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise BadLine('no text; write {"text": "..."} with the comment as a string.')
    if not isinstance(row.get("language"), str | None):
        raise BadLine('language must be a string such as "en", or left out.')
    sentiment = score_comment(row["text"], row.get("language") or None)
    # Lone surrogates ("\ud83d") are valid JSON but not UTF-8.
    return json.dumps(row | asdict(sentiment), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _is_same_file(source: str, target: str) -> bool:
    paths = (source, target)
    return "-" not in paths and all(map(os.path.exists, paths)) and os.path.samefile(*paths)


@contextmanager
def _source(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    with _opened(path, "rb") as file:
        yield file


@contextmanager
def _target(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with _opened(path, "wb") as file:
        yield file


def _opened(path: str, mode: str) -> BinaryIO:
    try:
        return open(path, mode)  # type: ignore[return-value]
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}; check the path.") from error
