"""Inbound data: the events that could not be applied, why, and a way to apply them again."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from surveys.models import IntakeEvent, IntakeSource
from surveys.services.apply_intake import replay_event
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page

declare_page("inbound", "Inbound", Section.DATA, rule=setting_up, order=10)
PER_PAGE = 50


@open_to(setting_up)
@require_safe
def inbound(request: HttpRequest) -> HttpResponse:
    """Show what needs attention, newest first, and how each source does."""
    waiting = IntakeEvent.objects.needing_attention().select_related("source").order_by("-received_at", "-pk")
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    sources = IntakeSource.objects.annotate(
        newest=Max("events__received_at"),
        failed=Count("events", filter=Q(events__state=IntakeEvent.State.FAILED)),
    ).order_by("name")
    return render(request, "surveys/staff/inbound.html", {"page": page, "sources": sources})


@open_to(setting_up)
@require_POST
def replay(request: HttpRequest) -> HttpResponse:
    """Let the ticked events, or all that need attention, be applied once more."""
    found = IntakeEvent.objects.needing_attention()
    if "all" not in request.POST:
        found = found.filter(pk__in=[key for key in request.POST.getlist("event") if key.isdecimal()])
    now = timezone.now()
    count = sum(replay_event(event, now=now) for event in found)
    if count:
        messages.success(request, f"{count} will be applied again within seconds.")
    else:
        messages.error(request, "Tick the events first.")
    return redirect("inbound")
