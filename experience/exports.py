"""Tables as files: CSV and XLSX with the same columns, numbers as numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from experience.badges import STATUS_WORDS
from experience.selectors.portfolio import Row

# A cell that begins with one of these is a formula to a spreadsheet; names from tickets must not become one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: its heading and its value of a row."""

    heading: str | Promise
    value: Callable[[Row], str | float | int | None]


PORTFOLIO = (
    Column(gettext_lazy("Service"), lambda row: row.name),
    Column(gettext_lazy("Key"), lambda row: row.key),
    Column(gettext_lazy("Supplier"), lambda row: row.supplier),
    Column(gettext_lazy("From"), lambda row: row.starts_on.isoformat() if row.starts_on else None),
    Column(gettext_lazy("To"), lambda row: row.ends_on.isoformat() if row.ends_on else None),
    Column(gettext_lazy("Experience"), lambda row: str(STATUS_WORDS[row.status].label)),
    Column(gettext_lazy("Badge"), lambda row: str(row.badge.label) if row.badge else None),
    Column(gettext_lazy("Rating"), lambda row: row.rating),
    Column(gettext_lazy("Rating low"), lambda row: row.rating_low),
    Column(gettext_lazy("Rating high"), lambda row: row.rating_high),
    Column(gettext_lazy("Rating agreed"), lambda row: row.rating_target),
    Column(gettext_lazy("Experience score"), lambda row: row.experience),
    Column(gettext_lazy("SLA met"), lambda row: row.sla_share),
    Column(gettext_lazy("SLA target"), lambda row: row.sla_target),
    Column(gettext_lazy("Came back"), lambda row: row.repeat_share),
    Column(gettext_lazy("Asked"), lambda row: row.asked),
    Column(gettext_lazy("Answered"), lambda row: row.answered),
    Column(gettext_lazy("Counts like"), lambda row: row.n_effective),
)


def portfolio_csv(rows: Iterable[Row]) -> HttpResponse:
    """Return the rows as a CSV file in UTF-8 that spreadsheets open as such."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(_table(rows))
    return _file(("\ufeff" + text.getvalue()).encode(), "text/csv; charset=utf-8", "portfolio.csv")


def portfolio_xlsx(rows: Iterable[Row]) -> HttpResponse:
    """Return the rows as a workbook of one sheet, the headings bold and fixed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Portfolio"))
    sheet.freeze_panes = "B2"
    headings, *lines = _table(rows)
    sheet.append([_bold(sheet, heading) for heading in headings])
    for line in lines:
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return _file(content.getvalue(), XLSX, "portfolio.xlsx")


def _table(rows: Iterable[Row]) -> list[Sequence[Any]]:
    headings = [str(column.heading) for column in PORTFOLIO]
    return [headings, *([safe(column.value(row)) for column in PORTFOLIO] for row in rows)]


def safe(value: str | float | int | None) -> str | float | int | None:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _bold(sheet: Any, heading: str) -> Any:
    cell = WriteOnlyCell(sheet, value=heading)
    cell.font = Font(bold=True)
    return cell


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
