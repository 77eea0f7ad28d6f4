"""Makes `data/incidents.csv.gz` from the log: `python -m experience.demo.build incident_event_log.csv`.

The log has one row per update of an incident. Kept are the rows a ticket import needs: each moment an
incident was resolved, taken up again or began or ended to wait for somebody, its last row, and its first row
where it was still open late. Rows after the last day that any demo can reach are left out. Values and dates
stay as the source writes them (day first, `?` for missing).
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from experience.demo.moving import LAST_DENSE_DAY, LONGEST_REST_DAYS

COLUMNS = (
    "number",
    "incident_state",
    "reassignment_count",
    "reopen_count",
    "made_sla",
    "caller_id",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "priority",
    "assignment_group",
    "resolved_by",
    "opened_at",
    "sys_updated_at",
    "closed_at",
)
DATE_FORMAT = "%d/%m/%Y %H:%M"
FROM_HERE_ON_OPEN_ONES_ARE_KEPT = datetime.combine(LAST_DENSE_DAY, datetime.min.time())
END = FROM_HERE_ON_OPEN_ONES_ARE_KEPT + timedelta(days=1 + LONGEST_REST_DAYS)

Row = dict[str, str]


def rows_to_keep(history: list[Row]) -> list[Row]:
    """Return the rows of one incident that an import needs, in their order; empty when it opened too late."""
    kept = [row for row in _turning_points(history) if _updated_at(row) < END]
    ends_late = _updated_at(history[-1]) >= FROM_HERE_ON_OPEN_ONES_ARE_KEPT
    if ends_late and history[0] not in kept and _updated_at(history[0]) < END:
        kept.insert(0, history[0])
    return kept


def _turning_points(history: list[Row]) -> Iterator[Row]:
    before = "open"
    for row in history:
        phase = _phase(row["incident_state"])
        if phase != before or row is history[-1]:
            yield row
        before = phase


def _phase(state: str) -> str:
    if state.startswith("Awaiting"):
        return "waiting"
    return state if state in ("Resolved", "Closed") else "open"


def _updated_at(row: Row) -> datetime:
    return datetime.strptime(row["sys_updated_at"], DATE_FORMAT)  # noqa: DTZ007  (the log names no zone)


def reduce_log(rows: Iterable[Row]) -> bytes:
    """Return the reduced log as gzip-compressed CSV, the same bytes for the same rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for _, history in groupby(rows, key=itemgetter("number")):
        writer.writerows(rows_to_keep(list(history)))
    return gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)


def main(source: Path, target: Path) -> None:
    """Read the log, plain or gzip-compressed, and write the reduced one."""
    plain = source.read_bytes()
    text = (gzip.decompress(plain) if source.suffix == ".gz" else plain).decode()
    target.write_bytes(reduce_log(csv.DictReader(io.StringIO(text, newline=""))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent / "data" / "incidents.csv.gz")
