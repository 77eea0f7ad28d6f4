"""Reading CSV files as people export them: compressed or not, with a byte order mark, with any usual
delimiter, in UTF-8 or else in Windows-1252.

Which of the two is never guessed silently: `Table.read_as` holds a word by which the reader can tell. Other
encodings of one byte per letter cannot be told from Windows-1252; their letters come out wrong in that word.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, StringIO, TextIOWrapper
from pathlib import Path
from typing import TextIO

from surveys.engine.field_paths import column_name

DELIMITERS = ",;\t|"
MEGABYTE = 1024 * 1024
LONGEST_LINE = MEGABYTE
UTF_8, WINDOWS = "utf-8-sig", "cp1252"
_WORD = re.compile(r"[^\W\d_]{0,20}[^\x00-\x7f][^\W\d_]{0,20}")


class TableError(ValueError):
    """A file that cannot be read as a table; the text says what to correct."""


@dataclass(frozen=True)
class Table:
    """A CSV file, or its text, with its column names (lower case, blanks as underscores) and delimiter.

    `read_as` is a word of a file that is not in UTF-8, as it reads in Windows-1252; empty for all others.
    """

    content: Path | str
    columns: tuple[str, ...]
    delimiter: str
    read_as: str = ""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row that is not empty and the line it starts on. Raises TableError for a broken file."""
        with _opened(self.content, WINDOWS if self.read_as else UTF_8) as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            line = 1
            try:
                for cells in reader:
                    if line > 1 and cells:
                        yield line, cells
                    line = reader.line_num + 1
            except csv.Error as error:
                raise TableError(
                    f"Line {line} cannot be read: {error}. Correct its quotation marks."
                ) from error

    def first_of(self, names: Iterable[str]) -> int | None:
        """Return where the first of these columns that is there stands."""
        return next((self.columns.index(name) for name in names if name in self.columns), None)

    def named(self, cells: Sequence[str]) -> dict[str, str]:
        """Return a row by column name. Raises ValueError when it has too few or too many cells."""
        self.check(cells)
        return dict(zip(self.columns, cells, strict=True))

    def check(self, cells: Sequence[str]) -> None:
        """Raise ValueError when a row has too few or too many cells."""
        if len(cells) != len(self.columns):
            raise ValueError(f"It has {len(cells)} cells where the header has {len(self.columns)}.")


def open_table(content: Path | str, *, required: tuple[str, ...]) -> Table:
    """Return the table in a .csv or .csv.gz file, or in a text. Raises TableError when it has no usable
    header, or is neither in UTF-8 nor in Windows-1252.
    """
    read_as = word_read_as_windows(content) if isinstance(content, Path) else ""
    with _opened(content, WINDOWS if read_as else UTF_8) as file:
        header = file.readline()
    delimiter = max(DELIMITERS, key=header.count)
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error as error:
        raise TableError(
            f"The first line names no columns: {error}. It must be the header of a CSV file."
        ) from error
    columns = tuple(map(column_name, names))
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise TableError(f"The column {twice[0]!r} is there twice. Remove or rename one of them.")
    missing = [name for name in required if name not in columns]
    if missing:
        raise TableError(
            f"There is no column {missing[0]!r}. The first line must name the columns; found: "
            f"{', '.join(filter(None, columns)) or 'nothing'}."
        )
    return Table(content, columns, delimiter, read_as)


def word_read_as_windows(path: Path) -> str:
    """Return a word of a file that is not in UTF-8, as it reads in Windows-1252; "" for a file in UTF-8.

    Raises TableError for a file that is in neither, or whose lines differ.
    """
    is_utf_8, word = False, ""
    with _readable(path), _unpacked(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith(b"PK\x03\x04"):
                raise TableError(
                    "The file is a workbook, no CSV. Save it as “CSV UTF-8” and choose that file."
                )
            if line.isascii():
                continue
            if _is_utf_8(line):
                is_utf_8 = True
            else:
                found = _windows_word(line)
                word = word or found
            if is_utf_8 and word:
                raise TableError(
                    f"Some lines are in UTF-8 and others are not (up to line {number}). Save the file as "
                    "“CSV UTF-8” and choose that file."
                )
    return word


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _windows_word(line: bytes) -> str:
    """Return the first word with a sign beyond ASCII. Raises UnicodeDecodeError for what is no such text."""
    if b"\x00" in line:  # UTF-16
        line.decode("utf-8")
    found = _WORD.search(line.decode(WINDOWS))
    return found[0] if found else ""


def check_unpacked(path: Path, *, most_bytes: int) -> None:
    """Raise TableError when a file somebody sent is larger than this once unpacked, or one endless line.

    A compressed file of a few kilobytes can hold more than the machine.
    """
    size = 0
    with _readable(path), _unpacked(path) as file:
        while line := file.readline(LONGEST_LINE):
            size += len(line)
            if len(line) == LONGEST_LINE:
                raise TableError(
                    "A line of the file is longer than 1 MB. Send a CSV file with a row per line."
                )
            if size > most_bytes:
                most = most_bytes // MEGABYTE
                raise TableError(f"Unpacked, the file is larger than {most} MB. Split it into several files.")


@contextmanager
def _opened(content: Path | str, encoding: str) -> Iterator[TextIO]:
    if isinstance(content, str):
        yield StringIO(content, newline="")
        return
    with _readable(content), _unpacked(content) as file, TextIOWrapper(file, encoding, newline="") as text:
        yield text


def _unpacked(path: Path) -> BufferedReader | gzip.GzipFile:
    with path.open("rb") as probe:
        is_compressed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_compressed else path.open("rb")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong in reading a file into a TableError that says what to do."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise TableError(
            "The file is neither in UTF-8 nor in Windows-1252. Save it as “CSV UTF-8” and choose that file."
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{path.name} cannot be read: {error}. Check the path and the file.") from error
