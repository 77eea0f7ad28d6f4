"""Why somebody was or was not asked about a ticket."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.selectors.why_asked import explain
from xla_service.access import everyone, open_to
from xla_service.navigation import Section, declare_page

declare_page("why-asked", "Why (not) asked", Section.ASKING, order=10)


@require_safe
@open_to(everyone)
def why_asked(request: HttpRequest) -> HttpResponse:
    """Show what became of asking about the ticket of this number."""
    number = request.GET.get("ticket", "").strip()
    found = explain(request.user, number) if number else []
    return render(request, "surveys/staff/why.html", {"number": number, "found": found})
