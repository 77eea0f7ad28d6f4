"""The incident log as an export that ends now: dates moved, the future left out, people given addresses."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path

from experience.demo.comments import language_of
from experience.demo.moving import move_to
from experience.demo.story import sample_of_category

LOG = Path(__file__).parent / "data" / "incidents.csv.gz"
MISSING = "?"
SHARED_ACCOUNTS = 9
ADDED_COLUMNS = ("business_service", "caller_email", "preferred_language", "short_description")
NO_CATEGORY = "No category"

Row = dict[str, str]


def read_log() -> list[Row]:
    """Return the reduced log as it is shipped, row by row."""
    text = gzip.decompress(LOG.read_bytes()).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


def rows_until(now: datetime, log: list[Row]) -> Iterator[Row]:
    """Yield the rows of the log as an export taken at `now` would hold them, in UTC and ISO format.

    Dates are moved by whole weeks (see `move_to`). Rows from after `now` are left out, and so is a closing
    that an earlier row already knows of: the source writes it into every row.
    """
    shift = move_to(now.date())
    end = now.strftime("%Y-%m-%d %H:%M")
    for row in log:
        updated_at = _moved(row["sys_updated_at"], shift)
        if updated_at <= end:
            closed_at = _moved(row["closed_at"], shift)
            is_closed = row["incident_state"] == "Closed" and closed_at <= end
            yield row | {
                "sys_updated_at": updated_at,
                "opened_at": _moved(row["opened_at"], shift),
                "closed_at": closed_at if is_closed else MISSING,
                **_added(row),
            }


def write_export(path: Path, now: datetime, log: list[Row]) -> None:
    """Write the moved log as a CSV file that the ticket import reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*log[0], *ADDED_COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows_until(now, log))


def service_name(category: str) -> str:
    """Return what the export calls the service of a category; an alias of the service in the catalogue."""
    return NO_CATEGORY if category == MISSING else category


def shared_accounts(log: list[Row]) -> set[str]:
    """Return the callers whose tickets are so many that they cannot be one person's."""
    owners = dict.fromkeys((row["number"], row["caller_id"]) for row in log if row["caller_id"] != MISSING)
    counts = Counter(caller for _, caller in owners)
    return {caller for caller, _ in counts.most_common(SHARED_ACCOUNTS)}


def _moved(moment: str, shift: timedelta) -> str:
    """Return "31/5/2016 09:04" moved, as "2026-11-17 09:04"; "?" stays."""
    if moment == MISSING:
        return moment
    day, clock = moment.split(" ")
    return f"{_moved_day(day, shift)} {clock}"


@cache
def _moved_day(day: str, shift: timedelta) -> str:
    number, month, year = map(int, day.split("/"))
    return str(date(year, month, number) + shift)


def _added(row: Row) -> Row:
    caller = row["caller_id"]
    kind = row["subcategory"].removeprefix("Subcategory ")
    name = sample_of_category(row["category"]).name
    return {
        "business_service": service_name(row["category"]),
        "caller_email": MISSING if caller == MISSING else f"{caller.lower().replace(' ', '-')}@example.test",
        "preferred_language": MISSING if caller == MISSING else _language(caller),
        "short_description": name if kind == MISSING else f"{name}, issue of type {kind}",
    }


_language = cache(language_of)
