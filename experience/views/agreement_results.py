"""The results of one agreement: how its services and its journey stand, and its own gaps."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from experience.selectors.agreed_results import (
    months_under,
    results_under,
    standing_gaps,
    version_on,
    visible_agreement,
)
from experience.selectors.gap_story import gap_story
from experience.selectors.narrowing import narrowing_choices, of_services
from experience.views.agreed_parts import limits_of, month_lines, service_lines
from experience.views.gap_parts import why
from surveys.models import BusinessService
from surveys.selectors.narrowing import read_narrowing
from xla_service.access import everyone, open_to
from xla_service.moments import organisation_day


@open_to(everyone)
@require_safe
def agreement_results(request: HttpRequest, key: str) -> HttpResponse:
    """Show what came of one agreement; a hidden one is answered like one that does not exist."""
    found = visible_agreement(request.user, key)
    if found is None:
        raise Http404
    today = organisation_day()
    version = version_on(found, today)
    narrowing = read_narrowing(request.GET)
    services = BusinessService.objects.visible_to(request.user).filter(of_services(narrowing))
    # A journey as a whole is of no supplier and no group.
    shown = {*services.values_list("pk", flat=True), *(() if narrowing else (None,))}
    results = [result for result in results_under(found) if result.service_id in shown]
    gaps = [gap for gap in standing_gaps(found) if gap.service_id in shown]
    context = {
        "narrowing": narrowing,
        "choices": narrowing_choices(request.user),
        "agreement": found,
        "version": version,
        "limits": limits_of(version) if version else "",
        "lines": service_lines(results),
        "months": month_lines(months_under(found), today=today),
        "gaps": [(gap, gap_story(gap), why(gap)) for gap in gaps],
    }
    return render(request, "experience/agreement_results.html", context)
