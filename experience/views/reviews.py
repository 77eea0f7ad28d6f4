"""The review of a service, one printed page a month, and the executive page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from experience.engine.periods import (
    Period,
    labelled_month,
    month_label,
    month_of,
    previous_month,
    year_before,
)
from experience.models import Improvement
from experience.selectors.executive import executive
from experience.selectors.incident_change import month_over_month, year_over_year
from experience.selectors.maturity import is_final
from experience.selectors.narrowing import narrowing_choices, of_services
from experience.selectors.operations import operations
from experience.selectors.service_page import (
    MonthGlance,
    gaps_in,
    month_glances,
    month_result,
    response_now,
    weeks_of,
)
from experience.views.incident_parts import incident_lines
from experience.views.operations_parts import metric_lines
from experience.views.portfolio import past_months
from experience.views.service import visible_or_404
from experience.views.service_parts import funnel_rows, headline, indicator_lines, moved
from experience.views.week_charts import action_markers, week_charts
from surveys.models import BusinessService
from surveys.selectors.narrowing import PARAMETERS, read_narrowing
from xla_service.access import everyone, open_to
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page(
    "executive",
    "Executive",
    Section.PORTFOLIO,
    pages=["executive-operations"],
    order=20,
    keeps=PARAMETERS,
)
declare_page("reviews", "Reviews", Section.PORTFOLIO, pages=["review"], order=30, keeps=PARAMETERS)
_MONTHS = 6


@open_to(everyone)
@require_safe
def executive_page(request: HttpRequest) -> HttpResponse:
    """Show six numbers of a month beside those of the month before."""
    month, narrowing = _chosen_month(request), read_narrowing(request.GET)
    context = {
        "month": month,
        "months": past_months(organisation_day()),
        "now": executive(request.user, month, narrowing),
        "before": executive(request.user, previous_month(month), narrowing),
        "narrowing": narrowing,
        "choices": narrowing_choices(request.user),
        "query": urlencode({"month": month_label(month), **narrowing.parameters}),
    }
    return render(request, "experience/executive.html", context)


@open_to(everyone)
@require_safe
def executive_operations(request: HttpRequest) -> HttpResponse:
    """Show the IT operations value metrics of a month: the part alone for htmx, else a page."""
    month, narrowing, now = _chosen_month(request), read_narrowing(request.GET), timezone.now()
    months = (month, previous_month(month), year_before(month))
    found = operations(request.user, months, now=now, narrowing=narrowing)
    context = {
        "month": month,
        "months": [each.first_on for each in months],
        "lines": metric_lines(found),
    }
    part = request.htmx  # type: ignore[attr-defined]
    name = "executive_operations_part.html" if part else "executive_operations.html"
    return render(request, f"experience/{name}", context)


def _chosen_month(request: HttpRequest) -> Period:
    return labelled_month(request.GET.get("month", "")) or previous_month(month_of(organisation_day()))


@open_to(everyone)
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """List the services of the reader with their reviews of the last months."""
    narrowing = read_narrowing(request.GET)
    visible = BusinessService.objects.visible_to(request.user).live().filter(of_services(narrowing))
    services = visible.order_by("name", "pk")
    page = one_page(request, services)
    months = past_months(organisation_day())[:_MONTHS]
    return render(
        request,
        "experience/reviews.html",
        {
            "page": page,
            "lines": _lines(list(page.object_list), months),
            "months": months,
            "narrowing": narrowing,
            "choices": narrowing_choices(request.user),
            "query": narrowing.query,
        },
    )


def _lines(
    services: Sequence[BusinessService], months: Sequence[date]
) -> list[tuple[BusinessService, list[MonthGlance | None]]]:
    """Return each service with its months; None where nothing was measured, so there is no review."""
    glances = month_glances(services, months)
    return [(service, [glances.get((service.pk, month)) for month in months]) for service in services]


@open_to(everyone)
@require_safe
def review(request: HttpRequest, key: str, month: str) -> HttpResponse:
    """Show the review of one service for one month, made to be printed on a page of A4."""
    service = visible_or_404(request, key)
    period = labelled_month(month)
    if period is None:
        raise Http404
    result = month_result(service, period)
    context: dict[str, object] = {"service": service, "month": period, "result": result}
    if result is not None:
        weeks = weeks_of(service, until=period.last_on)[-13:]
        done = Improvement.objects.filter(service=service).filter(
            Q(done_on__range=(period.first_on, period.last_on)) | Q(state=Improvement.State.PLANNED)
        )
        markers = action_markers(service, weeks)
        context |= {
            "headline": headline(result, weeks),
            "charts": week_charts(result, weeks, markers),
            "markers": markers,
            "indicators": indicator_lines(result),
            "funnel": funnel_rows(response_now(result.measurement)),
            "moved": moved(result),
            "gaps": gaps_in(service, period),
            "improvements": done.select_related("responsible"),
            "is_final": is_final(period, organisation_day()),
            "incidents": incident_lines(month_over_month(service, period, now=timezone.now())),
            "year_before": year_over_year(service, period, now=timezone.now()).total,
        }
    return render(request, "experience/review.html", context)
