"""Why somebody was or was not asked about a ticket."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.engine.values import storable
from surveys.models import BusinessService, Decision
from surveys.selectors.narrowing import read_narrowing
from surveys.selectors.recent_decisions import DecisionChoice, decision_choices, recent_decisions
from surveys.selectors.why_asked import explain
from xla_service.access import everyone, open_to
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("why-asked", "Why (not) asked", Section.ASKING, order=10)


@require_safe
@open_to(everyone)
def why_asked(request: HttpRequest) -> HttpResponse:
    """Show what became of asking about the ticket of this number, or what was decided lately."""
    number = request.GET.get("ticket", "").strip()
    if number:
        context: dict[str, Any] = {"found": explain(request.user, number)}
    else:
        context = _lately(request)
    return render(request, "surveys/staff/why.html", {"number": number, **context})


def _lately(request: HttpRequest) -> dict[str, Any]:
    narrowing = read_narrowing(request.GET)
    service, reason = (storable(request.GET.get(name, "")) for name in ("service", "reason"))
    choice = DecisionChoice(narrowing, service, reason)
    today = organisation_day()
    services = BusinessService.objects.visible_to(request.user).live().order_by("name")
    found = recent_decisions(request.user, choice, today=today)
    return {
        "page": one_page(request, found),
        "choice": choice,
        "narrowing": narrowing,
        "choices": decision_choices(request.user, today=today),
        "services": services.values_list("key", "name"),
        "reasons": Decision.Reason.choices,
    }
