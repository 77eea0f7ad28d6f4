"""How far a job is, for the page that started it and watches."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from surveys.models import Job
from xla_service.access import open_to, setting_up


@open_to(setting_up)
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a job's progress; once it is over, have the page that watches read itself anew."""
    found = get_object_or_404(Job, pk=pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("setup-tickets" if found.kind == Job.Kind.TICKET_IMPORT else "setup")
    response = render(request, "experience/setup/job.html", {"job": found})
    if found.is_over:
        response["HX-Refresh"] = "true"
    return response
