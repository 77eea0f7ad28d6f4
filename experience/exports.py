"""Tables as files: CSV and XLSX with the same columns, numbers as numbers, days as days."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from experience import figures
from experience.badges import BADGES, STATUS_WORDS
from experience.selectors.portfolio import Row
from experience.selectors.portfolio_order import QUIET, Choice
from experience.selectors.results import least_people
from surveys.links import again_url
from surveys.models import SilentSampleLine

Value: TypeAlias = "str | float | int | date | None"
# A cell that begins with one of these is a formula to a spreadsheet; names from tickets must not become one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# How a workbook shows a kind of value; its language decides the decimal mark and the order of a date.
_DAY, _SHARE, _COUNT, _RATING, _SCORE = "yyyy-mm-dd", "0.0%", "#,##0", "0.0", "0"
_WIDEST = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: its heading, its value of a row, and how a workbook writes it."""

    heading: str | Promise
    value: Callable[[Row], Value]
    shown_as: str = "General"


PORTFOLIO = (
    Column(gettext_lazy("Service"), lambda row: row.name),
    Column(gettext_lazy("Key"), lambda row: row.key),
    Column(gettext_lazy("Supplier"), lambda row: row.supplier),
    Column(gettext_lazy("From"), lambda row: row.starts_on, _DAY),
    Column(gettext_lazy("To"), lambda row: row.ends_on, _DAY),
    Column(gettext_lazy("Experience"), lambda row: str(STATUS_WORDS[row.status].label)),
    Column(gettext_lazy("Badge"), lambda row: str(row.badge.label) if row.badge else None),
    Column(gettext_lazy("Rating"), lambda row: row.rating, _RATING),
    Column(gettext_lazy("Rating low"), lambda row: row.rating_low, _RATING),
    Column(gettext_lazy("Rating high"), lambda row: row.rating_high, _RATING),
    Column(gettext_lazy("Rating agreed"), lambda row: row.rating_target, _RATING),
    Column(gettext_lazy("Experience score"), lambda row: row.experience, _SCORE),
    Column(gettext_lazy("SLA met"), lambda row: row.sla_share, _SHARE),
    Column(gettext_lazy("SLA target"), lambda row: row.sla_target, _SHARE),
    Column(gettext_lazy("Came back"), lambda row: row.repeat_share, _SHARE),
    Column(gettext_lazy("Asked"), lambda row: row.asked, _COUNT),
    Column(gettext_lazy("Answered"), lambda row: row.answered, _COUNT),
    Column(gettext_lazy("Counts like"), lambda row: row.n_effective, _COUNT),
    Column(gettext_lazy("Data"), lambda row: gettext("sample") if row.is_sample else gettext("own")),
)


def portfolio_csv(rows: Iterable[Row]) -> HttpResponse:
    """Return the rows as a CSV file in UTF-8 that spreadsheets open as such: headings, then a line each."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([str(column.heading) for column in PORTFOLIO])
    writer.writerows(_lines(rows))
    return _file(("\ufeff" + text.getvalue()).encode(), "text/csv; charset=utf-8", "portfolio.csv")


def silent_csv(lines: Iterable[SilentSampleLine], name: str) -> HttpResponse:
    """Return whom to ask again as a CSV file: ticket, person, address, the link to their survey."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([gettext("Ticket"), gettext("Person"), gettext("E-mail"), gettext("Link")])
    for line in lines:
        person, ticket = line.invitation.person, line.invitation.resolution.ticket
        cells = (ticket.number, str(person), person.email, again_url(line.invitation.token))
        writer.writerow([safe(cell) for cell in cells])
    return _file(("\ufeff" + text.getvalue()).encode(), "text/csv; charset=utf-8", name)


def portfolio_words(rows: Sequence[Row], choice: Choice, *, now: datetime) -> tuple[str, str]:
    """Return what the rows are: of which days and services and made when, and what their figures mean."""
    made = gettext("Made on %(moment)s.") % {
        "moment": date_format(timezone.localtime(now), "DATETIME_ZONE_FORMAT")
    }
    meaning = gettext(
        "Rating low and high are the ends of the 95 %% interval; an experience score of 70 is exactly on "
        "target. Figures about fewer than %(fewest)d people are left out."
    ) % {"fewest": least_people()}
    return (
        " ".join([_days_sentence(rows, choice), *_narrowed_sentence(choice), made]),
        " ".join([meaning, *_sample_sentence(rows)]),
    )


def _days_sentence(rows: Sequence[Row], choice: Choice) -> str:
    if choice.month:
        return gettext("Services, SLA and experience in %(month)s.") % {
            "month": figures.month(choice.month.first_on)
        }
    newest = max((row.ends_on for row in rows if row.ends_on), default=None)
    if newest is None:
        return gettext("Services, SLA and experience. Nothing was measured yet.")
    return gettext(
        "Services, SLA and experience of the 28 days up to %(day)s; where these bring too few answers, of the"
        " days since “From”."
    ) % {"day": figures.full_day(newest)}


def _narrowed_sentence(choice: Choice) -> list[str]:
    badges = {QUIET: gettext("without a badge"), **{badge.key: str(badge.label) for badge in BADGES}}
    chosen = [
        f"“{choice.text}”" if choice.text else "",
        badges.get(choice.badge, ""),
        str(STATUS_WORDS[choice.status].label) if choice.status else "",
        choice.narrowing.supplier,
        choice.narrowing.group,
    ]
    named = ", ".join(name for name in chosen if name)
    return [gettext("Only: %(names)s.") % {"names": named}] if named else []


def _sample_sentence(rows: Sequence[Row]) -> list[str]:
    if not any(row.is_sample for row in rows):
        return []
    return [
        gettext(
            "Sample data, where the last column says so: real tickets from a public log, moved in time; "
            "names invented; answers simulated."
        )
    ]


def portfolio_xlsx(rows: Iterable[Row], words: Sequence[str]) -> HttpResponse:
    """Return the rows as a workbook of one sheet: the words that say what it is, bold headings, the rows."""
    lines = list(_lines(rows))
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Portfolio"))
    sheet.freeze_panes = f"B{len(words) + 3}"
    for number, column in enumerate(PORTFOLIO):
        sheet.column_dimensions[get_column_letter(number + 1)].width = _width(column, number, lines)
    for line_of_words in words:
        sheet.append([line_of_words])
    sheet.append([])
    sheet.append([_bold(sheet, str(column.heading)) for column in PORTFOLIO])
    for line in lines:
        sheet.append([_cell(sheet, *pair) for pair in zip(PORTFOLIO, line, strict=True)])
    content = io.BytesIO()
    book.save(content)
    return _file(content.getvalue(), XLSX, "portfolio.xlsx")


def _lines(rows: Iterable[Row]) -> Iterable[list[Value]]:
    return ([safe(column.value(row)) for column in PORTFOLIO] for row in rows)


def _width(column: Column, number: int, lines: Sequence[Sequence[Value]]) -> int:
    longest = max((len(str(line[number])) for line in lines if isinstance(line[number], str)), default=0)
    return min(max(longest, len(str(column.heading)), len(_DAY)) + 2, _WIDEST)


def _cell(sheet: Any, column: Column, value: Value) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    cell.number_format = column.shown_as
    return cell


def safe(value: Value) -> Value:
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
