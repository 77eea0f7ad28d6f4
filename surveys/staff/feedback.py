"""Always-open feedback: what came in, and the link and the snippet of each service."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from surveys.models import BusinessService, Response
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page

declare_page("open-feedback", "Open feedback", Section.ASKING, rule=setting_up, order=50)

SHOWN = 50


@open_to(setting_up)
@require_safe
def open_feedback(request: HttpRequest) -> HttpResponse:
    """Show the newest feedback and where each service takes it."""
    services = BusinessService.objects.visible_to(request.user).live()
    newest = Response.objects.feedback().filter(service__in=services).select_related("service")
    doors = [(row, settings.PUBLIC_URL + reverse("feedback", args=[row.key])) for row in services]
    context = {
        "answers": newest.order_by("-answered_at", "-pk")[:SHOWN],
        "doors": doors,
        "origins": settings.EMBED_ORIGINS,
    }
    return render(request, "surveys/staff/feedback.html", context)
