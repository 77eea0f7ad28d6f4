"""Take over what a provider reports about its service levels, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from experience.engine.periods import labelled_month
from experience.models import SlaReport
from experience.models.slas import SlaKind
from surveys.selectors.service_names import ServiceNames
from surveys.services.csv_tables import Table, open_table

REQUIRED = ("service", "month", "kind", "share")


class SlaReportError(ValueError):
    """A report that cannot be taken; `problems` name each line and what to correct."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def import_sla_report(path: Path, *, source: str, now: datetime) -> int:
    """Store every row of a CSV file, in the place of an earlier report of the same, and return how many.

    Columns: service, month (2026-05), kind, share (0.964 or 96.4 %); optionally n and priority. All or
    nothing: raises SlaReportError naming every line that cannot be taken, TableError for a file that is no
    table.
    """
    table = open_table(path, required=REQUIRED)
    reports, problems = _read(table, ServiceNames.of(source), now)
    if problems:
        raise SlaReportError(problems)
    with transaction.atomic():
        for report in reports.values():
            _store(report)
    return len(reports)


_Key = tuple[int, date, str, int | None]


def _read(table: Table, names: ServiceNames, now: datetime) -> tuple[dict[_Key, SlaReport], list[str]]:
    reports: dict[_Key, SlaReport] = {}
    problems: list[str] = []
    for line, cells in table.rows():
        try:
            report = _report(table.named(cells), names, now)
            key = (report.service_id, report.month, report.kind, report.priority)
            if key in reports:
                raise ValueError("The same month, kind and priority stand in an earlier line. Remove one.")
            reports[key] = report
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    return reports, problems


def _report(row: Mapping[str, str], names: ServiceNames, now: datetime) -> SlaReport:
    service = names.find(row["service"].strip())
    if service is None:
        raise ValueError(names.unknown(row["service"].strip()))
    kind = row["kind"].strip()
    if kind not in SlaKind.values:
        raise ValueError(f"The kind {kind!r} is none of {', '.join(SlaKind.values)}.")
    return SlaReport(
        service=service,
        month=_month(row["month"].strip()),
        kind=kind,
        priority=_whole(row, "priority"),
        share=_share(row["share"].strip()),
        n=_whole(row, "n"),
        imported_at=now,
    )


def _month(text: str) -> date:
    found = labelled_month(text)
    if found is None:
        raise ValueError(f"The month {text!r} must be written like 2026-05.")
    return found.first_on


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise ValueError(f"The share {text!r} must be a number such as 0.964 or 96.4 %.") from error
    if not 0 <= share <= 1:
        raise ValueError(f"The share {text!r} must lie between 0 and 1; write percent with its sign.")
    return share


def _whole(row: Mapping[str, str], name: str) -> int | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"The {name} {text!r} must be a whole number.")
    return int(text)


def _store(report: SlaReport) -> None:
    SlaReport.objects.update_or_create(
        service=report.service,
        month=report.month,
        kind=report.kind,
        priority=report.priority,
        defaults={"share": report.share, "n": report.n, "imported_at": report.imported_at},
    )
