"""The portfolio page: every service at SLA and experience, watermelons first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from experience import figures, sentences
from experience.badges import BADGES, STATUS_WORDS, Badge
from experience.engine.gaps import UNJUDGED, Verdict
from experience.engine.periods import month_label, month_of, months_before
from experience.exports import portfolio_csv, portfolio_words, portfolio_xlsx
from experience.marks import Dot, interval_bar, quadrant, sparkline
from experience.models import SavedView
from experience.selectors.answers import UnhappyAnswer, latest_unhappy
from experience.selectors.narrowing import narrowing_choices
from experience.selectors.portfolio import Row, TrendPoint, portfolio_rows, weekly_ratings
from experience.selectors.portfolio_order import COLUMNS, QUIET, Choice, badge_counts, chosen, read_choice
from experience.views.origin import asks_for_part, parameters_shown
from surveys.engine.values import storable
from surveys.selectors.narrowing import PARAMETERS
from surveys.services.comment_readings import note_readings
from xla_service.access import everyone, open_to, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page(
    "portfolio",
    "Services",
    Section.PORTFOLIO,
    pages=["service", "service-tab", "silent-sample"],
    order=10,
    keeps=PARAMETERS,
)
_MOST_STANDOUTS = 4
_MOST_MONTHS = 24
_MOST_UNHAPPY = 3
_HEADINGS: dict[str, str | Promise] = {
    "service": gettext_lazy("Service"),
    "experience": gettext_lazy("Experience"),
    "sla": gettext_lazy("SLA"),
    "repeat": gettext_lazy("Came back"),
    "response": gettext_lazy("Answered"),
    "evidence": gettext_lazy("Evidence"),
}
_PRECISION: dict[str, str | Promise] = {
    "high": gettext_lazy("precision high"),
    "fair": gettext_lazy("precision fair"),
    "low": gettext_lazy("precision low"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table with its marks drawn."""

    row: Row
    bar: SafeString
    trend: SafeString
    precision: str


@dataclass(frozen=True, slots=True)
class Heading:
    """One column that can be sorted: its words, the address that sorts by it, and how it is sorted now."""

    column: str
    label: str | Promise
    url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One badge to filter by, with how many services carry it."""

    badge: Badge | None
    label: str
    url: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Standout:
    """A flagged service in one sentence."""

    row: Row
    words: str


@open_to(everyone)
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show the portfolio, filtered and sorted as the query parameters ask.

    htmx gets the table alone, unless the choice is about other days or services than the page it comes from.
    """
    choice = read_choice(request.GET.dict())
    rows = _rows(request, choice)
    page = one_page(request, chosen(rows, choice))
    context = {
        "rows": rows,
        "choice": choice,
        "page": page,
        "lines": _lines(list(page.object_list)),
        "headings": _headings(choice),
        "filters": _filters(rows, choice),
        "query": _query(choice),
        "narrowing": choice.narrowing,
        "choices": narrowing_choices(request.user),
        "statuses": [(key, words.label) for key, words in STATUS_WORDS.items()],
        "months": past_months(organisation_day()),
        "views": list(SavedView.objects.filter(user=signed_in(request))),
    }
    is_fetched = asks_for_part(request)
    is_part = is_fetched and _is_about_the_same(request, choice)
    if not is_part:
        context |= _overview(rows) | {"unhappy": _unhappy(request)}
    response = render(request, f"experience/{'portfolio_services' if is_part else 'portfolio'}.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Current-URL"])
    if is_fetched:
        response["HX-Push-Url"] = f"{request.path}?{context['query']}" if context["query"] else request.path
    return response


def _is_about_the_same(request: HttpRequest, choice: Choice) -> bool:
    """Say whether the page that asks shows these days and services already: then its charts stay."""
    shown = read_choice(parameters_shown(request))
    return (shown.month, shown.narrowing) == (choice.month, choice.narrowing)


def _unhappy(request: HttpRequest) -> list[UnhappyAnswer]:
    """Return the latest unhappy answers about the reader's own services, and note that they were read."""
    reader = signed_in(request)
    found = latest_unhappy(reader, limit=_MOST_UNHAPPY)
    note_readings(Counter(a.service_id for a in found if a.comment), by=reader, now=timezone.now())
    return found


def _rows(request: HttpRequest, choice: Choice) -> list[Row]:
    return portfolio_rows(request.user, month=choice.month, narrowing=choice.narrowing)


def past_months(today: date) -> list[date]:
    """Return the first days of the last complete months, newest first."""
    return [month.first_on for month in months_before(month_of(today), _MOST_MONTHS)]


@open_to(everyone)
@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the services of the choice as a CSV or XLSX file."""
    choice = read_choice(request.GET.dict())
    rows = chosen(_rows(request, choice), choice)
    if kind == "csv":
        return portfolio_csv(rows)
    return portfolio_xlsx(rows, portfolio_words(rows, choice, now=timezone.now()))


@open_to(everyone)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present choice under a name; the same name again replaces it."""
    name = storable(request.POST.get("name", ""))[:60]
    query = _query(read_choice(QueryDict(request.POST.get("query", "")).dict()))
    if name:
        SavedView.objects.update_or_create(user=request.user, name=name, defaults={"query": query})
        messages.success(request, _("Saved as “%(name)s”.") % {"name": name})
    else:
        messages.error(request, _("Give the view a name."))
    return redirect(f"{reverse('portfolio')}?{query}")


@open_to(everyone)
@require_POST
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a view of the reader's own something else; a name that another one has changes nothing."""
    found = get_object_or_404(SavedView, pk=pk, user=request.user)
    before, found.name = found.name, storable(request.POST.get("name", ""))[:60]
    if not found.name:
        messages.error(request, _("Give the view a name."))
    elif SavedView.objects.filter(user=request.user, name=found.name).exclude(pk=pk).exists():
        said = _("“%(before)s” keeps its name: another view is called “%(name)s”.")
        messages.error(request, said % {"before": before, "name": found.name})
    else:
        found.save(update_fields=["name"])
        said = _("“%(before)s” is called “%(name)s” now.")
        messages.success(request, said % {"before": before, "name": found.name})
    return redirect(f"{reverse('portfolio')}?{found.query}")


@open_to(everyone)
@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view of the reader's own."""
    found = get_object_or_404(SavedView, pk=pk, user=request.user)
    found.delete()
    words = _("“%(name)s” is forgotten. It is still shown here, so that you can save it again.")
    messages.success(request, words % {"name": found.name})
    return redirect(f"{reverse('portfolio')}?{found.query}")


def _overview(rows: Sequence[Row]) -> dict[str, object]:
    measured = [row for row in rows if row.ends_on is not None]
    newest = max(measured, key=lambda row: (row.ends_on or date.min, row.starts_on or date.min), default=None)
    by_attention = chosen(rows, Choice())
    dots = [_dot(row) for row in by_attention if row.experience is not None and row.status not in UNJUDGED]
    flagged = [row for row in by_attention if row.badge is not None]
    return {
        "newest": newest,
        "watermelons": sum(row.is_watermelon for row in rows),
        "judged": len(dots),
        "standouts": [Standout(row, _words(row)) for row in flagged[:_MOST_STANDOUTS]],
        "charts": _charts(dots) if dots else [],
        "unplaced": len(rows) - len(dots),
        "badges": BADGES,
    }


def _charts(dots: Sequence[Dot]) -> list[SafeString]:
    """Draw the quadrant for wide and for narrow pages; the style sheet shows one of them."""
    flagged = [dot.name for dot in dots if dot.is_watermelon]
    words = _("%(count)s services; the table below holds every figure. Watermelons: %(names)s.") % {
        "count": len(dots),
        "names": ", ".join(flagged) or _("none"),
    }
    return [
        quadrant(dots, width=700, height=430, key="wide", description=words, link=_address),
        quadrant(dots, width=340, height=360, key="narrow", description=words, link=_address),
    ]


def _address(key: str) -> str:
    return reverse("service", args=[key])


def _dot(row: Row) -> Dot:
    return Dot(
        key=row.key,
        name=row.name,
        sla_points=row.sla_points,
        score=row.experience or 0.0,
        low=row.experience_low,
        high=row.experience_high,
        status=row.status,
        is_watermelon=row.is_watermelon,
        is_flagged=row.badge is not None and row.badge.key != Verdict.OVER_STRICT,
    )


def _words(row: Row) -> str:
    best = row.scale[1] if row.scale else None
    parts = [
        sentences.sla_sentence(row.sla_share, row.sla_target),
        sentences.rating_sentence(row.rating, row.rating_low, row.rating_high, row.rating_target, best),
        sentences.repeat_sentence(row.repeat_share),
    ]
    return " ".join(part for part in parts if part)


def _lines(rows: Sequence[Row]) -> list[Line]:
    until = max((row.ends_on for row in rows if row.ends_on), default=None)
    trends = weekly_ratings([row.service_id for row in rows], until=until) if until else {}
    return [
        Line(
            row,
            _bar(row),
            _trend(row, trends.get(row.service_id, [])),
            _precision(row),
        )
        for row in rows
    ]


def _precision(row: Row) -> str:
    found = sentences.precision(row.rating_low, row.rating_high, row.scale, row.response_share)
    return str(_PRECISION[found]) if found else ""


def _bar(row: Row) -> SafeString:
    worst, best = row.scale or (1, 5)
    # No agreement sets a target in the lowest quarter of a scale; leaving it out shows the rest larger.
    span = (worst + (best - worst) / 4, best)
    return interval_bar(
        row.rating, row.rating_low, row.rating_high, row.rating_target, span=span, status=row.status
    )


def _trend(row: Row, points: Sequence[TrendPoint]) -> SafeString:
    values = [point.rating for point in points]
    known = [value for value in values if value is not None]
    if not known:
        return sparkline([], None, label="")
    words = _("%(weeks)s weeks, from %(first)s to %(last)s") % {
        "weeks": len(known),
        "first": figures.rating(known[0]),
        "last": figures.rating(known[-1]),
    }
    return sparkline(values, row.rating_target, label=words)


def _headings(choice: Choice) -> dict[str, Heading]:
    return {column: _heading(column, choice) for column in COLUMNS}


def _heading(column: str, choice: Choice) -> Heading:
    is_current = choice.column == column
    first = COLUMNS[column][1]
    ascending = not choice.is_ascending if is_current else first
    query = _query(choice, sort=column, order="up" if ascending else "down")
    now = ("ascending" if choice.is_ascending else "descending") if is_current else ""
    return Heading(column, _HEADINGS[column], f"?{query}", now)


def _filters(rows: Sequence[Row], choice: Choice) -> list[Filter]:
    counts = badge_counts(rows)
    every = Filter(None, _("All"), f"?{_query(choice, show='')}", len(rows), not choice.badge)
    entries = [(badge.key, badge.label, badge) for badge in BADGES] + [(QUIET, _("Without a badge"), None)]
    return [every] + [
        Filter(badge, label, f"?{_query(choice, show=key)}", counts[key], choice.badge == key)
        for key, label, badge in entries
        if counts[key] or choice.badge == key
    ]


def _query(choice: Choice, **changes: str) -> str:
    """Return the choice as query parameters with some changed; what is default is left out."""
    is_sorted = choice.column in COLUMNS
    values = {
        "q": choice.text,
        "show": choice.badge,
        "sort": choice.column if is_sorted else "",
        "order": ("up" if choice.is_ascending else "down") if is_sorted else "",
        **choice.narrowing.parameters,
        "state": choice.status,
        "month": month_label(choice.month) if choice.month else "",
    } | changes
    return urlencode({name: value for name, value in values.items() if value})
