"""Importing a ticket file that somebody uploaded: taken at once, read by the worker."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from surveys.engine.ticket_presets import PRESETS
from surveys.engine.values import MappingError
from surveys.models import Job, User
from surveys.selectors.service_names import ServiceNames
from surveys.services.catalogue import LONGEST_NAME, NewService, create_services, service_key
from surveys.services.csv_tables import MEGABYTE, TableError, check_unpacked, open_table
from surveys.services.import_tickets import TicketImport, import_tickets
from surveys.services.jobs import JobRefusedError, Progress, start_job
from surveys.services.ticket_file import number_place, service_columns_of

MOST_BYTES = 100 * MEGABYTE
MOST_UNPACKED_BYTES = 10 * MOST_BYTES
REJECTED_SHOWN = 50
UNREAD_SHOWN = 30
# More names than that are no services but, say, the titles of tickets.
MOST_NEW_SERVICES = 300


@dataclass(frozen=True, slots=True)
class ImportWishes:
    """How a file is to be read: `service_column` empty for the usual ones; `creates_services` for the names
    that no service has yet.
    """

    name: str
    source: str
    preset: str
    service_column: str = ""
    creates_services: bool = False


def start_ticket_import(chunks: Iterable[bytes], wishes: ImportWishes, *, by: User, now: datetime) -> Job:
    """Keep an uploaded export and have its tickets imported soon.

    Raises JobRefusedError for an unknown preset, and while another import runs.
    """
    if wishes.preset not in PRESETS:
        raise JobRefusedError(f"There is no preset {wishes.preset!r}. Choose one of the list.")
    content = _compressed(b"".join(chunks))
    return start_job(Job.Kind.TICKET_IMPORT, by=by, now=now, wishes=asdict(wishes), content=content)


def _compressed(content: bytes) -> bytes:
    is_compressed = content[:2] == b"\x1f\x8b"
    return content if is_compressed else gzip.compress(content, compresslevel=5)


def import_uploaded_tickets(job: Job, progress: Progress) -> dict[str, Any]:
    """Import the tickets of a job's file; return the counts and the first rejected rows.

    Raises JobRefusedError for a file that cannot be read as a table of tickets.
    """
    wishes = ImportWishes(**job.wishes)
    columns = (wishes.service_column,) if wishes.service_column else ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tickets.csv.gz"
        path.write_bytes(bytes(job.content))
        try:
            check_unpacked(path, most_bytes=MOST_UNPACKED_BYTES)
            named_by = service_columns_of(wishes.source, wishes.preset, columns)
            created = _create_services(path, wishes, named_by, job) if wishes.creates_services else 0
            done = import_tickets(
                path,
                source=wishes.source,
                preset=wishes.preset,
                service_columns=columns,
                now=timezone.now(),
                progress=progress,
            )
        except (TableError, MappingError) as error:
            raise JobRefusedError(str(error)) from error
    return _outcome(done) | {"services": created}


def _create_services(path: Path, wishes: ImportWishes, columns: Sequence[str], job: Job) -> int:
    table, names = open_table(path, required=()), ServiceNames.of(wishes.source)
    number_place(table, source=wishes.source, preset=wishes.preset)  # a letter leaves no services behind
    places = [table.columns.index(name) for name in columns if name in table.columns]
    told = {_first_value(cells, places) for _, cells in table.rows()} - {""}
    unknown = sorted(name for name in told if names.find(name) is None)
    if len(unknown) > MOST_NEW_SERVICES:
        raise JobRefusedError(
            f"The file names {len(unknown)} services that are not there. Name the column that tells the "
            "service, or create the services first."
        )
    wanted = [NewService(name[:LONGEST_NAME]) for name in unknown]
    named = [service for service in wanted if service_key(service)]
    return len(create_services(named, by=job.started_by, now=timezone.now()).services)


def _first_value(cells: Sequence[str], places: Sequence[int]) -> str:
    values = (cells[place].strip() for place in places if place < len(cells))
    return next((value for value in values if value), "")


def _outcome(done: TicketImport) -> dict[str, Any]:
    counts = done.registration
    return {
        "rows": done.row_count,
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "resolutions": counts.resolutions,
        "unread": list(done.unread[:UNREAD_SHOWN]),
        "read_as": done.read_as,
        "rejected": len(counts.rejected),
        "rejections": [[row.line, row.number, row.reason[:300]] for row in counts.rejected[:REJECTED_SHOWN]],
    }
